#!/usr/bin/env bash
# Puts the tmux of another Debian release into a folder, with all that it needs, and installs nothing.
#   scripts/other_tmux.sh sid /tmp/tmux-sid      then: PATH=/tmp/tmux-sid/bin:$PATH cargo nextest run
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: scripts/other_tmux.sh SUITE FOLDER   (a release of Debian, such as trixie, bookworm-backports, sid)" >&2
    exit 2
fi
suite=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)

# A world of its own for apt: nothing of this machine counts as installed, so that libc and all come along.
apt=$folder/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$folder/root" "$folder/bin"
: > "$apt/status"
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
echo "deb $mirror ${suite%-backports} main" > "$apt/sources.list"
[ "$suite" = "${suite%-backports}" ] || echo "deb $mirror $suite main" >> "$apt/sources.list"
options=(
    -qq
    -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::State::Status=$apt/status"
    -o "Dir::Cache::Archives=$apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o APT::Install-Recommends=false
)
apt-get "${options[@]}" update
apt-get "${options[@]}" install --yes --download-only -t "$suite" tmux
for package in "$apt"/archives/*.deb; do
    dpkg-deb --extract "$package" "$folder/root"
done
rm -rf "$apt"

# The loader of that release, so that its libc is used by tmux alone and by nothing that is started in a pane.
root=$folder/root
loader=$(find "$root" -name 'ld-linux*.so*' -print -quit)
libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)
cat > "$folder/bin/tmux" << END
#!/bin/sh
exec '$loader' --library-path '$libraries' '$root/usr/bin/tmux' "\$@"
END
chmod +x "$folder/bin/tmux"
"$folder/bin/tmux" -V
