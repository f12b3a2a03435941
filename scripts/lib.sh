# shellcheck shell=bash disable=SC2034 # some of its variables are for those that source it
# What the scripts share: messages, background jobs, package installation, the
# Rust toolchain with its WebAssembly target, the names of what is built.
# Sourced by them, not run.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

WASM=wasm32-unknown-unknown
LINKED=latchkey # what the distribution's compiler is called in rustup
WASM_BINDGEN=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
CARGO_LEPTOS=0.3.11
CARGO_LEPTOS_RUST=1.96
CARGO_DENY=0.20.2
CARGO_CYCLONEDX=0.5.9
CARGO_FUZZ=0.13.2

NODE_BIN=$ROOT/end2end/node_modules/.bin
PATH_BEFORE=$PATH
CARGO_BIN=${CARGO_HOME:-$HOME/.cargo}/bin
case ":$PATH:" in
*":$CARGO_BIN:"*) export PATH=$NODE_BIN:$PATH ;;
*) export PATH=$NODE_BIN:$PATH:$CARGO_BIN ;;
esac

say() { printf '==> %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
in_ci() { [ "${CI:-}" = true ]; }

# version_at_least HAVE WANT
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# --- Jobs -------------------------------------------------------------------

# start COMMAND...: runs it in a process group of its own, as $JOB, so that it
# can be ended with all it started.
JOB=
start() {
    set -m
    "$@" </dev/null &
    JOB=$!
    set +m
}

stop_job() {
    local pid=$JOB signal patience=50
    [ -n "$pid" ] || return 0
    JOB=
    for signal in INT TERM KILL; do
        kill -s "$signal" -- "-$pid" 2>/dev/null || return 0
        for _ in $(seq "$patience"); do
            kill -0 -- "-$pid" 2>/dev/null || return 0
            sleep 0.1
        done
        patience=200 # a script among them has jobs of its own to end
    done
}

CLEANUP=() # functions to call at the end, whatever happens
RC=0       # what to exit with
at_exit() {
    RC=$?
    trap '' INT TERM HUP PIPE
    stop_job
    local f
    for f in "${CLEANUP[@]+"${CLEANUP[@]}"}"; do "$f" || true; done
    exit "$RC"
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/latchkey.XXXXXX")
remove_scratch() { rm -rf "$SCRATCH"; }
CLEANUP+=(remove_scratch)

# quietly WHAT COMMAND...: runs a long command with its output put aside, and a
# line now and then to show that it lives; if it fails, shows how.
quietly() {
    local what=$1 log=$SCRATCH/output begin=$SECONDS next=$((SECONDS + 20)) rc=0
    shift
    say "$what"
    start "$@" >"$log" 2>&1
    while kill -0 "$JOB" 2>/dev/null; do
        sleep 0.2
        if [ "$SECONDS" -ge "$next" ]; then
            printf '    %4d s %.90s\n' "$((SECONDS - begin))" "$(grep -v '^ *Running ' "$log" | tail -n 1)" >&2
            next=$((SECONDS + 20))
        fi
    done
    wait "$JOB" || rc=$?
    JOB=
    if [ "$rc" != 0 ]; then
        grep -v '^ *Running `' "$log" | tail -n 60 >&2
        printf 'error: failed after %d s: %s\n' "$((SECONDS - begin))" "$*" >&2
    elif [ "$((SECONDS - begin))" -ge 3 ]; then
        printf '    done in %d s\n' "$((SECONDS - begin))" >&2
    fi
    return "$rc"
}

# --- Packages ---------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# need_root WHAT: asks for sudo's password, if it wants one, before any output
# is put aside.
need_root() {
    [ "$(id -u)" = 0 ] && return 0
    have sudo || die "this needs root, and there is no sudo here. As root, please: $1"
    sudo -v || die "sudo was refused. As root, please: $1"
}

# apt_install WHY PACKAGE...: installs those of them that are missing.
apt_install() {
    local why=$1 p missing=()
    shift
    for p in "$@"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
    done
    [ "${#missing[@]}" = 0 ] && return 0
    need_root "apt-get install ${missing[*]}"
    quietly "$why: refreshing the package lists" as_root apt-get update -q ||
        say "the package lists could not be refreshed; going on with those that are there"
    quietly "$why: installing ${missing[*]}" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}"
}

# need_command COMMAND WHY PACKAGE...: the same, for a command that may also
# have come another way.
need_command() {
    local command=$1 why=$2
    shift 2
    have "$command" && return 0
    have apt-get || die "$command is missing ($why). Please install it (in Debian: $*) and run this again."
    apt_install "$why" "$@"
}

# --- Rust -------------------------------------------------------------------

# wasm_std [ENV...]: the directory of the WebAssembly standard library, if it
# is there and was built for the very compiler that is in use.
wasm_std() {
    local dir
    dir=$(env "$@" rustc --print target-libdir --target "$WASM" 2>/dev/null) || return 1
    compgen -G "$dir/libstd-*.rlib" >/dev/null || return 1
    # Only a library built by build_wasm_std says which compiler it is for.
    if [ -e "$dir/../compiler" ]; then
        env "$@" rustc -vV | cmp -s - "$dir/../compiler" || return 1
    fi
    printf '%s\n' "$dir"
}

# use_rust: makes `cargo --target wasm32-unknown-unknown` work, and exports
# RUSTUP_TOOLCHAIN, so that commands run elsewhere use the same toolchain.
use_rust() {
    if have cargo && have rustc; then
        if wasm_std >/dev/null; then
            use_toolchain
            return 0
        elif have rustup; then
            if wasm_std RUSTUP_TOOLCHAIN="$LINKED" >/dev/null; then
                use_toolchain "$LINKED"
                return 0
            fi
            if quietly "Rust's standard library for WebAssembly is missing: rustup target add $WASM" \
                timeout 300 rustup target add "$WASM"; then
                use_toolchain
                return 0
            fi
            say "rustup could not get it; building it from the distribution's sources instead"
        fi
    fi
    use_distribution_rust
}

# use_toolchain [NAME]: that one, or this directory's.
use_toolchain() {
    have rustup || return 0
    RUSTUP_TOOLCHAIN=${1:-$(rustup show active-toolchain | cut -d ' ' -f 1)}
    export RUSTUP_TOOLCHAIN
    [ "$RUSTUP_TOOLCHAIN" = "$LINKED" ] && ! in_ci || return 0
    # So that a plain `cargo leptos watch` in this directory finds it, too.
    rustup override list | grep -qE "^${ROOT}[[:space:]]+$LINKED" && return 0
    say "making the toolchain '$LINKED' the one of this directory (undo: rustup override unset)"
    rustup override set "$LINKED" >/dev/null 2>&1
}

# The way without rustup's server: Debian ships a current compiler with its
# sources, and the WebAssembly library is built from these.
use_distribution_rust() {
    have apt-get || die "Rust with the target $WASM is missing: see https://rustup.rs, then rustup target add $WASM"
    apt_install "a Rust compiler with its sources" \
        rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web gcc libc6-dev ||
        die "no such compiler here. With rustup: rustup update stable && rustup target add $WASM"
    wasm_std PATH=/usr/bin:/bin >/dev/null || build_wasm_std
    link_rust_lld
    if have rustup; then
        rustup toolchain link "$LINKED" /usr
        use_toolchain "$LINKED"
    fi
}

build_wasm_std() {
    local dir=$SCRATCH/std lib=/usr/lib/rustlib/$WASM
    mkdir -p "$dir/src"
    touch "$dir/src/lib.rs"
    printf '[package]\nname = "for-its-std"\nedition = "2021"\n[workspace]\n' >"$dir/Cargo.toml"
    # With bitcode in it, or link-time optimisation fails ("failed to get bitcode").
    quietly "building Rust's standard library for WebAssembly (about a minute)" \
        env -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$dir/target" RUSTC=/usr/bin/rustc \
        RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" /usr/bin/cargo build --release \
        --manifest-path "$dir/Cargo.toml" -Z build-std=std,panic_abort --target "$WASM"
    rm -f "$dir/target/$WASM/release/deps/"libfor_its_std-*
    /usr/bin/rustc -vV >"$dir/compiler"
    say "installing it in $lib"
    need_root "scripts/setup.sh (it writes into $lib)"
    as_root rm -rf "$lib"
    as_root mkdir -p "$lib/lib"
    as_root cp "$dir/target/$WASM/release/deps/"lib*.rlib "$lib/lib/"
    as_root cp "$dir/compiler" "$lib/compiler"
    rm -rf "$dir"
}

# The distribution's compiler comes without its WebAssembly linker. One that
# rustup brought along does, and so does the distribution's LLD of the same LLVM.
link_rust_lld() {
    local host llvm at lld found=
    host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
    llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    at=/usr/lib/rustlib/$host/bin/rust-lld
    "$at" -flavor wasm --version >/dev/null 2>&1 && return 0
    need_root "scripts/setup.sh (it installs $at)"
    as_root mkdir -p "${at%/*}"
    for lld in "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/"$host"/bin/rust-lld; do
        if "$lld" -flavor wasm --version 2>/dev/null | grep -q "^LLD $llvm\."; then found=$lld; fi
    done
    if [ -z "$found" ]; then
        apt_install "the WebAssembly linker" "lld-$llvm"
        found=/usr/bin/lld-$llvm
    fi
    say "linking $at to $found"
    as_root ln -sf "$found" "$at"
}

# said_version COMMAND: some of cargo's own commands want their name first.
said_version() { "$1" --version 2>/dev/null || "$1" "${1#cargo-}" --version; }

# install_crate COMMAND VERSION CRATE [cargo install's options]: a tool of
# exactly that version, from a profile that compiles fast.
install_crate() {
    local command=$1 version=$2 crate=$3
    shift 3
    if have "$command" && said_version "$command" | grep -qwF "$version"; then return 0; fi
    quietly "installing $crate $version (compiled here, which takes minutes)" \
        env -u CARGO_TARGET_DIR -u RUSTFLAGS CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install --force "$crate" --version "=$version" "$@"
    hash -r
    said_version "$command" | grep -qwF "$version" ||
        die "$(command -v "$command") is another version than $version, and comes before $CARGO_BIN on PATH"
}

# --- What the tests need ----------------------------------------------------

# The path of a Chromium or Chrome, if there is one.
find_chromium() {
    local c
    for c in "${CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [ -n "$c" ] && type -P "$c"; then return 0; fi
    done
}

# The directory of PostgreSQL's server programs, if they are there.
find_postgres() {
    local dir
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) \
        "$(dirname "$(realpath "$(command -v initdb)" 2>/dev/null)" 2>/dev/null)"; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            printf '%s\n' "$dir"
            return 0
        fi
    done
}

