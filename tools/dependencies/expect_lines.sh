#!/usr/bin/env bash
# Passes if FILE holds exactly the given lines, in any order.
#
#   expect_lines.sh FILE RULE [LINE]...
set -euo pipefail
file=$1 rule=$2
shift 2

expected=$(printf '%s\n' "$@" | LC_ALL=C sort)
found=$(LC_ALL=C sort "$file")
[[ $found != "$expected" ]] || exit 0
echo "$rule"
echo "Against it stand (< found, > expected):"
diff <(echo "$found") <(echo "$expected") || true
echo "\`./bazelw query 'somepath(A, B)'\` shows how A comes to depend on B."
exit 1
