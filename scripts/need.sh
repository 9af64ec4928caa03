# shellcheck shell=bash
# Sourced by the other scripts: installs what is missing, and says so first.

# need COMMAND:PACKAGE… installs the Debian package of each command that is not there.
need() {
    local pair missing=() as_root=()
    for pair in "$@"; do
        command -v "${pair%%:*}" > /dev/null || missing+=("${pair#*:}")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    if ! command -v apt-get > /dev/null; then
        echo "please install: ${missing[*]} (there is no apt-get here to do it with)" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
    fi
    echo "installing with apt-get${as_root[0]:+ (sudo may ask for your password)}: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# need_file FILE:PACKAGE installs the Debian package of a file that is no command.
need_file() {
    if [ ! -e "${1%%:*}" ]; then
        need "no-such-command:${1#*:}"
    fi
}

# need_rust checks for cargo, and for the C compiler that links and that builds libgit2.
need_rust() {
    if ! command -v cargo > /dev/null; then
        echo "please install Rust first: https://rustup.rs" >&2
        return 1
    fi
    need cc:gcc
    # gcc alone comes without the C library's headers.
    if [ ! -e /usr/include/stdio.h ] && command -v apt-get > /dev/null; then
        need no-such-command:libc6-dev
    fi
}

# need_component COMMAND COMPONENT: a part of the Rust toolchain, such as clippy.
need_component() {
    if cargo "$1" --version > /dev/null 2>&1; then
        return
    fi
    if ! command -v rustup > /dev/null; then
        echo "cargo $1 is missing, and there is no rustup to add it with" >&2
        return 1
    fi
    echo "adding to the Rust toolchain: $2"
    rustup --quiet component add "$2"
}

# step TEXT: a headline in the output.
step() {
    printf '\n==> %s\n' "$*"
}
