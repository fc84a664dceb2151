#!/usr/bin/env bash
# Runs the demo from a bare clone: builds, and shows what Scrimp does.
#
#   scripts/demo.sh [--keep] [--concurrency N] [--json]
#
# The arguments are those of `scrimp demo`. The first build takes some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v cargo >/dev/null; then
    echo "demo: cargo is not installed; Rust 1.90 or newer is needed, see https://rustup.rs" >&2
    exit 1
fi
echo "building (about six minutes on two cores the first time)" >&2
exec cargo run --release --locked --quiet -- demo "$@"
