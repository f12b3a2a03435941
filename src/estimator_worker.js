// The strength estimator's Worker: keeps 70 ms of dictionary building and each estimate off the page's thread.
// Takes [number, password, own words], answers [number, JSON]. Must not keep, store or send a password.
// Served beside the module that it loads, under one name for both versions.
import init, { estimate_json } from "./estimator.js";

const ready = init({ module_or_path: new URL("./estimator_bg.wasm", import.meta.url) });

self.onmessage = async ({ data: [number, password, ownWords] }) => {
    await ready;
    self.postMessage([number, estimate_json(password, ownWords)]);
};
