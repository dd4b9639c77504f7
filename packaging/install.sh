#!/bin/sh
# Installs a released `trapline` program: downloads the archive for this machine, checks its SHA-256
# sum, and puts the program into a folder.
#
#   sh install.sh [--version 0.1.0] [--to DIR]
#
# TRAPLINE_RELEASES replaces the address of the releases (a mirror, or a folder as file://…).
set -eu

releases=${TRAPLINE_RELEASES:-https://github.com/trapline-dev/trapline/releases}
version=
to=$HOME/.local/bin

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --version) [ $# -ge 2 ] || fail "--version takes a version"; version=$2; shift 2 ;;
    --to) [ $# -ge 2 ] || fail "--to takes a folder"; to=$2; shift 2 ;;
    *) fail "unknown argument $1; it takes --version and --to" ;;
  esac
done
case $version in
  *[!0-9A-Za-z.+-]*) fail "not a version: $version" ;;
esac

case "$(uname -s) $(uname -m)" in
  "Linux x86_64") target=x86_64-unknown-linux-musl ;;
  "Linux aarch64" | "Linux arm64") target=aarch64-unknown-linux-musl ;;
  "Darwin x86_64") target=x86_64-apple-darwin ;;
  "Darwin arm64") target=aarch64-apple-darwin ;;
  # The shell of Git for Windows.
  MINGW*" x86_64" | MSYS*" x86_64") target=x86_64-pc-windows-msvc ;;
  *) fail "no release for $(uname -s) $(uname -m); build it: cargo install trapline" ;;
esac
command -v curl >/dev/null || fail "curl is needed"

case $target in
  *-windows-*) archive=trapline-$target.zip program=trapline.exe ;;
  *) archive=trapline-$target.tar.gz program=trapline ;;
esac
if [ -n "$version" ]; then from=$releases/download/v$version; else from=$releases/latest/download; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$archive" "$archive.sha256"; do
  curl --fail --silent --show-error --location --proto '=https,file' --retry 3 \
    --output "$work/$file" "$from/$file" || fail "cannot download $from/$file"
done
if command -v sha256sum >/dev/null; then sum="sha256sum"; else sum="shasum -a 256"; fi
(cd "$work" && $sum -c "$archive.sha256" >/dev/null 2>&1) || fail "$archive is not what its SHA-256 sum says"
case $archive in
  *.zip) unzip -q "$work/$archive" "$program" -d "$work" ;;
  *) tar -xzf "$work/$archive" -C "$work" "$program" ;;
esac
mkdir -p "$to"
# Renamed into place, so that a program that runs is not written over.
cp "$work/$program" "$to/.trapline.new"
chmod 755 "$to/.trapline.new"
mv "$to/.trapline.new" "$to/$program"
printf 'installed  %s\n' "$to/$program"
case ":$PATH:" in
  *":$to:"*) ;;
  *) printf 'next       add %s to PATH\n' "$to" ;;
esac
