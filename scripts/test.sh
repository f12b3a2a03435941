#!/usr/bin/env bash
# Runs the checks and tests, each step with its time, and ends with one line:
# N passed, N failed.
#   test.sh all | unit | lint | e2e | screenshots | lighthouse | budget | deploytest | deny | failures | timing
#   test.sh fuzz | bench | benchload | benchgrowth | benchconsole | benchimport
# Arguments after that go to what runs them (cargo test, Playwright, a bench).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

PASSED=0
FAILED=0
FAILURES=()
OK=true

# Its output is shown, and kept for the counting. `tee` outlives a signal, so
# that the rest can still say what it says when it is ended.
shown() { "$@" 2>&1 | (trap '' INT TERM HUP && exec tee "$SCRATCH/output"); }

# step NAME COUNT COMMAND...: COUNT prints the numbers passed and failed, from
# the exit status and what the command left. A suite that ends badly, or with
# nothing run, without saying so itself counts as a failure more. Sets OK.
step() {
    local name=$1 count=$2 begin=$SECONDS rc=0 passed=0 failed=0
    shift 2
    printf '\n=== %s\n' "$name"
    : >"$SCRATCH/output"
    start shown "$@"
    wait "$JOB" || rc=$?
    JOB=
    read -r passed failed < <("$count" "$rc") || true
    if [ "$failed" = 0 ]; then
        if [ "$rc" != 0 ] || [ "$passed" = 0 ]; then failed=1; fi
    fi
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
    OK=true
    if [ "$failed" != 0 ]; then
        OK=false
        FAILURES+=("$name")
    fi
    printf -- '--- %s: %d passed, %d failed, in %d s\n' "$name" "$passed" "$failed" "$((SECONDS - begin))"
}

one_check() { if [ "$1" = 0 ]; then echo 1 0; else echo 0 1; fi; }
cargo_tests() {
    sed 's/\x1b\[[0-9;]*m//g' "$SCRATCH/output" |
        awk '/^test result: / { gsub(/;/, ""); for (i = 2; i <= NF; i++) { if ($i == "passed") p += $(i - 1); if ($i == "failed") f += $(i - 1) } }
             END { print p + 0, f + 0 }'
}
playwright_tests() {
    node -e '
        const { stats, errors } = JSON.parse(require("fs").readFileSync(process.argv[1]));
        console.log(stats.expected + stats.flaky, stats.unexpected + errors.length);' "$SCRATCH/playwright.json" 2>/dev/null ||
        echo 0 1
}

node_tests() {
    awk '/^# pass / { p = $3 } /^# fail / { f = $3 } END { print p + 0, f + 0 }' "$SCRATCH/output"
}

# Runs at the end, whatever happens, so that the last line is never missing.
finish() {
    if [ "$RC" != 0 ]; then
        FAILED=$((FAILED + 1))
        FAILURES+=("$0 itself, which did not come to its end")
    fi
    if [ "$FAILED" != 0 ]; then
        RC=1
        printf '\nfailed:\n'
        printf '  %s\n' "${FAILURES[@]}"
    fi
    printf '\n%d s in all\n%d passed, %d failed\n' "$SECONDS" "$PASSED" "$FAILED"
}
CLEANUP+=(finish)

# --- PostgreSQL -------------------------------------------------------------

PG=
as_postgres() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    elif id postgres >/dev/null 2>&1; then
        setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
    else
        setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$@"
    fi
}

# start_postgres [durable]: a server of our own in $SCRATCH, on a free port, for
# as long as this script runs. A durable one writes as one in use would.
start_postgres() {
    local port carefree="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    if [ "${1:-}" = durable ]; then carefree=; fi
    PG=$(find_postgres)
    say "starting a PostgreSQL for the tests ($PG)"
    mkdir "$SCRATCH/pg"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$SCRATCH"
        if id postgres >/dev/null 2>&1; then chown postgres "$SCRATCH/pg"; else chown nobody "$SCRATCH/pg"; fi
    fi
    # Its programs give away root's rights, and then need what everybody may use.
    as_postgres sh -c ': >/dev/null' || return 1
    (cd / && as_postgres "$PG/initdb" -D "$SCRATCH/pg/data" -U postgres -A trust -E UTF8 --no-locale --no-sync) >"$SCRATCH/initdb" 2>&1 ||
        { cat "$SCRATCH/initdb"; return 1; }
    port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
    CLEANUP=(stop_postgres "${CLEANUP[@]}")
    (cd / && as_postgres "$PG/pg_ctl" start -s -w -D "$SCRATCH/pg/data" -l "$SCRATCH/pg/log" \
        -o "-p $port -k $SCRATCH/pg -c listen_addresses=127.0.0.1 -c max_connections=400 $carefree") \
        9>&- || { cat "$SCRATCH/pg/log"; return 1; }
    export LATCHKEY_TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
}
stop_postgres() { (cd / && as_postgres "$PG/pg_ctl" stop -s -m immediate -D "$SCRATCH/pg/data"); }

