#!/usr/bin/env bash
# Builds what is shipped, target/dist/scrimp: the `dist` profile, guided by a profile of the gateway at work.
#
#   scripts/build-dist.sh
#
# A build that counts is made first and given the load of scripts/bench-gateway.py: requests passed through, streams, exact
# hits and hits by meaning. The compiler then lays out and inlines for what was counted. About 20 minutes on two cores.
#
# Needs nginx, wrk and python3 as that script does, and llvm-profdata of LLVM 19 or later: Debian's package llvm-19, or
# `rustup component add llvm-tools`. LLVM_PROFDATA names another. Without a profile: cargo build --locked --profile dist
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

HOST=$(rustc -vV | sed -n 's/^host: //p')
TARGET=${CARGO_TARGET_DIR:-$PWD/target}
# Apart from other builds, whose dependencies are compiled with other flags.
BUILDS=$TARGET/guided
COUNTS=$BUILDS/counts
PROFILE=$BUILDS/scrimp.profdata

main() {
    local profdata
    profdata=$(profdata)
    for tool in nginx wrk python3; do
        command -v "$tool" >/dev/null || fail "$tool is not installed; on Debian, as root: apt-get install -y nginx-light wrk python3"
    done
    echo "building a version that counts" >&2
    rm -rf "$COUNTS"
    mkdir -p "$COUNTS"
    build "-Cprofile-generate=$COUNTS" --release
    echo "counting" >&2
    SCRIMP=$BUILDS/$HOST/release/scrimp python3 scripts/bench-gateway.py \
        --rounds 1 --seconds 3 --parts proxy,streams,hits >/dev/null
    "$profdata" merge --output "$PROFILE" "$COUNTS"/*.profraw
    echo "building what is shipped" >&2
    build "-Cprofile-use=$PROFILE" --profile dist
    install -D "$BUILDS/$HOST/dist/scrimp" "$TARGET/dist/scrimp"
    echo "$TARGET/dist/scrimp"
}

# With a target named, build scripts and macros are compiled without the flags.
build() {
    RUSTFLAGS="${RUSTFLAGS:-} $1" cargo build --quiet --locked --target "$HOST" --target-dir "$BUILDS" "${@:2}"
}

profdata() {
    local sysroot known
    sysroot=$(rustc --print sysroot)
    for known in "${LLVM_PROFDATA:-}" "$sysroot/lib/rustlib/$HOST/bin/llvm-profdata" llvm-profdata-{22,21,20,19} llvm-profdata; do
        if [ -n "$known" ] && command -v "$known"; then return; fi
    done
    fail "there is no llvm-profdata; on Debian, as root: apt-get install -y llvm-19"
}

fail() {
    echo "build-dist: $1" >&2
    exit 1
}

main "$@"