# What the tests have of Python's packages, outside of the repository, so that
# they are installed once.
PYTHON_ENV=${XDG_CACHE_HOME:-$HOME/.cache}/latchkey/python
# And what Latchkey is compared with, an environment each.
PEERS=${XDG_CACHE_HOME:-$HOME/.cache}/latchkey/peers

# Caddy and nginx, to try the examples of deploy/ with.
PROXIES=${XDG_CACHE_HOME:-$HOME/.cache}/latchkey/proxies

# --- What is built ----------------------------------------------------------

# use_target_dir: sets TARGET, cargo's directory. In CI every run is a fresh
# clone, so what cargo builds is kept outside it.
use_target_dir() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/latchkey id
    if in_ci && [ -z "${CARGO_TARGET_DIR:-}" ]; then
        mkdir -p "$cache"
        exec 9>"$cache/lock"
        export CARGO_TARGET_DIR=$ROOT/target CARGO_INCREMENTAL=0
        if have flock && flock -n 9; then
            CARGO_TARGET_DIR=$cache/target
            mkdir -p "$CARGO_TARGET_DIR"
            id=$(rustc -vV)
            if [ "$(cat "$cache/compiler" 2>/dev/null)" != "$id" ] ||
                [ "$(du -sm "$CARGO_TARGET_DIR" | cut -f 1)" -gt 12000 ]; then
                say "starting with an empty cache: another compiler, or more than 12 GB"
                rm -rf "$CARGO_TARGET_DIR"
                printf '%s\n' "$id" >"$cache/compiler"
            fi
            # Cargo compares times: this clone's files may be older than what
            # another clone left there, which must not pass for theirs.
            git ls-files -z | xargs -0 touch -c
        fi
    fi
    TARGET=${CARGO_TARGET_DIR:-target}
    mkdir -p "$TARGET"
    # Cargo does not notice another standard library.
    id=$(rustc -vV; cksum "$(wasm_std)"/libstd-*.rlib)
    if [ -e "$TARGET/wasm-std" ] && [ "$(cat "$TARGET/wasm-std")" != "$id" ]; then
        rm -rf "$TARGET"/{front,estimator-build}/"$WASM"
    fi
    printf '%s\n' "$id" >"$TARGET/wasm-std"
}

