#!/usr/bin/env bash
# Formatting, clippy, shell scripts, licences of dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh

need_rust
need git:git shellcheck:shellcheck
need_component fmt rustfmt
need_component clippy clippy

step "cargo fmt"
cargo fmt --check

step "cargo clippy"
cargo clippy --locked --all-targets -- -D warnings

step "shellcheck"
# zsh and fish are checked by their own parsers in the tests; shellcheck does not know them.
mapfile -t scripts < <(find scripts .ci shell tmux -type f \( -name '*.sh' -o -name '*.bash' -o -name '*.tmux' -o -path .ci/run \) 2> /dev/null | sort)
shellcheck --external-sources "${scripts[@]}"

if cargo deny --version > /dev/null 2>&1; then
    step "cargo deny"
    # Without advisories, which need the network and change from day to day: `make audit`.
    cargo deny --offline check bans licenses sources
fi
