#!/usr/bin/env bash
# Installs what the tests need, checks the source, runs every test. The runner's closing lines are the last thing printed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh

need_rust
need git:git tmux:tmux zsh:zsh fish:fish direnv:direnv strace:strace shellcheck:shellcheck ps:procps chattr:e2fsprogs
# What people have beside us: a command with completions of its own, what completes in bash, a prompt, what changes the user, a pager.
need kubectl:kubernetes-client sudo:sudo less:less
need_file /usr/share/bash-completion/bash_completion:bash-completion
need_file /usr/share/liquidprompt/liquidprompt:liquidprompt

scripts/lint.sh

if cargo nextest --version > /dev/null 2>&1; then
    step "documentation tests"
    cargo test --locked --doc --quiet
    step "tests"
    # No target is named, so that examples are built too: the fake agent is one.
    exec cargo nextest run --locked ${CI:+--profile ci}
else
    step "tests"
    exec cargo test --locked -- --test-threads=2
fi
