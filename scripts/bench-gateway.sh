#!/usr/bin/env bash
# Installs what scripts/bench-gateway.py needs, builds Scrimp, and measures.
#
#   scripts/bench-gateway.sh [--rounds N] [--seconds S] [--json FILE] …
#
# The arguments are those of scripts/bench-gateway.py. nginx and wrk come from Debian's packages where they are missing and
# this runs as root; oha comes from crates.io into target/bench-tools. SCRIMP names a binary that exists already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

OHA_VERSION=1.16.0
TOOLS=$PWD/target/bench-tools

main() {
    packages
    if ! command -v oha >/dev/null && [ ! -x "$TOOLS/bin/oha" ]; then
        need cargo "Rust, from https://rustup.rs"
        echo "building oha, a load generator (some minutes the first time)" >&2
        cargo install --quiet --locked --version "$OHA_VERSION" --root "$TOOLS" oha
    fi
    if [ -z "${SCRIMP:-}" ]; then
        need cargo "Rust, from https://rustup.rs"
        echo "building Scrimp (about six minutes on two cores the first time)" >&2
        cargo build --release --locked --quiet
        export SCRIMP=${CARGO_TARGET_DIR:-target}/release/scrimp
    fi
    exec python3 scripts/bench-gateway.py "$@"
}

packages() {
    local missing=()
    command -v nginx >/dev/null || missing+=(nginx-light)
    command -v wrk >/dev/null || missing+=(wrk)
    command -v taskset >/dev/null || missing+=(util-linux)
    command -v python3 >/dev/null || missing+=(python3)
    if [ ${#missing[@]} = 0 ]; then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "these are not installed; on Debian, as root: apt-get install -y ${missing[*]}"
    fi
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

need() {
    command -v "$1" >/dev/null || fail "$1 is not installed: $2"
}

fail() {
    echo "bench-gateway: $1" >&2
    exit 1
}

main "$@"
