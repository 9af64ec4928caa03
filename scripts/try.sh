#!/usr/bin/env bash
# A live demonstration: two agents in panes of a private tmux server. One pane is closed; its agent lives on and is shown
# again. With a terminal you are left in that tmux; without one, what happened is printed. Everything is removed at the end.
#
# PINTLE_BIN names a built binary to use instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh

say() { printf '    %s\n' "$@"; }

fail() {
    printf '\ntry: %s\n' "$*" >&2
    if [ -n "${root:-}" ]; then
        tail -n 20 "$root"/state/pintle/log/* >&2 2> /dev/null || true
    fi
    exit 1
}

# Everything that was started ends here, on every way out.
clean_up() {
    local status=$? keeper=""
    trap - EXIT
    trap '' INT TERM HUP
    if [ -n "${root:-}" ]; then
        tmux -S "$root/tmux.sock" kill-server 2> /dev/null || true
        keeper=$(cat "$root/run/pintle/daemon.pid" 2> /dev/null || true)
        if [ -n "$keeper" ] && ! timeout 20 pintle daemon stop > /dev/null; then
            kill -KILL "$keeper" 2> /dev/null || true
            status=1
        fi
        rm -rf "$root"
    fi
    exit "$status"
}

# wait_for TEXT COMMAND…: until the command's output contains the text, 15 s at most.
wait_for() {
    local text=$1 deadline=$((SECONDS + 15))
    shift
    until [[ $("$@" 2> /dev/null) == *"$text"* ]]; do
        [ $SECONDS -lt $deadline ] || fail "this never showed '$text': $*"
        sleep 0.1
    done
}

mux() { tmux -S "$root/tmux.sock" "$@"; }

# show PANE: what the pane shows, without the empty lines at its end.
show() {
    mux capture-pane -p -t "$1" | sed -e 's/^/    | /' -e 's/[ |]*$//' | awk 'NF { while (blank-- > 0) print ""; blank = 0; print; next } { blank++ }' | tail -n 8
}

# The number that the counting agent has come to.
count() { pintle capture "$counter" | sed -n 's/^counting: //p' | tail -n 1; }

build() {
    need_rust
    need git:git tmux:tmux
    if [ -z "${PINTLE_BIN:-}" ]; then
        step "Building (a debug build: it is ready sooner, and \`make test\` uses it too)"
        cargo build --locked
        PINTLE_BIN=${CARGO_TARGET_DIR:-target}/debug/pintle
    fi
    PINTLE_BIN=$(realpath "$PINTLE_BIN")
}

# A home of its own, so that the demonstration neither sees nor touches yours. In /tmp, since a socket's path must be short.
make_home() {
    root=$(mktemp -d /tmp/pintle-try.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    mkdir -p "$root"/{home,config,state,data,cache,bin,project} && mkdir -m 700 "$root/run"
    ln -s "$PINTLE_BIN" "$root/bin/pintle"
    unset TMUX TMUX_PANE PINTLE_SOCKET PINTLE_NO_AUTOSTART PINTLE_AGENT_ID
    export HOME=$root/home SHELL=/bin/sh PATH=$root/bin:$PATH
    export XDG_CONFIG_HOME=$root/config XDG_STATE_HOME=$root/state XDG_RUNTIME_DIR=$root/run
    export XDG_DATA_HOME=$root/data XDG_CACHE_HOME=$root/cache
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    cd "$root/project"
    git init --quiet --initial-branch=main
    git -c user.name=Try -c user.email=try@example.org commit --quiet --allow-empty --message=first
}

start_agents() {
    step "A project, and two agents in it"
    pintle init > /dev/null
    # shellcheck disable=SC2016 # expanded by the agent's shell
    counter=$(pintle spawn --root --name counter \
        --command 'i=0; while :; do i=$((i+1)); echo "counting: $i"; sleep 1; done') || fail "the first agent did not start"
    # shellcheck disable=SC2016
    listener=$(pintle spawn --root --name listener \
        --command 'echo "say something"; while IFS= read -r line; do echo "you said: $line"; done') \
        || fail "the second agent did not start"
    say "A real agent would be claude or codex; these are two small shell programs," \
        "one that counts and one that listens. They run under pintle's daemon, not under tmux:"
    pintle status
}

open_panes() {
    step "Each is shown in a pane of a private tmux server"
    tmux -S "$root/tmux.sock" -f /dev/null new-session -d -s try -x 100 -y 30 "pintle attach $counter"
    mux set-option -g mouse on \; set-option -g status-right ' C-b d: leave and remove everything '
    mux split-window -h -t try "pintle attach $listener"
    counter_pane=$(mux list-panes -t try -F '#{pane_id}' | sed -n 1p)
    listener_pane=$(mux list-panes -t try -F '#{pane_id}' | sed -n 2p)
    wait_for "counting: 2" mux capture-pane -p -t "$counter_pane"
    wait_for "say something" mux capture-pane -p -t "$listener_pane"
    say "The first pane:"
    show "$counter_pane"
    say "Something is typed into the second:"
    mux send-keys -t "$listener_pane" 'hello from the pane' Enter
    wait_for "you said: hello from the pane" mux capture-pane -p -t "$listener_pane"
    show "$listener_pane"
}

close_pane() {
    step "The counter's pane is closed"
    local before
    before=$(count)
    mux kill-pane -t "$counter_pane"
    say "With tmux alone its program would be gone. The agent had counted to $before; it goes on:"
    wait_for "counting: $((before + 2))" pintle capture "$counter"
    pintle status
}

show_again() {
    step "And it is shown again, with what it said meanwhile"
    counter_pane=$(mux split-window -h -b -t "$listener_pane" -P -F '#{pane_id}' "pintle attach $counter")
    wait_for "counting: $(count)" mux capture-pane -p -t "$counter_pane"
    show "$counter_pane"
}

# A third pane with a shell and a few lines of help, and then it is the person's turn.
hand_over() {
    cat > "$root/help" << 'HELP'
Two agents above, a shell here. Try:
  pintle status                 what they do, and how that is known
  pintle send listener hello    type from outside; or click its pane and type
  C-b x                         close a pane: the agent lives on
  pintle attach counter         show it again, here; C-\ lets go of it
C-b d (or the end of all panes) leaves, and removes everything.
HELP
    # shellcheck disable=SC2016 # expanded by the shell in the pane
    mux split-window -f -v -l 10 -t try 'cat "$HOME/../help"; PS1="try$ " exec sh -i'
    step "Now it is yours"
    say "The next screen is that tmux. C-b d leaves it and removes everything."
    read -r -p "    Press Enter: " _
    mux attach-session -t try || true
    step "Left; the agents, the daemon, the tmux server and their folder are being removed"
}

build
make_home
start_agents
open_panes
close_pane
show_again
if [ -t 0 ] && [ -t 1 ]; then
    hand_over
else
    step "Done: no terminal here, so nothing is left open. Everything is being removed"
fi
