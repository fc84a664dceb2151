#!/bin/sh
# Proves the recall of the vector index at size: 100,000 entries of 384 numbers in one partition (or as many as the first
# argument says), half of them exchanged, compared with the exact scan. Prints recall, lookup and build times and memory,
# and fails below a recall@1 of 0.99. Takes about ten minutes on two cores.
set -eu
cd "$(dirname "$0")/.."
exec cargo bench --bench index -- churn "$@"
