#!/usr/bin/env bash
# Everything that a change must pass, and exactly what CI runs.
#
#   scripts/check.sh
#
# cargo-deny is run where it is installed (`cargo install --locked cargo-deny`); its advisories need the network and change
# by the day, so that they have a job of their own in CI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

step cargo fmt --all --check
step cargo clippy --workspace --all-targets --locked -- -D warnings
step env RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
step scripts/check-links.sh
if cargo deny --version >/dev/null 2>&1; then
    step cargo deny --all-features check bans licenses sources
else
    echo "note: cargo-deny is not installed; licences are not checked"
fi
# Last, so that its verdict closes the output.
step cargo test --locked
