#!/usr/bin/env bash
# What is in the product, and what builds and tests it, as CycloneDX documents in target/sbom. They belong to a release, not
# into the repository.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

OUT=target/sbom

# part NAME TARGET FEATURES: what is compiled into one of the three.
part() {
    local name=$1 target=$2 features=$3
    cargo cyclonedx -qq --format json --spec-version 1.5 --no-default-features --features "$features" --target "$target" \
        --no-build-deps --override-filename "sbom-$name"
    mv "sbom-$name.json" "$OUT/$name.cdx.json"
}

scripts/setup.sh sbom
use_rust
read_names
mkdir -p "$OUT"
part server "$(rustc -vV | sed -n 's/^host: //p')" "$BIN_FEATURES"
part browser "$WASM" "$LIB_FEATURES"
part estimator "$WASM" estimator
if npm sbom --help >/dev/null 2>&1; then
    npm sbom --prefix end2end --package-lock-only --sbom-format cyclonedx >"$OUT/tools.cdx.json" 2>"$SCRATCH/npm" ||
        { cat "$SCRATCH/npm" >&2; die "npm could not say what end2end/package-lock.json holds"; }
else
    say "this npm has no \`sbom\` (it came with npm 10): the tools of the build and the tests are not described"
fi
for file in "$OUT"/*.cdx.json; do
    # shellcheck disable=SC2016 # it is JavaScript
    node -e '
        const [file] = process.argv.slice(1);
        const { specVersion, components } = JSON.parse(require("fs").readFileSync(file));
        console.log(`${file}: ${components.length} components (CycloneDX ${specVersion})`);' "$file"
done
