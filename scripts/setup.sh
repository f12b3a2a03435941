#!/usr/bin/env bash
# Installs what is missing, and nothing that is there.
#   setup.sh build       what a release build needs
#   setup.sh check       that, rustfmt and clippy
#   setup.sh develop     that, and what `cargo leptos` needs
#   setup.sh test        that, a browser and PostgreSQL
#   setup.sh lighthouse  that, and Lighthouse
#   setup.sh deploytest  what a release build needs, and the proxies of deploy/
#   setup.sh deny        what a release build needs, and cargo-deny
#   setup.sh sbom        what a release build needs, and cargo-cyclonedx
#   setup.sh failures    what tests need, and strace
#   setup.sh fuzz        what a release build needs, and cargo-fuzz
#   setup.sh bench       what the tests need, a load generator, and what Latchkey is compared with
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# node_packages DIR WHAT: what DIR/package-lock.json says.
node_packages() {
    local dir=$1 what=$2 installed=$1/node_modules/.installed-from
    cmp -s "$dir/package-lock.json" "$installed" && return 0
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 quietly "installing $what" \
        npm ci --prefix "$dir" --no-audit --no-fund --loglevel=error
    cp "$dir/package-lock.json" "$installed"
}

node_tools() {
    need_command node "the build's tools run on it" nodejs npm
    need_command npm "it installs the build's tools" npm
    version_at_least "$(node -p process.versions.node)" 20 ||
        die "Node.js 20 or newer is needed, and this is $(node --version): see https://nodejs.org"
    node_packages end2end "the Node tools: wasm-opt, Lightning CSS, Playwright's runner"
}

# python_packages ENV REQUIREMENTS WHY [pip's options]: what REQUIREMENTS says, to the digest.
python_packages() {
    local env=$1 wanted=$2 why=$3 installed=$1/installed-from
    shift 3
    if cmp -s "$wanted" "$installed" && "$env/bin/python" -c '' 2>/dev/null; then return 0; fi
    need_command python3 "$why" python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || {
        have apt-get || die "Python's module venv is missing. Please install it and run this again."
        apt_install "an environment for Python's packages" python3-venv
    }
    mkdir -p "${env%/*}"
    quietly "making an environment for Python's packages" python3 -m venv --clear "$env"
    quietly "installing what $wanted says" "$env/bin/python" -m pip install --quiet --disable-pip-version-check \
        --no-input --require-hashes --only-binary :all: "$@" -r "$wanted"
    cp "$wanted" "$installed"
}

# browser: a Chromium. The one that never has a window takes a third less time, so it is added where that asks nobody for a
# password.
browser() {
    local shell=chromium-headless-shell why="the browser tests"
    if [ -z "$(find_chromium)" ]; then
        have apt-get || die "chromium is missing ($why). Please install it and run this again."
        apt_install "$why" "$shell" || apt_install "$why" chromium
    elif ! have "$shell" && [ "$(id -u)" = 0 ] && apt-cache show "$shell" >/dev/null 2>&1; then
        apt_install "$why, faster" "$shell" || say "going on with $(find_chromium)"
    fi
}

for_build() {
    need_command cc "Rust links with it, and SQLite is compiled with it" gcc libc6-dev
    need_command make "the allocator is compiled with it" make
    use_rust
    node_tools
    install_crate wasm-bindgen "$WASM_BINDGEN" wasm-bindgen-cli
}

for_checks() {
    for_build
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        if [ "${RUSTUP_TOOLCHAIN:-$LINKED}" = "$LINKED" ]; then
            apt_install "formatting and linting" rust-web-clippy rustfmt-web
        else
            quietly "formatting and linting: rustup component add rustfmt clippy" rustup component add rustfmt clippy
        fi
    fi
}

for_development() {
    for_checks
    if ! have cargo-leptos && ! version_at_least "$(rustc --version | cut -d ' ' -f 2)" "$CARGO_LEPTOS_RUST"; then
        say "cargo-leptos wants Rust $CARGO_LEPTOS_RUST, and this is $(rustc --version); using the distribution's"
        use_distribution_rust
    fi
    install_crate cargo-leptos "$CARGO_LEPTOS" cargo-leptos --locked
    # cargo-leptos looks for wasm-opt on PATH, and would download one.
    if ! in_ci && ! PATH=$PATH_BEFORE have wasm-opt; then
        say "linking wasm-opt beside cargo, where cargo-leptos finds it"
        ln -sf "$NODE_BIN/wasm-opt" "$CARGO_BIN/wasm-opt"
    fi
}

for_tests() {
    for_development
    browser
    if [ -z "$(find_postgres)" ]; then
        have apt-get || die "PostgreSQL's server programs (initdb, postgres) are missing. Please install them."
        if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
            # The tests start their own; the package should not start one.
            need_root "apt-get install postgresql"
            as_root mkdir -p /etc/postgresql-common
            echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
        fi
        apt_install "the tests on PostgreSQL" postgresql
    fi
    python_packages "$PYTHON_ENV" end2end/api/requirements.txt "other services verify tokens with it"
}

# What make bench puts beside Latchkey, and what asks all of them.
for_benches() {
    for_tests
    need_command wrk "the benches send requests with it" wrk
    # Where no prebuilt SQLite is to be had for Node, its package compiles one.
    need_command c++ "Node's SQLite may have to be compiled" g++
    node_packages benches/peers/better-auth "Better Auth, to compare with"
    python_packages "$PEERS/django-allauth" benches/peers/django-allauth/requirements.txt "django-allauth, to compare with"
    # One of its packages comes as source alone.
    python_packages "$PEERS/flask-security" benches/peers/flask-security/requirements.txt "Flask-Security, to compare with" \
        --no-binary flask-principal
}

# proxies: Caddy and nginx, taken out of their packages: whoever installs these has them started.
proxies() {
    local package
    need_command openssl "a certificate of nginx" openssl
    if [ -x "$PROXIES/usr/bin/caddy" ] && [ -x "$PROXIES/usr/sbin/nginx" ]; then return 0; fi
    have apt-get || die "Caddy and nginx are taken out of Debian's packages, and this is no Debian."
    mkdir -p "$PROXIES" "$SCRATCH/packages"
    cd "$SCRATCH/packages"
    quietly "fetching Caddy and nginx" apt-get download -q caddy nginx
    for package in *.deb; do dpkg-deb -x "$package" "$PROXIES"; done
    cd "$ROOT"
}

case "${1:-}" in
build) for_build ;;
check) for_checks ;;
develop)
    for_development
    "$ROOT/scripts/build.sh" estimator
    say "ready: cargo leptos watch"
    ;;
test) for_tests ;;
lighthouse)
    for_tests
    node_packages end2end/lighthouse "Lighthouse"
    ;;
deploytest)
    for_build
    proxies
    ;;
deny)
    for_build
    install_crate cargo-deny "$CARGO_DENY" cargo-deny --locked
    ;;
sbom)
    for_build
    install_crate cargo-cyclonedx "$CARGO_CYCLONEDX" cargo-cyclonedx --locked
    ;;
failures)
    for_tests
    need_command strace "it shows what is on the disk before it is acknowledged" strace
    ;;
fuzz)
    for_build
    need_command c++ "libFuzzer is compiled" g++
    install_crate cargo-fuzz "$CARGO_FUZZ" cargo-fuzz --locked
    ;;
bench) for_benches ;;
*) die "usage: setup.sh build|check|develop|test|lighthouse|deploytest|deny|sbom|failures|fuzz|bench" ;;
esac
