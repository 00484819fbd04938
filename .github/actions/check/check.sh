#!/usr/bin/env bash
# Checks the object of each line in $EXPRESSIONS, and the function of each line in $CONSUMERS, with
# `python -m bufferprocs`, all of them also where one fails. Its status is the highest of theirs.
# The other variables are the inputs of action.yml.
set -euo pipefail

words=(--level "${LEVEL:-must}")
[ -z "${EXPECTED:-}" ] || words+=(--expected "$EXPECTED")
[ "${STRICT:-false}" != true ] || words+=(--strict)
[ -z "${JUNIT:-}" ] || mkdir -p "$JUNIT"

highest=0 number=0
# check EXPRESSION OPTION..
check() {
    local expression=$1 status=0
    shift
    [[ "$expression" =~ [^[:space:]] ]] || return 0
    number=$((number + 1))
    [ -z "${JUNIT:-}" ] || set -- "$@" --junit "$JUNIT/bufferprocs-$number.xml"
    echo "== $expression"
    "${PYTHON:-python}" -m bufferprocs "${words[@]}" "$@" -- "$expression" </dev/null || status=$?
    [ "$status" -le "$highest" ] || highest=$status
}
while IFS= read -r expression; do check "$expression"; done <<<"${EXPRESSIONS:-}"
while IFS= read -r expression; do check "$expression" --consumer; done <<<"${CONSUMERS:-}"
[ "$number" -gt 0 ] || { echo "neither expressions nor consumers were given"; exit 2; }
exit "$highest"
