#!/usr/bin/env bash
# Holds the links of the Markdown files to this repository: every relative one must lead to a file, and to a heading
# where it names one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

main() {
    local page link target anchor broken=0
    while IFS= read -r page; do
        while IFS= read -r link; do
            target=${link%%#*} anchor=
            if [[ $link == *#* ]]; then anchor=${link#*#}; fi
            if [ -n "$target" ]; then target=$(dirname "$page")/$target; else target=$page; fi
            if [ ! -e "$target" ]; then
                echo "$page: $link: there is no $target"
                broken=1
            elif [ -n "$anchor" ] && ! headings "$target" | grep -qxF -- "$anchor"; then
                echo "$page: $link: no such heading in $target"
                broken=1
            fi
        done < <(links "$page")
    done < <(git ls-files --cached --others --exclude-standard '*.md')
    if [ "$broken" = 0 ]; then echo "all links lead somewhere"; fi
    return "$broken"
}

# The page without its code blocks.
prose() {
    awk '/^ *```/ { code = !code; next } !code' "$1"
}

# Targets of inline links that point into this repository.
links() {
    prose "$1" | { grep -oE '\]\([^) ]+\)' || true; } | sed -E 's/^\]\((.*)\)$/\1/' | { grep -vE '^(https?|mailto):' || true; }
}

# The headings as the anchors that GitHub makes of them.
headings() {
    prose "$1" | sed -nE 's/^#+ +//p' | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}

main