# --- Steps ------------------------------------------------------------------

# Plain cargo's debug builds with the flags that `cargo leptos` gives its own,
# so that they share the dependencies they compile: for the server those
# that .cargo/config.toml has, and once more.
ERASED="--cfg erase_components"
dev() { RUSTFLAGS="$ERASED $ERASED" "$@"; }
clippy() { cargo clippy --no-default-features "$@" -- -D warnings; }
wasm_clippy() { RUSTFLAGS=$ERASED clippy --lib --target "$WASM" --target-dir "$TARGET/$1" --features "$2"; }
lock_files() {
    local of
    for of in . fuzz; do cargo metadata --manifest-path "$of/Cargo.toml" --locked --format-version 1 >/dev/null || return; done
}

lint() {
    step "Cargo.lock is up to date" one_check lock_files
    step "cargo fmt" one_check cargo fmt --check
    step "clippy: server and tests" one_check dev clippy --features "$BIN_FEATURES" --all-targets
    step "clippy: browser side" one_check wasm_clippy front "$LIB_FEATURES"
    step "clippy: estimator" one_check wasm_clippy estimator-build estimator
}

# The database of known weaknesses is fetched; what cannot be fetched is said, and is no failure of the code.
deny() {
    step "licences, sources and duplicates of dependencies" one_check cargo deny --locked check --hide-inclusion-graph \
        licenses sources bans
    if cargo deny --locked fetch db >"$SCRATCH/advisories" 2>&1; then
        step "advisories on dependencies" one_check cargo deny --locked check advisories
    else
        tail -n 3 "$SCRATCH/advisories" >&2
        say "the database of advisories is out of reach: NOT looked at"
    fi
}

rust_tests() {
    # More than processors: much of their time is waiting for a disk or for PostgreSQL.
    export RUST_TEST_THREADS="${RUST_TEST_THREADS:-10}"
    step "Rust tests" cargo_tests dev cargo test --no-fail-fast --no-default-features --features "$BIN_FEATURES" "$@"
}

leptos_build() {
    local f
    cargo leptos build || return
    for f in js wasm css; do
        test -s "$LEPTOS_SITE_ROOT/$LEPTOS_SITE_PKG_DIR/$LEPTOS_OUTPUT_NAME.$f" || return
    done
}

in_end2end() { cd end2end && "$@"; }
playwright() {
    local name=$1
    shift
    rm -f "$SCRATCH/playwright.json"
    step "$name" playwright_tests in_end2end env \
        LATCHKEY_BIN="$(cd "$TARGET" && pwd)/release/latchkey" CHROMIUM="$(find_chromium)" \
        LATCHKEY_PYTHON="$PYTHON_ENV/bin/python" \
        PLAYWRIGHT_JSON_OUTPUT_NAME="$SCRATCH/playwright.json" npx playwright test --reporter=list,json "$@"
}

release_build() { step "release build, with link-time optimisation" one_check scripts/build.sh; }

helpers() {
    cargo build --release --example limits --example rush --no-default-features --features "$BIN_FEATURES"
}
# bench NAME FILE [ARGUMENT...]
bench() {
    local name=$1 file=$2
    shift 2
    step "$name" one_check env LATCHKEY_BIN="$(cd "$TARGET" && pwd)/release/latchkey" node "benches/$file.mjs" "$@"
}

