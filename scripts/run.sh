#!/usr/bin/env bash
# From a fresh clone to a served page: sets up, builds the release, serves it.
# Run again it only checks that all is there, which takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
scripts/build.sh
exec "${CARGO_TARGET_DIR:-target}/release/latchkey" serve "$@"
