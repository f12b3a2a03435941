// css.mjs IN OUT BROWSERS: bundles and minifies a style sheet with Lightning
// CSS, as `cargo leptos build --release` does with `style-bundle = true`.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

process.env.BROWSERSLIST_IGNORE_OLD_DATA = "1";
const require = createRequire(new URL("../end2end/", import.meta.url));
const { bundle, browserslistToTargets } = require("lightningcss");
const browserslist = require("browserslist");

const [filename, out, browsers] = process.argv.slice(2);
const { code, warnings } = bundle({
  filename,
  minify: true,
  targets: browserslistToTargets(browserslist(browsers)),
});
for (const { message, loc } of warnings) {
  console.error(`${loc.filename}:${loc.line}: ${message}`);
}
writeFileSync(out, code);
