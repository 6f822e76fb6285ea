#!/usr/bin/env bash
# Runs the example as a person would: the program with the loss linked in, from spec to report.
#
#   run_test.sh DFKD SPEC
set -euo pipefail
dfkd=$1 spec=$2
run=$TEST_TMPDIR/my_experiment

fail() {
  echo "$*" >&2
  exit 1
}

listed=$("$dfkd" list --category=loss --format=text)
grep -q '^my_loss  example.MyLossConfig$' <<<"$listed" || fail "not listed: $listed"

"$dfkd" check "$spec"

# Supervised training shows no images to its losses.
wrong='student.losses[cross_entropy]={config { [type.googleapis.com/example.MyLossConfig] {} }}'
code=0
refusal=$("$dfkd" check my_teacher --set="$wrong" 2>&1) || code=$?
[[ $code == 2 && $refusal == *"student.losses: images needed"* ]] || fail "exit $code: $refusal"

"$dfkd" run "$spec" --output_dir="$run"
grep -q '"finished": true' "$run/summary.json" || fail "not finished: $(cat "$run/summary.json")"
grep -q '<html' "$run/report.html" || fail "no report"
for file in teacher/last.safetensors student/last.safetensors; do
  [[ -s $run/$file ]] || fail "$file is missing"
done
head -n 1 "$run/student/metrics.csv" | tr -d '\r' | tr , '\n' | grep -qx loss_my_loss ||
  fail "no column of the loss: $(head -n 1 "$run/student/metrics.csv")"

# A finished run is not run again.
cp "$run/student/metrics.csv" "$TEST_TMPDIR/metrics.csv"
"$dfkd" run "$spec" --output_dir="$run"
cmp "$TEST_TMPDIR/metrics.csv" "$run/student/metrics.csv"