# What is found goes on growing in target/fuzz; what the repository has is read beside it. Nothing here is unsafe, so no
# sanitizer looks for what only that can do: panics, overflows, hangs and what properties.rs says are looked for.
fuzz_build() { RUSTC_BOOTSTRAP=1 cargo fuzz build --sanitizer none --target-dir "$TARGET/fuzz"; }
fuzz_targets() { RUSTC_BOOTSTRAP=1 cargo fuzz list; }
# fuzz_one NAME: prints "ok" or "not ok" with it, and what it ended with.
fuzz_one() {
    local name=$1 own=$TARGET/fuzz/corpus/$1 found=$TARGET/fuzz/found/$1 log=$SCRATCH/fuzz-$1 bin rc=0
    bin=$(find "$TARGET/fuzz" -path "*/release/$name" -type f -perm -u+x | head -n 1)
    mkdir -p "$own" "$found"
    "$bin" -max_total_time="${FUZZ_SECONDS:-600}" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/" \
        "$own" "fuzz/corpus/$name" >"$log" 2>&1 || rc=$?
    if [ "$rc" = 0 ]; then
        printf 'ok %s: %s\n' "$name" "$(grep '^Done ' "$log")"
    else
        tail -n 40 "$log"
        printf 'not ok %s: it ended with %d; what it was given is in %s\n' "$name" "$rc" "$found"
    fi
}
# As many at once as there are processors.
fuzz_run() {
    local name
    for name in $(fuzz_targets); do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
        fuzz_one "$name" &
    done
    wait
}
fuzz_count() { awk '/^ok / { p++ } /^not ok / { f++ } END { print p + 0, f + 0 }' "$SCRATCH/output"; }

with_postgres() {
    start_postgres "$@" || {
        FAILED=$((FAILED + 1))
        FAILURES+=("starting PostgreSQL: see above why")
        say "PostgreSQL did not start; what needs it will fail"
    }
}

what=${1:-all}
[ "$#" = 0 ] || shift
case "$what" in
unit | lint) scripts/setup.sh check ;;
all | e2e | screenshots | budget | benchconsole | benchimport | timing) scripts/setup.sh test ;;
lighthouse | deploytest | deny | failures | fuzz) scripts/setup.sh "$what" ;;
bench | benchload | benchgrowth) scripts/setup.sh bench ;;
*) die "usage: test.sh all|unit|lint|e2e|screenshots|lighthouse|budget|benchconsole|benchimport|deploytest|deny|failures|timing|fuzz|bench|benchload|benchgrowth" ;;
esac
use_rust
use_target_dir
read_names

case "$what" in
unit) rust_tests "$@" -- --skip postgres:: ;;
lint) lint ;;
e2e | screenshots | lighthouse | budget)
    if [ "$what" = e2e ]; then with_postgres; fi
    release_build
    case "$what" in
    screenshots | lighthouse) set -- --config="$what.config.ts" "$@" ;;
    budget) set -- tests/budget.script.spec.ts "$@" ;;
    esac
    if "$OK"; then playwright "Playwright: $what" "$@"; fi
    ;;
timing)
    with_postgres
    # Not the release profile: the hash and the database engine are as fast in both, and a slower rest would show sooner.
    step "timing" one_check dev cargo test --no-default-features --features "$BIN_FEATURES" --bench timing
    ;;
bench | benchload | benchgrowth)
    with_postgres durable
    release_build
    if "$OK"; then step "what the benches run beside the server" one_check helpers; fi
    if "$OK"; then
        case "$what" in
        bench) bench "side by side" compare "$@" ;;
        benchload) bench "under load" load "$@" ;;
        benchgrowth) bench "growth" growth "$@" ;;
        esac
    fi
    ;;
benchconsole)
    with_postgres
    release_build
    if "$OK"; then bench "console with many rows" console "$@"; fi
    ;;
benchimport)
    with_postgres
    release_build
    if "$OK"; then bench "import of many people" import "$@"; fi
    ;;
deploytest)
    release_build
    if "$OK"; then
        step "examples of deploy/" node_tests env LATCHKEY_BIN="$(cd "$TARGET" && pwd)/release/latchkey" \
            LATCHKEY_CADDY="$PROXIES/usr/bin/caddy" LATCHKEY_NGINX="$PROXIES/usr/sbin/nginx" \
            node --test --test-reporter=tap end2end/deploy/
    fi
    ;;
deny) deny "$@" ;;
fuzz)
    step "fuzz targets are built" one_check fuzz_build
    if "$OK"; then step "fuzz" fuzz_count fuzz_run; fi
    ;;
failures)
    with_postgres
    # One at a time: each has bounds of time of its own.
    step "failures" cargo_tests env LATCHKEY_FAILURES=all LATCHKEY_KILLS="${KILLS:-200}" LATCHKEY_TEST_POSTGRES_BIN="$PG" \
        RUSTFLAGS="$ERASED $ERASED" cargo test --no-default-features --features "$BIN_FEATURES" --test failures -- \
        --test-threads=1 "$@"
    ;;
all)
    lint
    with_postgres
    rust_tests
    # The debug build that a developer works with; it fills the site's
    # directory, which the release build then replaces.
    step "cargo leptos build" one_check leptos_build
    release_build
    if "$OK"; then playwright "Playwright: end to end"; fi
    ;;
esac
