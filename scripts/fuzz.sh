#!/usr/bin/env bash
# Runs the fuzz targets, each for so many seconds, from seeds made of the golden files.
#
#   scripts/fuzz.sh [SECONDS] [TARGET...]     # default: 60, all targets
#
# Needs nightly Rust and cargo-fuzz (`cargo install --locked cargo-fuzz`). What a target finds worth keeping stays in
# tests/fuzz/corpus, so that the next run begins there; an input that breaks one is kept in tests/fuzz/artifacts.
# `FUZZ_SANITIZER=address` also looks for what only `unsafe` code can do wrong, at half the speed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift || true
sanitizer=${FUZZ_SANITIZER:-none}
# Far beyond any golden file; a target that takes a second for so little is broken as well.
max_bytes=16384
max_seconds_per_input=10

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "needs nightly Rust and cargo-fuzz: rustup toolchain install nightly && cargo install --locked cargo-fuzz" >&2
    exit 2
fi
mapfile -t targets < <(cargo +nightly fuzz list --fuzz-dir tests/fuzz)
if (($# > 0)); then
    targets=("$@")
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 tests/fuzz/seeds.py "$work/seeds"
for target in "${targets[@]}"; do
    cargo +nightly fuzz build --fuzz-dir tests/fuzz --sanitizer "$sanitizer" "$target"
done

# The last value of a `stat::NAME:` line of $log, or nothing; and of NAME in $progress.
stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
seen() { sed -n "s/.* $1: \([0-9]*\).*/\1/p" <<<"$progress"; }

failed=0
rows=("target executions per_second edges features corpus result")
for target in "${targets[@]}"; do
    log=$work/$target.log corpus=tests/fuzz/corpus/$target
    mkdir -p "$corpus" "$work/seeds/$target"
    printf '\n== %s, %s s\n' "$target" "$seconds"
    result=ok
    cargo +nightly fuzz run --fuzz-dir tests/fuzz --sanitizer "$sanitizer" "$target" "$corpus" "$work/seeds/$target" -- \
        -max_total_time="$seconds" -max_len="$max_bytes" -timeout="$max_seconds_per_input" -rss_limit_mb=4096 \
        -dict="$work/seeds/words.dict" -print_final_stats=1 >"$log" 2>&1 || result=FAILED
    progress=$(grep -E '^#[0-9]+.* cov: ' "$log" | tail -n 1 || true)
    row="$target"
    for value in "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" \
        "$(seen cov)" "$(seen ft)" "$(seen corp)" "$result"; do
        row+=" ${value:--}"
    done
    rows+=("$row")
    if [[ $result == FAILED ]]; then
        failed=1
        # What went wrong, and where the input is; all of it where that is not a panic.
        grep -A 4 -E 'panicked at|ERROR: libFuzzer|Test unit written' "$log" || cat "$log"
        echo "without nightly: cargo run -p scrimp-fuzz --bin $target -- tests/fuzz/artifacts/$target/FILE"
    fi
done

printf '\n'
printf '%s\n' "${rows[@]}" | column -t
exit "$failed"
