#!/bin/sh
# Installs Engram, or brings it up to date: finds out which file this machine needs, fetches it, compares it with its checksum,
# and puts it into place in one step. Needs no administrator, and no more than a POSIX shell with curl or wget.
set -eu

# Where the files of a release lie: an address, or a folder. Each release writes its own into the copy it publishes.
DOWNLOAD_URL='@DOWNLOAD_URL@'
LINKS='engram-cli engram-server engram-mcp'

usage() {
  cat <<'END'
sh install.sh [--to <folder>] [--lite] [--uninstall]

  --to <folder>  where the program goes, ~/.local/bin when not said
  --lite         the smaller file without LanceDB
  --uninstall    remove the program and its service; memories and settings stay

ENGRAM_DOWNLOAD_URL names where the files are: the address of a release, or a folder for machines without a network.
END
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Whether one of these files is there; a pattern that matched nothing stands for itself, and is not.
any_of() {
  for path in "$@"; do
    if [ -e "$path" ]; then return 0; fi
  done
  return 1
}

# Prints the name of the file for this machine.
file_for_here() {
  system=$(uname -s)
  machine=$(uname -m)
  case "$machine" in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "Engram is not built for processors of the kind $machine." ;;
  esac
  case "$system" in
    Linux)
      system=linux
      libc=
      if any_of /lib/ld-musl-* && ! any_of /lib*/ld-linux* /lib/*/ld-linux*; then libc=-musl; fi
      ;;
    Darwin)
      system=darwin
      libc=
      # A shell under Rosetta says x86_64 on a machine that is not.
      if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || true)" = 1 ]; then machine=arm64; fi
      if [ "$machine" != arm64 ]; then fail 'Engram is built for Macs with Apple silicon only.'; fi
      ;;
    MINGW* | MSYS* | CYGWIN*) fail 'On Windows, run install.ps1 in PowerShell.' ;;
    *) fail "Engram is not built for $system." ;;
  esac
  say "engram-$system-$machine$libc$1"
}

# The checksums come the same way as the program: who can change one on its way can change both.
check_source() {
  case "$1" in
    '' | @*)
      fail 'Set ENGRAM_DOWNLOAD_URL to the address of a release, or to a folder that holds its files: ENGRAM_DOWNLOAD_URL=… sh install.sh'
      ;;
    https://* | /*) ;;
    http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
    http://*) fail "$1 is not encrypted, so anybody on the way could change the program. Use an https:// address." ;;
    *) fail "ENGRAM_DOWNLOAD_URL must be an https:// address or the full path of a folder, not $1" ;;
  esac
}

# fetch <source> <file>
fetch() {
  case "$1" in
    /*) cp "$1" "$2" 2>/dev/null || fail "$1 cannot be read." ;;
    *)
      if have curl; then
        case "$1" in
          https:*) curl -fsSL --proto '=https' --retry 2 -o "$2" "$1" || fail "$1 could not be fetched." ;;
          *) curl -fsSL -o "$2" "$1" || fail "$1 could not be fetched." ;;
        esac
      elif have wget; then
        wget -q -t 3 -O "$2" "$1" || fail "$1 could not be fetched."
      else
        fail 'Neither curl nor wget is installed, and one of them is needed.'
      fi
      ;;
  esac
}

sha256() {
  if have sha256sum; then
    sha256sum "$1"
  elif have shasum; then
    shasum -a 256 "$1"
  elif have openssl; then
    openssl dgst -sha256 -r "$1"
  else
    fail 'Nothing here computes SHA-256 (sha256sum, shasum or openssl), so the program cannot be checked.'
  fi | cut -c 1-64
}

# compare <file> <name> <checksum>
compare() {
  found=$(sha256 "$1")
  [ -n "$found" ] || exit 1
  [ "$found" = "$3" ] ||
    fail "$2 is not what SHA256SUMS says ($found in place of $3). Nothing was installed. Try again; if it stays so, do not use that source."
}

is_our_link() { [ -L "$1" ] && [ "$(readlink "$1")" = engram ]; }

make_links() {
  for name in $LINKS; do
    if is_our_link "$to/$name"; then continue; fi
    if [ -e "$to/$name" ] || [ -L "$to/$name" ]; then
      say "$to/$name is something else and stays as it is."
    else
      ln -s engram "$to/$name"
    fi
  done
}

install() {
  source=${ENGRAM_DOWNLOAD_URL:-$DOWNLOAD_URL}
  source=${source%/}
  check_source "$source"
  name=$(file_for_here "$1")
  mkdir -p "$to" || fail "The folder $to cannot be made."
  [ ! -d "$to/engram" ] || fail "$to/engram is a folder; give another place with --to."
  # On the same disk as its place, so that it comes into being there whole or not at all.
  work=$(mktemp -d "$to/.engram-install.XXXXXX") || fail "$to cannot be written to; give another place with --to."
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  say "Fetching $name"
  fetch "$source/SHA256SUMS" "$work/SHA256SUMS"
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$work/SHA256SUMS")
  [ -n "$wanted" ] || fail "This release has no $name: its SHA256SUMS does not name it."
  fetch "$source/$name" "$work/engram"
  compare "$work/engram" "$name" "$wanted"
  chmod 755 "$work/engram"
  version=$("$work/engram" --version) || fail "$name was fetched whole, but does not run on this machine. Nothing was installed."
  mv -f "$work/engram" "$to/engram"
  make_links

  say "Installed $version as $to/engram"
  case ":$PATH:" in
    *":$to:"*) ;;
    *) say "$to is not on your PATH; add it:  export PATH=\"$to:\$PATH\"" ;;
  esac
  say ''
  say '  engram serve              run the server here and now'
  say '  engram service install    run it from now on, also after the next start; again after each update'
  say '  engram bootstrap          get the first key, once'
  say '  engram --help             everything else'
}

uninstall() {
  if [ ! -e "$to/engram" ]; then
    say "There is no $to/engram; nothing to do."
    return
  fi
  for file in "${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/engram.service" "$HOME/Library/LaunchAgents/engram.plist"; do
    if [ -e "$file" ]; then
      "$to/engram" service uninstall || fail "The service has to go first: take $file out of use, remove it, and run this again."
    fi
  done
  for name in $LINKS; do
    if is_our_link "$to/$name"; then rm -f "$to/$name"; fi
  done
  rm -f "$to/engram"
  say "Removed $to/engram. Memories and settings stay where they are."
}

main() {
  to="${HOME:?}/.local/bin"
  variant=
  action=install
  while [ $# -gt 0 ]; do
    case "$1" in
      --to)
        [ $# -ge 2 ] || fail '--to needs the name of a folder.'
        to=$2
        shift
        ;;
      --to=*) to=${1#--to=} ;;
      --lite) variant=-lite ;;
      --uninstall) action=uninstall ;;
      -h | --help)
        usage
        exit 0
        ;;
      *)
        usage >&2
        exit 2
        ;;
    esac
    shift
  done
  case "$to" in
    /*) ;;
    *) to=$(pwd)/$to ;;
  esac
  if [ "$action" = uninstall ]; then uninstall; else install "$variant"; fi
}

# On the last line, so that a script that broke off on its way does nothing.
main "$@"
