#!/usr/bin/env bash
# Downloads a wheel with pip, which checks its hash, and puts it at OUT.
#
#   fetch_wheel.sh REQUIREMENT SHA256 OUT        (REQUIREMENT as in "torch==2.11.0")
#
# The platform is fixed, so that every Python fetches the same bytes. No Python runs later on.
set -euo pipefail
requirement=$1 sha256=$2 out=$3

if command -v pip3 >/dev/null; then pip=(pip3); else pip=(python3 -m pip); fi
work=$(mktemp -d "$(dirname "$out")/wheel.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "$requirement --hash=sha256:$sha256" >"$work/requirements.txt"
platforms=(--platform any)
for glibc in {17..28}; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
"${pip[@]}" download --quiet --no-deps --only-binary=:all: --no-cache-dir "${platforms[@]}" \
  --platform manylinux2014_x86_64 --implementation cp --python-version 311 \
  --abi cp311 --abi abi3 --abi none \
  --require-hashes --requirement "$work/requirements.txt" --dest "$work" >&2
mv "$work"/*.whl "$out.$$" && mv "$out.$$" "$out"
