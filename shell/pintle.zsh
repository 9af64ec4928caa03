# pintle in zsh, 5.0 and later. `pintle shell init zsh` prints this text, version 5; it is the same on every machine and may be
# cached. In ~/.zshrc:  eval "$(pintle shell init zsh)"
#
# The daemon keeps in its runtime folder what holds where (`default`, `pane/…`, `agent/…`: lines `HASH NAME`) and what that means
# (`env/HASH.sh`: calls of the functions below). Before each prompt and each wrapped command the first is read, and the second is
# applied when it is another than before. Only builtins do that: no process is started.
#
# Written for shells as people have them. Builtins are called as `\builtin`, past aliases and functions of the same name; each function
# that does more than call another one has the options of a plain zsh, and no ERR_EXIT, while it runs. Local names begin with
# `__pintle`, since a variable of an environment may have any other.

# The daemon's runtime folder. It is used only while it is ours, no link: in /tmp somebody else may have made it first.
\builtin typeset -g __pintle_home=/tmp/pintle-$EUID
if [[ ${XDG_RUNTIME_DIR-} == /* ]]; then __pintle_home=$XDG_RUNTIME_DIR/pintle; fi

if [[ ! -o interactive ]]; then
    # A script's commands meet the rules through links in a folder on PATH. It gets no functions.
    if [[ -O $__pintle_home && ! -L $__pintle_home && :$PATH: != *":$__pintle_home/shims:"* ]]; then
        PATH=$__pintle_home/shims:$PATH
    fi
    \builtin unset __pintle_home
else
    # ---- Which environment ---------------------------------------------------------------------------------------------

    # What holds where nothing else does, in `__pintle_now`: the line of the innermost project that we are in, else the first. A
    # project that names no environment has nothing in front of the tab: the first line holds in it.
    # Projects are looked for again only when the folder or the file has changed. (`read` would take a system call for each byte; this
    # takes one for a file of some thousand projects.) `:A` is the folder without the links on the way.
    function __pintle_default {
        local __pintle_text=''
        \builtin sysread -s 262144 __pintle_text 2> /dev/null < $1
        if [[ $__pintle_text != "$__pintle_default_text" || $PWD != "$__pintle_default_at" ]]; then
            __pintle_default_text=$__pintle_text
            __pintle_default_at=$PWD
            __pintle_default_line=${__pintle_text%%$'\n'*}
            local __pintle_one __pintle_here=${PWD:A}/
            for __pintle_one in ${${(f)__pintle_text}:1}; do
                if [[ $__pintle_one == *$'\t'* && $__pintle_here == "${__pintle_one#*$'\t'}"/* ]]; then
                    if [[ $__pintle_one != $'\t'* ]]; then __pintle_default_line=${__pintle_one%%$'\t'*}; fi
                    break
                fi
            done
        fi
        __pintle_now=$__pintle_default_line
    }

    # An agent is in no pane, whichever shows it, unless it has started a tmux: there what is chosen for the pane counts first.
    # What holds here, in `__pintle_now`: `HASH NAME`, or nothing where there is no daemon's file. The pane's key, in
    # `__pintle_key`, is `PID-NUMBER`: of TMUX (`SOCKET,PID,SESSION`, where the socket may have commas) and TMUX_PANE (`%NUMBER`).
    # Where all of that has gone under a shell that has applied something (a runtime folder goes with the last login), it is `?`: what was
    # applied stays, and commands ask `pintle run`.
    function __pintle_look {
        \builtin typeset -g __pintle_now='' __pintle_key=''
        if [[ -O $__pintle_home && ! -L $__pintle_home ]]; then __pintle_read; fi
        if [[ -z $__pintle_now && -n $__pintle_applied && ! -r $__pintle_home/shell/default ]]; then __pintle_now='?'; fi
    }

    function __pintle_read {
        local __pintle_session=''
        if [[ -n ${TMUX-} ]]; then
            # A popup is in no pane, but in a session.
            if [[ -n ${TMUX_PANE-} ]]; then
                __pintle_key=${${TMUX%,*}##*,}-${TMUX_PANE#%}
            else
                __pintle_session=${${TMUX%,*}##*,}-${TMUX##*,}
            fi
            if [[ $__pintle_key == *[^0-9-]* ]]; then __pintle_key=''; fi
            if [[ $__pintle_session == *[^0-9-]* ]]; then __pintle_session=''; fi
        fi
        local __pintle_file=$__pintle_home/shell/agent/${PINTLE_AGENT_ID-}
        if [[ -n ${PINTLE_AGENT_ID-} && $PINTLE_AGENT_ID != */* && -r $__pintle_file ]]; then
            \builtin sysread __pintle_now 2> /dev/null < $__pintle_file
            __pintle_now=${__pintle_now%$'\n'}
        fi
        __pintle_file=$__pintle_home/shell/pane/$__pintle_key
        if [[ -n $__pintle_key && -r $__pintle_file ]]; then
            \builtin sysread __pintle_now 2> /dev/null < $__pintle_file
            __pintle_now=${__pintle_now%$'\n'}
        fi
        __pintle_file=$__pintle_home/shell/session/$__pintle_session
        if [[ -z $__pintle_now && -n $__pintle_session && -r $__pintle_file ]]; then
            \builtin sysread __pintle_now 2> /dev/null < $__pintle_file
            __pintle_now=${__pintle_now%$'\n'}
        fi
        __pintle_file=$__pintle_home/shell/default
        if [[ -z $__pintle_now && -r $__pintle_file ]]; then __pintle_default $__pintle_file; fi
    }

    # ---- Variables -----------------------------------------------------------------------------------------------------
    #
    # For each variable that this environment has changed, `__pintle_how` says what it was (unset, exported, plain), `__pintle_was` its
    # value, and `__pintle_put` what we have made of it (no entry: unset).

    # Whether this can be a variable's name: what is checked here is safe to evaluate as a part of a name.
    function __pintle_named {
        [[ $1 == [A-Za-z_]* && $1 != *[^A-Za-z0-9_]* ]]
    }

    # Remembers what the user has in a variable, once an environment. Fails for what cannot be changed.
    function __pintle_keep {
        if ! __pintle_named "$1"; then return 1; fi
        if [[ ${(Pt)1} == *readonly* ]]; then
            \builtin print -ru2 -- "pintle: $1 is read-only in this shell, so it keeps its value"
            return 1
        fi
        if (( ${+__pintle_how[$1]} )); then return 0; fi
        if (( ! ${(P)+1} )); then
            __pintle_how[$1]=unset
            return 0
        fi
        __pintle_how[$1]=plain
        if [[ ${(Pt)1} == *export* ]]; then __pintle_how[$1]=exported; fi
        __pintle_was[$1]=${(P)1}
    }

    # In env/HASH.sh: VAR VALUE, exported while the environment holds.
    function __pintle_set {
        if ! __pintle_keep "$1"; then return; fi
        \builtin export "$1=$2"
        __pintle_put[$1]=$2
    }

    # In env/HASH.sh: VAR, unset while the environment holds.
    function __pintle_unset {
        if ! __pintle_keep "$1"; then return; fi
        \builtin unset "$1"
    }

    # In env/HASH.sh: the file that names the cluster, before the user's own.
    function __pintle_kube {
        __pintle_set KUBECONFIG "$1:${KUBECONFIG:-${HOME-}/.kube/config}"
    }

    # Gives the user's own values back, but for variables that somebody else has changed meanwhile.
    function __pintle_restore {
        local __pintle_name
        for __pintle_name in ${(k)__pintle_how}; do
            # `=VALUE`, or nothing when it is unset.
            if [[ "${(P)__pintle_name+=}${(P)__pintle_name-}" == "${__pintle_put[$__pintle_name]+=}${__pintle_put[$__pintle_name]-}" ]]; then
                case $__pintle_how[$__pintle_name] in
                unset) \builtin unset $__pintle_name ;;
                exported) \builtin export "$__pintle_name=$__pintle_was[$__pintle_name]" ;;
                plain) \builtin typeset -g +x "$__pintle_name=$__pintle_was[$__pintle_name]" ;;
                esac
            fi
        done
        __pintle_how=() __pintle_was=() __pintle_put=()
    }

    # A shell that is started from this one finds our values in its variables. PINTLE_UNDO tells it which those are and what was
    # there before, so that they are not taken for the user's: `NAME=OURS␟+THEIRS␞` or `NAME=OURS␟-␞`, with the control characters of
    # these names. Where a value has one of them itself, what was before is not told. What an environment hides is not told either.
    function __pintle_tell {
        local __pintle_name __pintle_then __pintle_text=''
        for __pintle_name in ${(k)__pintle_put}; do
            if [[ $__pintle_put[$__pintle_name] == *[$'\036\037']* ]]; then continue; fi
            __pintle_then=-
            if [[ $__pintle_how[$__pintle_name] == exported && $__pintle_was[$__pintle_name] != *[$'\036\037']* ]]; then
                __pintle_then=+$__pintle_was[$__pintle_name]
            fi
            __pintle_text+=$__pintle_name=$__pintle_put[$__pintle_name]$'\037'$__pintle_then$'\036'
        done
        \builtin unset PINTLE_UNDO
        if [[ -n $__pintle_text ]]; then \builtin export PINTLE_UNDO=$__pintle_text; fi
    }

    # Undoes what was inherited from the shell that started this one, possibly in another pane.
    function __pintle_disown {
        local __pintle_text=${PINTLE_UNDO-} __pintle_one __pintle_name
        while [[ $__pintle_text == *$'\036'* ]]; do
            __pintle_one=${__pintle_text%%$'\036'*}
            __pintle_text=${__pintle_text#*$'\036'}
            __pintle_name=${__pintle_one%%=*}
            __pintle_one=${__pintle_one#*=}
            if ! __pintle_named "$__pintle_name"; then continue; fi
            if [[ ${(Pt)__pintle_name} == *readonly* || ${(P)__pintle_name-} != "${__pintle_one%%$'\037'*}" ]]; then continue; fi
            case ${__pintle_one##*$'\037'} in
            +*) \builtin export "$__pintle_name=${__pintle_one##*$'\037+'}" ;;
            *) \builtin unset $__pintle_name ;;
            esac
        done
        \builtin unset PINTLE_UNDO PINTLE_ENV PINTLE_PANE PINTLE_RUN_ENV
    }

    # ---- Commands ------------------------------------------------------------------------------------------------------
    #
    # A wrapped command is two functions. The one with its name is remembered as zsh shows it, and taken away with the environment if
    # it is still the same. It calls the other, which says what the command is; where it has no rules (any more), the plain command.

    # What NAME does from now on: the text of a function's body.
    function __pintle_become {
        functions[__pintle_do_$1]=$2
        if (( ! ${+functions[$1]} )); then
            # What holds by now and is not applied yet is left to `pintle run` and the next prompt: in `AWS_PROFILE=x kubectl …` that variable
            # is here for this one command, and would be taken for the user's own.
            functions[$1]="if __pintle_is_applied; then __pintle_do_$1 \"\$@\"
                elif \\builtin whence -p pintle > /dev/null; then \\command pintle run $1 \"\$@\"
                else __pintle_sync; __pintle_do_$1 \"\$@\"; fi"
            __pintle_wrapped[$1]=$functions[$1]
        fi
    }

    # In env/HASH.sh: NAME `run`, or NAME `vars` with VAR VALUE… and then `-u` VAR…, for a command whose rules only set variables.
    function __pintle_wrap {
        local __pintle_name=$1 __pintle_kind=$2 __pintle_text='' __pintle_hide='' __pintle_word
        if [[ $__pintle_name == (|-*|*[^A-Za-z0-9_.+@-]*|pintle) ]]; then return; fi
        # A function would be found before the builtin, by ourselves as well.
        if (( ${+builtins[$__pintle_name]} || ${+reswords[(r)$__pintle_name]} )); then return; fi
        # A function of that name that we have not made is the user's, and stays.
        if [[ ${functions[$__pintle_name]-} != "${__pintle_wrapped[$__pintle_name]-}" ]]; then return; fi
        if [[ $__pintle_kind == run ]]; then
            __pintle_become $__pintle_name "if \\builtin whence -p pintle > /dev/null; then
                \\command pintle run $__pintle_name \"\$@\"; else __pintle_lost $__pintle_name; fi"
            return
        fi
        shift 2
        while (( $# > 1 )) && [[ $1 != -u ]]; do
            if ! __pintle_named "$1"; then return; fi
            __pintle_text+="$1=${(qq)2} "
            shift 2
        done
        if (( $# )); then shift; fi
        for __pintle_word in "$@"; do
            if ! __pintle_named "$__pintle_word"; then return; fi
            # Local and unset: the command does not get it, and the shell has it again behind it.
            __pintle_hide+="\\builtin local $__pintle_word; \\builtin unset $__pintle_word; "
        done
        __pintle_become $__pintle_name "$__pintle_hide$__pintle_text\\command $__pintle_name \"\$@\""
    }

    # Takes the wrapped commands away.
    function __pintle_unwrap {
        local __pintle_name
        for __pintle_name in ${(k)__pintle_wrapped}; do
            # One that runs at this moment goes on to the plain command.
            functions[__pintle_do_$__pintle_name]="\\command $__pintle_name \"\$@\""
            if [[ ${functions[$__pintle_name]-} == "$__pintle_wrapped[$__pintle_name]" ]]; then
                \builtin unfunction -- $__pintle_name
            fi
        done
        __pintle_wrapped=()
    }

    # NAME has rules, and what knows them is gone. To run it without them would be to guess.
    function __pintle_lost {
        \builtin print -ru2 -- "pintle: not found, and $1 has rules here${PINTLE_ENV:+ (environment $PINTLE_ENV)};" \
            "install pintle, or run it without them: command $1 …"
        return 127
    }

    # ---- Following -----------------------------------------------------------------------------------------------------

    # Tells the daemon what this pane's shell has applied: a HASH, nothing where nothing holds, `?` where it is not known what that means.
    # It watches that folder, and looks then where the shell is: mostly somebody has gone elsewhere.
    function __pintle_say {
        if [[ -n $__pintle_key && -d $__pintle_home/shell/ack ]]; then
            \builtin print -r -- "$1" 2> /dev/null >| $__pintle_home/shell/ack/$__pintle_key
        fi
    }

    # Whether what holds here is what was applied last.
    function __pintle_is_applied {
        \builtin emulate -L zsh
        \builtin setopt no_err_exit no_err_return unset no_aliases no_warn_create_global
        __pintle_look
        [[ $__pintle_now == "$__pintle_applied" ]]
    }

    # Applies what holds here when it is another than what was applied last, and says so.
    function __pintle_sync {
        \builtin emulate -L zsh
        \builtin setopt no_err_exit no_err_return unset no_aliases no_warn_create_global
        __pintle_look
        if [[ $__pintle_now == "$__pintle_applied" ]]; then return 0; fi
        local __pintle_hash=${__pintle_now%% *} __pintle_name='' __pintle_file
        if [[ -n $__pintle_now ]]; then
            if [[ $__pintle_now == *' '* ]]; then __pintle_name=${__pintle_now#* }; fi
            __pintle_file=$__pintle_home/shell/env/$__pintle_hash.sh
            if [[ -z $__pintle_hash || $__pintle_hash == *[^0-9a-f]* || ! -r $__pintle_file ]]; then
                # Nothing here says what it means. `pintle run` can find out; what is not wrapped stays as it is. It is tried again before
                # each prompt, and said once.
                for __pintle_name in ${(k)__pintle_wrapped}; do __pintle_wrap $__pintle_name run; done
                if [[ $__pintle_applied != "?$__pintle_now" ]]; then __pintle_say '?'; fi
                __pintle_applied="?$__pintle_now"
                return 0
            fi
        fi
        __pintle_restore
        __pintle_unwrap
        \builtin unset PINTLE_ENV PINTLE_PANE
        if [[ -n $__pintle_now ]]; then
            \builtin . $__pintle_file
            # The script names the environment too, and with a mark of doubt where nobody describes it.
            if [[ -n $__pintle_name && -z $PINTLE_ENV ]]; then \builtin export PINTLE_ENV=$__pintle_name; fi
            if [[ -n $__pintle_key ]]; then \builtin export PINTLE_PANE=$__pintle_key; fi
        fi
        __pintle_tell
        __pintle_applied=$__pintle_now
        __pintle_say "$__pintle_hash"
        return 0
    }

    # Before each prompt, and before each command that was typed at one: another environment may hold by then, whose variables reach
    # commands without rules too. zsh keeps `$?` and `pipestatus` for the hooks behind this one and for the user.
    function __pintle_prompt {
        __pintle_sync
    }

    # Before the other hooks, so that a prompt that one of them makes shows the environment that holds. Reading this text again changes
    # nothing.
    function __pintle_start {
        \builtin emulate -L zsh
        \builtin setopt no_err_exit no_err_return unset no_aliases no_warn_create_global
        \builtin typeset -ga precmd_functions preexec_functions
        precmd_functions=(__pintle_prompt ${precmd_functions:#__pintle_prompt})
        preexec_functions=(__pintle_prompt ${preexec_functions:#__pintle_prompt})
        if (( ! ${+__pintle_applied} )); then
            \builtin zmodload zsh/system
            \builtin typeset -g __pintle_applied='' __pintle_default_text='' __pintle_default_at='' __pintle_default_line=''
            \builtin typeset -gA __pintle_how __pintle_was __pintle_put __pintle_wrapped
            __pintle_disown
            # What was chosen is on the disk, and after a start of the machine nobody has told of it yet.
            if [[ ! -r $__pintle_home/shell/default && -z ${PINTLE_NO_AUTOSTART-} && ( -s ${XDG_STATE_HOME:-${HOME-}/.local/state}/pintle/state.json
                || -s ${XDG_CONFIG_HOME:-${HOME-}/.config}/pintle/prefixes.yaml ) ]]; then
                \command pintle daemon start > /dev/null 2>&1
            fi
            # Which text this shell has read: `pintle shell status` compares the pid with that of the shell it was typed at.
            \builtin export PINTLE_SHELL=zsh/5/$$
        fi
        __pintle_sync
    }
    __pintle_start
    \builtin unfunction __pintle_start
fi
