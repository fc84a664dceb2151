#!/usr/bin/env bash
# Runs official clients, unchanged, against Scrimp, in front of scripted providers; starts and deletes all that it needs.
#
#   scripts/clients/run.sh [CLIENT…]     openai_python openai_responses openai_node anthropic_python agents_sdk cache
#
# SCRIMP names a binary; without it, one is built. Needs python3 with venv, node 20 or newer, npm, and the network for pip
# and npm. Prints a table of all checks; exit code 1 when one of them failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clients=("$@")
((${#clients[@]})) || clients=(openai_python openai_responses openai_node anthropic_python agents_sdk cache)

if [[ -z ${SCRIMP:-} ]]; then
    cargo build --locked --quiet --manifest-path "$here/../../Cargo.toml"
    SCRIMP=$here/../../target/debug/scrimp
fi
SCRIMP=$(realpath "$SCRIMP")

folder=$(mktemp -d)
started=()
stop() {
    for process in "${started[@]}"; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap stop EXIT

# Prints what a command prints, once it prints something.
await() {
    local printed
    for _ in {1..300}; do
        if printed=$("$@" 2>/dev/null) && [[ -n $printed ]]; then
            echo "$printed"
            return
        fi
        sleep 0.1
    done
    echo "run.sh: '$*' came to nothing" >&2
    cat "$folder"/*.log >&2
    return 1
}

gateway_address() {
    grep -m1 '"ready"' "$folder/scrimp.log" | grep -o '127\.0\.0\.1:[0-9]*'
}

echo "installing the clients" >&2
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cp "$here"/*.py "$here"/*.mjs "$here/package.json" "$folder"
(cd "$folder" && npm install --silent --no-audit --no-fund --no-package-lock)

cd "$folder"
python3 providers.py port 2>providers.log &
started+=($!)
providers=$(await cat port)
export PROVIDERS="http://127.0.0.1:$providers" LEDGER="$folder/ledger.db"
RUST_LOG=info "$SCRIMP" serve --config "$here/scrimp.yaml" 2>scrimp.log &
started+=($!)
gateway=$(await gateway_address)
export SCRIMP SCRIMP_URL="http://$gateway" OPENAI_AGENTS_DISABLE_TRACING=1

touch results
for client in "${clients[@]}"; do
    echo "$client" >&2
    case $client in
        *_node) node "$client.mjs" ;;
        *) venv/bin/python "$client.py" ;;
    esac >>results 2>"$client.errors" || printf '%s\truns to its end\texit code %s\n' "$client" "$?" >>results
done

failed=$(awk -F '\t' '$3 != "ok"' results | wc -l)
if ((failed)); then cat ./*.errors >&2; fi
awk -F '\t' '{ printf "%-24s  %-76s  %s\n", $1, $2, $3 }' results
echo "$(wc -l <results) checks, $failed failed"
((failed == 0))