# read_names: what [package.metadata.leptos] says, the one description of the
# build, as the variables that cargo-leptos sets for the compiler, and others.
read_names() {
    local names
    # shellcheck disable=SC2016 # it is JavaScript
    names=$(cargo metadata --no-deps --format-version 1 | node -e '
        const leptos = JSON.parse(require("fs").readFileSync(0)).packages[0].metadata.leptos;
        const names = {
          LEPTOS_OUTPUT_NAME: leptos["output-name"],
          LEPTOS_SITE_ROOT: leptos["site-root"],
          LEPTOS_SITE_PKG_DIR: leptos["site-pkg-dir"],
          STYLE_FILE: leptos["style-file"],
          STYLE_BROWSERS: leptos["browserquery"] ?? "defaults",
          ASSETS_DIR: leptos["assets-dir"],
          BIN_FEATURES: leptos["bin-features"].join(),
          LIB_FEATURES: leptos["lib-features"].join(),
          LIB_PROFILE: leptos["lib-profile-release"],
          WASM_OPT: (leptos["wasm-opt-features"] ??
            ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"]).join(" "),
        };
        for (const [name, value] of Object.entries(names)) {
          if (!value) throw new Error(`Cargo.toml, [package.metadata.leptos]: nothing for ${name}`);
          console.log("%s=\x27%s\x27", name, value);
        }')
    eval "$names"
    export LEPTOS_OUTPUT_NAME LEPTOS_SITE_ROOT LEPTOS_SITE_PKG_DIR
}
