#!/usr/bin/env bash
# Runs the program of //:dist in an empty environment, on the data and the encoder in its folder.
#
#   dist_test.sh DIST
set -euo pipefail
dist=$(dirname "$(readlink -f "$1/dfkd")")
cd "$TEST_TMPDIR"

fail() {
  echo "$*" >&2
  exit 1
}
dfkd() { env -i HOME="$TEST_TMPDIR" "$dist/dfkd" "$@"; }

# Its own libraries, and none of the build's.
loaded=$(env -i LD_TRACE_LOADED_OBJECTS=1 "$dist/dfkd")
for library in libtorch_cpu.so libc10.so libgomp.so.1; do
  grep -q "$library => $dist/lib/$library" <<<"$loaded" || fail "$library: $loaded"
done

dfkd version
# Read to its end: a pipe that closes early would fail the command.
specs=$(dfkd list --category=experiment)
grep -q quickstart <<<"$specs" || fail "no shipped specs"
for file in LICENSE NOTICE README.md; do [[ -s $dist/$file ]] || fail "$file is missing"; done

# The digits, and then MiniLM's rows for their names.
dfkd run digits_teacher --set=train.epochs=1 --set=student.steps_per_epoch=2 --output_dir=teacher
dfkd run digits_nayer --set=teacher.from= --output_dir=student --set=train.epochs=1 \
  --set='teacher.model={preset: "wrn16_1" weights: "teacher/student/last.safetensors"}' \
  --set=method.warmup_epochs=0 --set=method.generator_steps=1 --set=student.steps_per_epoch=1
[[ -s student/student/last.safetensors && -s student/report.html ]] || fail "nothing was written"
