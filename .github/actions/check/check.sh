#!/usr/bin/env bash
# Checks the object of each line in $EXPRESSIONS with `python -m bufferprocs`, all of them also
# where one fails. Its status is the highest of theirs. The other variables are the inputs of
# action.yml.
set -euo pipefail

words=(--level "${LEVEL:-must}")
[ -z "${EXPECTED:-}" ] || words+=(--expected "$EXPECTED")
[ "${STRICT:-false}" != true ] || words+=(--strict)
[ -z "${JUNIT:-}" ] || mkdir -p "$JUNIT"

highest=0 number=0
while IFS= read -r expression; do
    [[ "$expression" =~ [^[:space:]] ]] || continue
    number=$((number + 1))
    report=()
    [ -z "${JUNIT:-}" ] || report=(--junit "$JUNIT/bufferprocs-$number.xml")
    echo "== $expression"
    status=0
    "${PYTHON:-python}" -m bufferprocs "${words[@]}" "${report[@]}" -- "$expression" || status=$?
    [ "$status" -le "$highest" ] || highest=$status
done <<<"${EXPRESSIONS:?one expression a line}"
[ "$number" -gt 0 ] || { echo "no expression was given"; exit 2; }
exit "$highest"
