# shellcheck shell=bash
# pintle in bash, 3.2 and later. `pintle shell init bash` prints this text, version 5; it is the same on every machine and may be
# cached. In ~/.bashrc:  eval "$(pintle shell init bash)"
#
# The daemon keeps in its runtime folder what holds where (`default`, `pane/…`, `agent/…`: lines `HASH NAME`) and what that means
# (`env/HASH.sh`: calls of the functions below). Before each prompt and each wrapped command the first is read, and the second is
# applied when it is another than before. Only builtins do that: no process is started.
#
# Written for shells as people have them. Builtins are called as `\builtin`, past aliases and functions of the same name. Local
# names begin with `__pintle`, since a variable of an environment may have any other. Nothing ends with a failure that `set -e` or
# an ERR trap would see, and nothing unset is read. No associative array, no `${x,,}`, no `mapfile`, no `local -n`: bash 3.2.

# The daemon's runtime folder. It is used only while it is ours, no link: in /tmp somebody else may have made it first.
case ${XDG_RUNTIME_DIR-} in
/*) __pintle_home=$XDG_RUNTIME_DIR/pintle ;;
*) __pintle_home=/tmp/pintle-$EUID ;;
esac

if [[ $- != *i* ]]; then
    # A script's commands meet the rules through links in a folder on PATH. It gets no functions.
    if [[ -O $__pintle_home && ! -L $__pintle_home && :$PATH: != *":$__pintle_home/shims:"* ]]; then
        PATH=$__pintle_home/shims:$PATH
    fi
    \builtin unset -v __pintle_home
else
    # Names that a rule must not take from the shell: a function would be found before the builtin, by ourselves as well.
    __pintle_builtins=' . : [ alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare
 dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help history if in
 jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source suspend
 test then time times trap true type typeset ulimit umask unalias unset until wait while pintle '

    # ---- Which environment ---------------------------------------------------------------------------------------------

    # Whether the working folder lies in this folder. `..` is followed by the kernel, so links on the way here do not count.
    function __pintle_within {
        local __pintle_up=.
        while [[ -d $__pintle_up ]]; do
            if [[ $__pintle_up -ef $1 ]]; then return 0; fi
            if [[ $__pintle_up -ef / ]]; then return 1; fi
            __pintle_up+=/..
        done
        return 1
    }

    # What holds where nothing else does, in `__pintle_now`: the line of the innermost project that we are in, else the first. A
    # project that names no environment has nothing in front of the tab: the first line holds in it.
    # Projects are looked for again only when the folder or the file has changed.
    function __pintle_default {
        local __pintle_text='' __pintle_one
        IFS='' \builtin read -r -d '' __pintle_text 2> /dev/null < "$1" || :
        if [[ $__pintle_text != "$__pintle_default_text" || $PWD != "$__pintle_default_at" ]]; then
            __pintle_default_text=$__pintle_text
            __pintle_default_at=$PWD
            __pintle_default_line=${__pintle_text%%$'\n'*}
            __pintle_text=${__pintle_text#*$'\n'}
            while [[ -n $__pintle_text ]]; do
                __pintle_one=${__pintle_text%%$'\n'*}
                __pintle_text=${__pintle_text#*$'\n'}
                if [[ $__pintle_one == *$'\t'* ]] && __pintle_within "${__pintle_one#*$'\t'}"; then
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
        __pintle_now=''
        __pintle_key=''
        if [[ -O $__pintle_home && ! -L $__pintle_home ]]; then __pintle_read; fi
        if [[ -z $__pintle_now && -n $__pintle_applied && ! -r $__pintle_home/shell/default ]]; then __pintle_now='?'; fi
        return 0
    }

    function __pintle_read {
        local __pintle_pid __pintle_session=''
        if [[ -n ${TMUX-} ]]; then
            __pintle_pid=${TMUX%,*}
            __pintle_pid=${__pintle_pid##*,}
            # A popup is in no pane, but in a session.
            if [[ -n ${TMUX_PANE-} ]]; then
                __pintle_key=$__pintle_pid-${TMUX_PANE#%}
            else
                __pintle_session=$__pintle_pid-${TMUX##*,}
            fi
            if [[ $__pintle_key == *[!0-9-]* ]]; then __pintle_key=''; fi
            if [[ $__pintle_session == *[!0-9-]* ]]; then __pintle_session=''; fi
        fi
        local __pintle_file=$__pintle_home/shell/agent/${PINTLE_AGENT_ID-}
        if [[ -n ${PINTLE_AGENT_ID-} && $PINTLE_AGENT_ID != */* && -r $__pintle_file ]]; then
            IFS='' \builtin read -r __pintle_now 2> /dev/null < "$__pintle_file" || :
        fi
        __pintle_file=$__pintle_home/shell/pane/$__pintle_key
        if [[ -n $__pintle_key && -r $__pintle_file ]]; then
            IFS='' \builtin read -r __pintle_now 2> /dev/null < "$__pintle_file" || :
        fi
        __pintle_file=$__pintle_home/shell/session/$__pintle_session
        if [[ -z $__pintle_now && -n $__pintle_session && -r $__pintle_file ]]; then
            IFS='' \builtin read -r __pintle_now 2> /dev/null < "$__pintle_file" || :
        fi
        __pintle_file=$__pintle_home/shell/default
        if [[ -z $__pintle_now && -r $__pintle_file ]]; then __pintle_default "$__pintle_file"; fi
        return 0
    }

    # ---- Variables -----------------------------------------------------------------------------------------------------
    #
    # `__pintle_kept` has the names that this environment has changed. For each NAME, `__pintle_how_NAME` says what it was (unset,
    # exported, plain), `__pintle_was_NAME` its value, and `__pintle_put_NAME` what we have made of it (unset: nothing).

    # Whether this can be a variable's name: what is checked here is safe to evaluate as a part of a name.
    function __pintle_named {
        [[ $1 == [A-Za-z_]* && $1 != *[!A-Za-z0-9_]* ]]
    }

    # Remembers what the user has in a variable, once an environment. Fails for what cannot be a variable's name.
    function __pintle_keep {
        if ! __pintle_named "$1"; then return 1; fi
        local __pintle_as=__pintle_how_$1 __pintle_like=''
        if [[ -n ${!__pintle_as-} ]]; then return 0; fi
        if [[ -z ${!1+set} ]]; then
            \builtin eval "$__pintle_as=unset"
        else
            # Before 4.4 nothing tells without a process whether a variable is exported. Those that environments set nearly always are.
            __pintle_like=x
            if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)); then
                \builtin eval "__pintle_like=\${$1@a}"
            fi
            case $__pintle_like in
            *x*) \builtin eval "$__pintle_as=exported __pintle_was_$1=\$$1" ;;
            *) \builtin eval "$__pintle_as=plain __pintle_was_$1=\$$1" ;;
            esac
        fi
        __pintle_kept+=("$1")
    }

    # In env/HASH.sh: VAR VALUE, exported while the environment holds.
    function __pintle_set {
        if ! __pintle_keep "$1"; then return 0; fi
        if \builtin export "$1=$2" 2> /dev/null; then
            \builtin eval "__pintle_put_$1=\$2"
        else
            \builtin printf 'pintle: %s is read-only in this shell, so it keeps its value\n' "$1" >&2
        fi
    }

    # In env/HASH.sh: VAR, unset while the environment holds.
    function __pintle_unset {
        if ! __pintle_keep "$1"; then return 0; fi
        if ! \builtin unset -v "$1" 2> /dev/null; then
            \builtin printf 'pintle: %s is read-only in this shell, so it stays set\n' "$1" >&2
        fi
    }

    # In env/HASH.sh: the file that names the cluster, before the user's own.
    function __pintle_kube {
        __pintle_set KUBECONFIG "$1:${KUBECONFIG:-${HOME-}/.kube/config}"
    }

    # Gives the user's own values back, but for variables that somebody else has changed meanwhile.
    function __pintle_restore {
        local __pintle_name __pintle_as __pintle_old __pintle_our
        for __pintle_name in ${__pintle_kept[@]+"${__pintle_kept[@]}"}; do
            __pintle_as=__pintle_how_$__pintle_name
            __pintle_old=__pintle_was_$__pintle_name
            __pintle_our=__pintle_put_$__pintle_name
            # `=VALUE`, or nothing when it is unset.
            if [[ ${!__pintle_name+=}${!__pintle_name-} == "${!__pintle_our+=}${!__pintle_our-}" ]]; then
                case ${!__pintle_as} in
                unset) \builtin unset -v "$__pintle_name" 2> /dev/null || : ;;
                exported) \builtin export "$__pintle_name=${!__pintle_old}" 2> /dev/null || : ;;
                plain) \builtin export -n "$__pintle_name=${!__pintle_old}" 2> /dev/null || : ;;
                esac
            fi
            \builtin unset -v "$__pintle_as" "$__pintle_old" "$__pintle_our"
        done
        __pintle_kept=()
    }

    # A shell that is started from this one finds our values in its variables. PINTLE_UNDO tells it which those are and what was
    # there before, so that they are not taken for the user's: `NAME=OURS␟+THEIRS␞` or `NAME=OURS␟-␞`, with the control characters of
    # these names. Where a value has one of them itself, what was before is not told. What an environment hides is not told either.
    function __pintle_tell {
        local __pintle_name __pintle_as __pintle_old __pintle_our __pintle_then __pintle_text=''
        for __pintle_name in ${__pintle_kept[@]+"${__pintle_kept[@]}"}; do
            __pintle_as=__pintle_how_$__pintle_name
            __pintle_old=__pintle_was_$__pintle_name
            __pintle_our=__pintle_put_$__pintle_name
            if [[ -z ${!__pintle_our+set} || ${!__pintle_our} == *[$'\036\037']* ]]; then continue; fi
            __pintle_then=-
            if [[ ${!__pintle_as} == exported && ${!__pintle_old} != *[$'\036\037']* ]]; then
                __pintle_then=+${!__pintle_old}
            fi
            __pintle_text+=$__pintle_name=${!__pintle_our}$'\037'$__pintle_then$'\036'
        done
        \builtin export PINTLE_UNDO="$__pintle_text"
        if [[ -z $__pintle_text ]]; then \builtin unset -v PINTLE_UNDO; fi
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
            if [[ ${!__pintle_name-} != "${__pintle_one%%$'\037'*}" ]]; then continue; fi
            case ${__pintle_one##*$'\037'} in
            +*) \builtin export "$__pintle_name=${__pintle_one##*$'\037+'}" 2> /dev/null || : ;;
            *) \builtin unset -v "$__pintle_name" 2> /dev/null || : ;;
            esac
        done
        \builtin unset -v PINTLE_UNDO PINTLE_ENV PINTLE_PANE PINTLE_RUN_ENV
    }

    # ---- Commands ------------------------------------------------------------------------------------------------------
    #
    # A wrapped command is two functions. The one with its name is made once and stays: bash cannot tell without a process
    # whether it is still ours, so it is never replaced nor removed. It calls the other, which says what the command is in this
    # environment; and where it has no rules, that is the plain command.

    # What NAME does from now on: the text of a function's body.
    function __pintle_become {
        \builtin eval "function __pintle_do_$1 { $2; }"
        if [[ $__pintle_wrapped != *" $1 "* ]]; then __pintle_wrapped+="$1 "; fi
        if ! \builtin declare -F -- "$1" > /dev/null; then
            # The command is the last statement: after Ctrl-Z, bash runs what comes behind it at once. What holds by now and is not applied
            # yet is left to `pintle run` and the next prompt: in `AWS_PROFILE=x kubectl …` that variable is here for this one command, and
            # would be taken for the user's own and be left behind.
            \builtin eval "function $1 {
                __pintle_look
                if [[ \$__pintle_now == \"\$__pintle_applied\" ]]; then __pintle_do_$1 \"\$@\"
                elif \\builtin type -P pintle > /dev/null; then \\command pintle run $1 \"\$@\"
                else
                    __pintle_sync
                    __pintle_do_$1 \"\$@\"
                fi
            }"
        fi
    }

    # In env/HASH.sh: NAME `run`, or NAME `vars` with VAR VALUE… and then `-u` VAR…, for a command whose rules only set variables.
    function __pintle_wrap {
        local __pintle_name=$1 __pintle_kind=$2 __pintle_text='' __pintle_hide='' __pintle_word
        case $__pintle_name in '' | -* | *[!A-Za-z0-9_.+@-]*) return 0 ;; esac
        case ${__pintle_builtins//$'\n'/ } in *" $__pintle_name "*) return 0 ;; esac
        # A function of that name that we have not made is the user's, and stays.
        if [[ $__pintle_wrapped != *" $__pintle_name "* ]] && \builtin declare -F -- "$__pintle_name" > /dev/null; then return 0; fi
        if [[ $__pintle_kind == run ]]; then
            __pintle_become "$__pintle_name" "if \\builtin type -P pintle > /dev/null; then
                \\command pintle run $__pintle_name \"\$@\"; else __pintle_lost $__pintle_name; fi"
            return 0
        fi
        shift 2
        while (($# > 1)) && [[ $1 != -u ]]; do
            if ! __pintle_named "$1"; then return 0; fi
            \builtin printf -v __pintle_word '%s=%q ' "$1" "$2"
            __pintle_text+=$__pintle_word
            shift 2
        done
        if (($# == 0)); then
            __pintle_become "$__pintle_name" "$__pintle_text \\command $__pintle_name \"\$@\""
            return 0
        fi
        shift
        for __pintle_word in "$@"; do
            if ! __pintle_named "$__pintle_word"; then return 0; fi
            __pintle_hide+=" $__pintle_word"
        done
        # The process that the shell would have started anyway, in two steps.
        __pintle_become "$__pintle_name" "(\\builtin unset -v$__pintle_hide; $__pintle_text \\builtin exec $__pintle_name \"\$@\")"
    }

    # Makes all wrapped commands plain (`command`), or leaves what they are to `pintle run` (`run`).
    function __pintle_unwrap {
        local __pintle_rest=${__pintle_wrapped# } __pintle_name
        while [[ -n $__pintle_rest ]]; do
            __pintle_name=${__pintle_rest%% *}
            __pintle_rest=${__pintle_rest#* }
            case $1 in
            run) __pintle_wrap "$__pintle_name" run ;;
            *) \builtin eval "function __pintle_do_$__pintle_name { \\command $__pintle_name \"\$@\"; }" ;;
            esac
        done
    }

    # NAME has rules, and what knows them is gone. To run it without them would be to guess.
    function __pintle_lost {
        \builtin printf 'pintle: not found, and %s has rules here%s; install pintle, or run it without them: command %s …\n' \
            "$1" "${PINTLE_ENV:+ (environment $PINTLE_ENV)}" "$1" >&2
        return 127
    }

    # ---- Following -----------------------------------------------------------------------------------------------------

    # Applies what holds here when it is another than what was applied last. Not in POSIX mode: no function could be called
    # `docker-compose`, and a variable that is read-only would end it half done.
    function __pintle_sync {
        __pintle_look
        if [[ $__pintle_now == "$__pintle_applied" ]]; then return 0; fi
        if [[ :$SHELLOPTS: == *:posix:* ]]; then
            \builtin set +o posix
            __pintle_apply
            \builtin set -o posix
        else
            __pintle_apply
        fi
    }

    # Tells the daemon what this pane's shell has applied: a HASH, nothing where nothing holds, `?` where it is not known what that means.
    # It watches that folder, and looks then where the shell is: mostly somebody has gone elsewhere.
    function __pintle_say {
        if [[ -n $__pintle_key && -d $__pintle_home/shell/ack ]]; then
            \builtin printf '%s\n' "$1" 2> /dev/null >| "$__pintle_home/shell/ack/$__pintle_key" || :
        fi
    }

    # Applies `__pintle_now`, and says so.
    function __pintle_apply {
        local __pintle_hash=${__pintle_now%% *} __pintle_name='' __pintle_file
        if [[ -n $__pintle_now ]]; then
            if [[ $__pintle_now == *' '* ]]; then __pintle_name=${__pintle_now#* }; fi
            __pintle_file=$__pintle_home/shell/env/$__pintle_hash.sh
            if [[ -z $__pintle_hash || $__pintle_hash == *[!0-9a-f]* || ! -r $__pintle_file ]]; then
                # Nothing here says what it means. `pintle run` can find out; what is not wrapped stays as it is. It is tried again before
                # each prompt, and said once.
                __pintle_unwrap run
                if [[ $__pintle_applied != "?$__pintle_now" ]]; then __pintle_say '?'; fi
                __pintle_applied="?$__pintle_now"
                return 0
            fi
        fi
        __pintle_restore
        __pintle_unwrap command
        \builtin unset -v PINTLE_ENV PINTLE_PANE
        if [[ -n $__pintle_now ]]; then
            # shellcheck source=/dev/null  # written by the daemon
            \builtin . "$__pintle_file" || :
            # The script names the environment too, and with a mark of doubt where nobody describes it.
            if [[ -n $__pintle_name && -z ${PINTLE_ENV-} ]]; then \builtin export PINTLE_ENV="$__pintle_name"; fi
            if [[ -n $__pintle_key ]]; then \builtin export "PINTLE_PANE=$__pintle_key"; fi
        fi
        __pintle_tell
        __pintle_applied=$__pintle_now
        __pintle_say "$__pintle_hash"
    }

    # Before each prompt. Before a command there is only the DEBUG trap, which is the user's: a command that no environment wraps has the
    # variables of its prompt. The next hook of the same string sees `$?` as we found it, except under `set -e`, which would end the shell.
    function __pintle_prompt {
        local __pintle_status=$?
        __pintle_called_by="${PROMPT_COMMAND[*]-}"
        __pintle_sync
        if [[ $- == *e* ]]; then return 0; fi
        return "$__pintle_status"
    }

    # Before the other hooks, so that a prompt that one of them makes shows the environment that holds. As an element of its own where
    # bash has that: it then keeps `$?` and PIPESTATUS for each of them. A prompt tool may have put our name away and call it itself
    # (starship, liquidprompt): where the last prompt has called us with the same PROMPT_COMMAND, we are hooked in.
    if [[ "${PROMPT_COMMAND[*]-}" != *__pintle_prompt* && "${PROMPT_COMMAND[*]-}" != "${__pintle_called_by:- }" ]]; then
        if [[ -z "${PROMPT_COMMAND[*]-}" ]]; then
            PROMPT_COMMAND=__pintle_prompt
        elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
            # With what was first as an argument, which nobody reads: starship looks for its own name in the first element, and would
            # add itself once more each time that it is read again.
            \builtin printf -v __pintle_first '__pintle_prompt %q' "${PROMPT_COMMAND[0]-}"
            PROMPT_COMMAND=("$__pintle_first" "${PROMPT_COMMAND[@]}")
            \builtin unset -v __pintle_first
        else
            # shellcheck disable=SC2178,SC2128  # a string there
            PROMPT_COMMAND="__pintle_prompt; $PROMPT_COMMAND"
        fi
    fi

    # Once a shell: reading this text again changes nothing.
    if [[ -z ${__pintle_wrapped-} ]]; then
        __pintle_applied='' __pintle_wrapped=' ' __pintle_kept=()
        __pintle_default_text='' __pintle_default_at='' __pintle_default_line=''
        __pintle_disown
        # What was chosen is on the disk, and after a start of the machine nobody has told of it yet.
        if [[ ! -r $__pintle_home/shell/default && -z ${PINTLE_NO_AUTOSTART-} && ( -s ${XDG_STATE_HOME:-${HOME-}/.local/state}/pintle/state.json
            || -s ${XDG_CONFIG_HOME:-${HOME-}/.config}/pintle/prefixes.yaml ) ]]; then
            \command pintle daemon start > /dev/null 2>&1 || :
        fi
        # Which text this shell has read: `pintle shell status` compares the pid with that of the shell it was typed at.
        \builtin export "PINTLE_SHELL=bash/5/$$"
    fi
    __pintle_sync
fi
