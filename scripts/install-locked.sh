#!/bin/sh
# Installs exactly the packages that bun.lock names, for what is published: on a machine with Node and npm, but without Bun.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
version=$(node -p 'require("./package.json").devDependencies.bun')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-save --ignore-scripts --no-audit --no-fund "bun@$version"
# Puts the binary in its place; looks for it from the folder it is started in.
node node_modules/bun/install.js
cd "$root"
"$work/node_modules/bun/bin/bun.exe" install --frozen-lockfile --ignore-scripts
