#!/bin/sh
# The plugin's entry, for TPM: finds pintle and lets it do the rest (`pintle tmux install`, see `pintle tmux --help`).
#
# Prints nothing and ends with 0: what a plugin prints is thrown away by TPM, and under `run-shell` it covers the pane. What goes wrong
# is in $XDG_STATE_HOME/pintle/log/tmux.log, in the file that pintle itself writes to as well.
#
# TPM runs what is called *.tmux in the repository's first folder: that is a link to this file.
set -u

log_folder=${XDG_STATE_HOME:-${HOME:-}/.local/state}/pintle/log
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# tmux's PATH is that of whoever started it first, which may well be a desktop that has read no shell's files.
find_pintle() {
    for found in "$(command -v pintle)" "${HOME:-}/.cargo/bin/pintle" "${HOME:-}/.local/bin/pintle" \
        "$here/target/release/pintle" "$here/../target/release/pintle"; do
        if [ -x "$found" ]; then
            printf '%s\n' "$found"
            return
        fi
    done
    return 1
}

# A line with the time. A log that has grown to 256 KiB is begun anew; one that cannot be written is done without.
say() {
    log=$log_folder/tmux.log
    (
        umask 077
        mkdir -p -- "$log_folder" || exit
        if [ -f "$log" ] && [ "$(wc -c < "$log")" -gt 262144 ]; then
            : > "$log"
        fi
        printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >> "$log"
    ) 2> /dev/null
}

if ! pintle=$(find_pintle); then
    say "pintle is not in PATH ($PATH), ~/.cargo/bin, ~/.local/bin or $here: install it, then source tmux.conf again"
elif ! said=$("$pintle" tmux install 2>&1) || [ -n "$said" ]; then
    say "$said"
fi
exit 0
