#!/usr/bin/env bash
# Downloads the original tarball of a Debian source package, checks its hash and puts it at OUT.
#
#   fetch_source.sh CACHE_DIR PACKAGE SHA256 OUT
#
# The package lists live in CACHE_DIR, derived from the machine's own apt sources, so that neither
# root nor a change of the system's configuration is needed. Exits non-zero where the machine has
# no apt, or its release carries another tarball.
set -euo pipefail
cache=$1 package=$2 sha256=$3 out=$4

command -v apt-get >/dev/null || { echo "no apt-get on this machine" >&2; exit 1; }
apt_dir=$cache/apt
mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial" "$apt_dir/sources.list.d"
apt_options=(
  -o Dir::Etc::SourceList="$apt_dir/sources.list"
  -o Dir::Etc::SourceParts="$apt_dir/sources.list.d"
  -o Dir::State::Lists="$apt_dir/lists"
  -o Dir::Cache="$apt_dir"
  -o APT::Sandbox::User=
)

# Several repositories are fetched at a time; the package lists are read once, by the first.
exec 9>"$apt_dir/lock"
flock 9
if [[ ! -e $apt_dir/ready ]]; then
  : >"$apt_dir/sources.list"
  [[ ! -r /etc/apt/sources.list ]] ||
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$apt_dir/sources.list"
  for file in /etc/apt/sources.list.d/*; do
    name=$apt_dir/sources.list.d/$(basename "$file")
    case $file in
      *.list) sed -n 's/^deb /deb-src /p' "$file" >"$name" ;;
      *.sources) sed 's/^Types:.*/Types: deb-src/' "$file" >"$name" ;;
    esac
  done
  # A third party's repository may carry no sources: its failure is not ours.
  apt-get "${apt_options[@]}" -qq update >&2 || true
  touch "$apt_dir/ready"
fi
flock -u 9

work=$(mktemp -d "$apt_dir/download.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
# Only the tarball: the distribution's own diff changes with each of its updates.
apt-get "${apt_options[@]}" -qq source --download-only --tar-only "$package" >&2
for file in *.orig.tar.*; do
  if [[ $(sha256sum <"$file") == "$sha256 "* ]]; then
    mv "$file" "$out.$$" && mv "$out.$$" "$out"
    exit 0
  fi
done
# The lists may be older than the release's last point update: read them again next time.
rm -f "$apt_dir/ready"
echo "$package: no tarball with sha256 $sha256, found: $(sha256sum -- * | tr '\n' ' ')" >&2
exit 1
