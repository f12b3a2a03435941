#!/usr/bin/env bash
# The release build, without cargo-leptos but from its description in Cargo.toml.
#   build.sh            everything
#   build.sh estimator  the strength estimator alone
# Cargo decides what to compile again; the rest is redone when its input changed.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# wasm_module NAME FEATURES CARGO_DIR: compiles the library to WebAssembly with
# these features, and leaves NAME.js and NAME_bg.wasm, optimised, in
# target/wasm/NAME.
wasm_module() {
    local name=$1 features=$2 dir=$TARGET/$3 out=target/wasm/$1 module stamp flags
    module=$dir/$WASM/$LIB_PROFILE/latchkey.wasm
    # As `cdylib` alone: together with `rlib`, rustc would skip link-time
    # optimisation without a word. That it ran is read off the command, and
    # noted for the module it made.
    compile() {
        quietly "compiling to WebAssembly: $name" cargo rustc -v --lib --crate-type cdylib \
            --profile "$LIB_PROFILE" --no-default-features --features "$features" --target "$WASM" --target-dir "$dir"
    }
    compile
    if grep -q -- '--crate-name latchkey .* -C lto ' "$SCRATCH/output"; then
        cksum <"$module" >"$dir/lto"
    elif ! cksum <"$module" | cmp -s - "$dir/lto"; then
        cargo clean --quiet -p latchkey --profile "$LIB_PROFILE" --target "$WASM" --target-dir "$dir"
        compile
        grep -q -- '--crate-name latchkey .* -C lto ' "$SCRATCH/output" || die "no link-time optimisation for $name"
        cksum <"$module" >"$dir/lto"
    fi

    read -ra flags <<<"$WASM_OPT"
    stamp="$(cksum <"$module") wasm-bindgen $WASM_BINDGEN wasm-opt $(cksum <end2end/package-lock.json) ${flags[*]}"
    if [ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ]; then
        rm -rf "$out"
        mkdir -p "$out"
        wasm-bindgen --target web --no-typescript --out-name "$name" --out-dir "$out" "$module"
        quietly "shrinking it: wasm-opt ${flags[*]}" \
            wasm-opt "${flags[@]}" "$out/${name}_bg.wasm" -o "$out/${name}_bg.wasm"
        printf '%s\n' "$stamp" >"$out/stamp"
    fi
}

estimator() {
    wasm_module estimator estimator estimator-build
    mkdir -p target/estimator
    cp -p target/wasm/estimator/estimator{.js,_bg.wasm} target/estimator/
    cp -p src/estimator_worker.js target/estimator/worker.js
    node scripts/compress.mjs target/estimator
}

site() {
    local name=$LEPTOS_OUTPUT_NAME root=$LEPTOS_SITE_ROOT pkg=$LEPTOS_SITE_ROOT/$LEPTOS_SITE_PKG_DIR
    wasm_module "$name" "$LIB_FEATURES" front
    rm -rf "$root"
    mkdir -p "$pkg"
    cp -R "$ASSETS_DIR/." "$root/"
    cp "target/wasm/$name/$name.js" "$pkg/"
    # Leptos asks for it by this name wherever LEPTOS_OUTPUT_NAME is set.
    cp "target/wasm/$name/${name}_bg.wasm" "$pkg/$name.wasm"
    node scripts/css.mjs "$STYLE_FILE" "$pkg/$name.css" "$STYLE_BROWSERS"
    node scripts/compress.mjs "$root"
}

server() {
    quietly "compiling the server" cargo build --release --package=latchkey --bin=latchkey \
        --no-default-features --features="$BIN_FEATURES"
}

use_rust
use_target_dir
read_names
case "${1:-all}" in
all)
    server
    site
    estimator
    ;;
estimator) estimator ;;
*) die "usage: build.sh [estimator]" ;;
esac
