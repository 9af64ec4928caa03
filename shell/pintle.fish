# pintle in fish, 3.4 and later. `pintle shell init fish` prints this text, version 5; it is the same on every machine and may be
# cached. In ~/.config/fish/config.fish:  pintle shell init fish | source
#
# The daemon keeps in its runtime folder what holds where (`default`, `pane/…`, `agent/…`: lines `HASH NAME`) and what that means
# (`env/HASH.fish`: calls of the functions below). Before each prompt and each wrapped command the first is read, and the second is
# applied when it is another than before. Only builtins do that: no process is started.
#
# Local names begin with `__pintle`, since a variable of an environment may have any other.

# The daemon's runtime folder. It is used only while it is ours, no link: in /tmp somebody else may have made it first.
set -g __pintle_home /tmp/pintle-$EUID
string match -q '/*' -- "$XDG_RUNTIME_DIR"; and set -g __pintle_home $XDG_RUNTIME_DIR/pintle

if not status is-interactive
    # A script's commands meet the rules through links in a folder on PATH. It gets no functions.
    if test -O $__pintle_home -a ! -L $__pintle_home; and not contains -- $__pintle_home/shims $PATH
        set -gx PATH $__pintle_home/shims $PATH
    end
    set -e __pintle_home
else
    # ---- Which environment ---------------------------------------------------------------------------------------------

    # What holds where nothing else does, in `__pintle_now`: the line of the innermost project that we are in, else the first. A
    # project that names no environment has nothing in front of the tab: the first line holds in it.
    # Projects are looked for again only when the folder or the file has changed.
    function __pintle_default
        read -z -l __pintle_text <$__pintle_home/shell/default
        if test "$__pintle_text" != "$__pintle_default_text" -o "$PWD" != "$__pintle_default_at"
            set -g __pintle_default_text $__pintle_text
            set -g __pintle_default_at $PWD
            set -l __pintle_lines (string split \n -- $__pintle_text)
            set -g __pintle_default_line "$__pintle_lines[1]"
            # The folder without the links on the way to it.
            set -l __pintle_here (builtin pwd -P | string collect)
            for __pintle_one in $__pintle_lines[2..]
                set -l __pintle_parts (string split -m 1 \t -- $__pintle_one)
                set -q __pintle_parts[2]; or continue
                set -l __pintle_length (string length -- $__pintle_parts[2]/)
                if test "$(string sub -l $__pintle_length -- $__pintle_here/)" = "$__pintle_parts[2]/"
                    test -n "$__pintle_parts[1]"; and set -g __pintle_default_line $__pintle_parts[1]
                    break
                end
            end
        end
        set -g __pintle_now $__pintle_default_line
    end

    # What holds here, in `__pintle_now`: `HASH NAME`, or nothing where there is no daemon's file. The pane's key, in
    # `__pintle_key`, is `PID-NUMBER`: of TMUX (`SOCKET,PID,SESSION`, where the socket may have commas) and TMUX_PANE (`%NUMBER`); a
    # name that no file has where there is no pane. An agent is in no pane, whichever shows it, unless it has started a tmux: there what is
    # chosen for the pane counts first.
    # Where all of that has gone under a shell that has applied something (a runtime folder goes with the last login), it is `?`: what was
    # applied stays, and commands ask `pintle run`.
    function __pintle_look
        set -g __pintle_now ''
        test -O $__pintle_home -a ! -L $__pintle_home; and __pintle_read
        if test -z "$__pintle_now" -a -n "$__pintle_applied" -a ! -r $__pintle_home/shell/default
            set -g __pintle_now '?'
        end
    end

    function __pintle_read
        if test "$TMUX,$TMUX_PANE" != "$__pintle_key_of"
            set -g __pintle_key_of "$TMUX,$TMUX_PANE"
            set -g __pintle_key (string replace -rf '^.*,([0-9]+),[^,]*,%([0-9]+)$' '$1-$2' -- $__pintle_key_of; or echo none)
            # A popup is in no pane, but in a session.
            set -g __pintle_session (string replace -rf '^.*,([0-9]+),([0-9]+),$' '$1-$2' -- $__pintle_key_of; or echo none)
        end
        if test -r $__pintle_home/shell/pane/$__pintle_key
            read -g __pintle_now <$__pintle_home/shell/pane/$__pintle_key
            test -n "$__pintle_now"; and return
        end
        if test -n "$PINTLE_AGENT_ID"
            set -l __pintle_file $__pintle_home/shell/agent/$PINTLE_AGENT_ID
            if test -f "$__pintle_file" -a -r "$__pintle_file"
                read -g __pintle_now <$__pintle_file
                test -n "$__pintle_now"; and return
            end
        end
        if test -r $__pintle_home/shell/session/$__pintle_session
            read -g __pintle_now <$__pintle_home/shell/session/$__pintle_session
            test -n "$__pintle_now"; and return
        end
        test -r $__pintle_home/shell/default; and __pintle_default
    end

    # ---- Variables -----------------------------------------------------------------------------------------------------
    #
    # `__pintle_kept` has the names that this environment has changed. For each NAME, `__pintle_how_NAME` says what it was globally
    # (unset, exported, plain; a universal one is not ours to touch, and shows again when ours is gone), `__pintle_was_NAME` its value,
    # and `__pintle_put_NAME` what we have made of it (unset: nothing).

    # Remembers what the user has in a variable, once an environment. Fails for what cannot be a variable's name.
    function __pintle_keep
        string match -qr '^[A-Za-z_][A-Za-z0-9_]*$' -- $argv[1]; or return 1
        contains -- $argv[1] $__pintle_kept; and return 0
        set -ga __pintle_kept $argv[1]
        set -g __pintle_how_$argv[1] unset
        if set -qg $argv[1]
            set -g __pintle_how_$argv[1] plain
            set -qgx $argv[1]; and set -g __pintle_how_$argv[1] exported
            set -g __pintle_was_$argv[1] $$argv[1]
        end
        return 0
    end

    # In env/HASH.fish: VAR VALUE, exported while the environment holds.
    function __pintle_set
        __pintle_keep $argv[1]; or return 0
        if set -gx $argv[1] $argv[2] 2>/dev/null
            set -g __pintle_put_$argv[1] $argv[2]
        else
            echo "pintle: $argv[1] is read-only in this shell, so it keeps its value" >&2
        end
    end

    # In env/HASH.fish: VAR, unset while the environment holds.
    function __pintle_unset
        __pintle_keep $argv[1]; or return 0
        # A universal variable would show through. One that is not exported is hidden by an empty one; one that is, fish exports past
        # that, and what stands before it for commands is only an empty one that is exported too.
        set -eg $argv[1]
        if set -qUx $argv[1]
            set -gx $argv[1] ''
            set -g __pintle_put_$argv[1] ''
        else if set -q $argv[1]
            set -g --unexport $argv[1]
        end
        return 0
    end

    # In env/HASH.fish: the file that names the cluster, before the user's own.
    function __pintle_kube
        set -l __pintle_theirs "$KUBECONFIG"
        test -n "$__pintle_theirs"; or set __pintle_theirs "$HOME/.kube/config"
        __pintle_set KUBECONFIG "$argv[1]:$__pintle_theirs"
    end

    # Gives the user's own values back, but for variables that somebody else has changed meanwhile.
    function __pintle_restore
        for __pintle_name in $__pintle_kept
            set -l __pintle_as __pintle_how_$__pintle_name
            set -l __pintle_old __pintle_was_$__pintle_name
            set -l __pintle_our __pintle_put_$__pintle_name
            set -l __pintle_same no
            if set -q $__pintle_our
                set -qgx $__pintle_name; and test "$$__pintle_name" = "$$__pintle_our"; and set __pintle_same yes
            else
                test -z "$$__pintle_name"; and set __pintle_same yes
            end
            if test $__pintle_same = yes
                switch $$__pintle_as
                    case unset
                        set -eg $__pintle_name
                    case exported
                        set -gx $__pintle_name $$__pintle_old
                    case plain
                        set -g --unexport $__pintle_name $$__pintle_old
                end
            end
            set -eg $__pintle_as $__pintle_old $__pintle_our
        end
        set -g __pintle_kept
    end

    # A shell that is started from this one finds our values in its variables. PINTLE_UNDO tells it which those are and what was
    # there before, so that they are not taken for the user's: `NAME=OURS␟+THEIRS␞` or `NAME=OURS␟-␞`, with the control characters of
    # these names. Where a value has one of them itself, what was before is not told. What an environment hides is not told either.
    function __pintle_tell
        set -l __pintle_text ''
        for __pintle_name in $__pintle_kept
            set -l __pintle_as __pintle_how_$__pintle_name
            set -l __pintle_old __pintle_was_$__pintle_name
            set -l __pintle_our __pintle_put_$__pintle_name
            set -q $__pintle_our; or continue
            string match -qr '[\x1e\x1f]' -- "$$__pintle_our"; and continue
            set -l __pintle_then -
            if test $$__pintle_as = exported; and not string match -qr '[\x1e\x1f]' -- "$$__pintle_old"
                # As fish exports it: the parts of a path variable with colons between.
                set __pintle_then "+$$__pintle_old"
                set -q --path $__pintle_name; and set __pintle_then "+$(string join : -- $$__pintle_old)"
            end
            set __pintle_text "$__pintle_text$__pintle_name=$$__pintle_our"\x1f"$__pintle_then"\x1e
        end
        set -eg PINTLE_UNDO
        test -n "$__pintle_text"; and set -gx PINTLE_UNDO $__pintle_text
        return 0
    end

    # Undoes what was inherited from the shell that started this one, possibly in another pane.
    function __pintle_disown
        for __pintle_one in (string split -n \x1e -- "$PINTLE_UNDO")
            set -l __pintle_parts (string split -m 1 = -- $__pintle_one)
            set -l __pintle_name $__pintle_parts[1]
            set __pintle_parts (string split \x1f -- $__pintle_parts[2])
            string match -qr '^[A-Za-z_][A-Za-z0-9_]*$' -- $__pintle_name; or continue
            test "$$__pintle_name" = "$__pintle_parts[1]"; or continue
            if string match -q '+*' -- $__pintle_parts[2]
                set -gx $__pintle_name (string sub -s 2 -- $__pintle_parts[2] | string collect)
            else
                set -eg $__pintle_name
            end
        end
        set -eg PINTLE_UNDO PINTLE_ENV PINTLE_PANE PINTLE_RUN_ENV
    end

    # ---- Commands ------------------------------------------------------------------------------------------------------
    #
    # A wrapped command is two functions. The one with its name is remembered as fish shows it, and taken away with the environment if
    # it is still the same. It calls the other, which says what the command is; where it has no rules (any more), the plain command.

    # Whether the function of this name is one that we have made.
    function __pintle_is_ours
        set -l __pintle_index (contains -i -- $argv[1] $__pintle_wrapped)
        and test "$(functions --no-details -- $argv[1])" = "$__pintle_bodies[$__pintle_index]"
    end

    # What NAME does from now on: the text of a function's body.
    function __pintle_become
        eval "function __pintle_do_$argv[1]; $argv[2]; end"
        if not functions -q -- $argv[1]
            # No completion of its own: fish goes on with that of the command. No --wraps, which would name the function itself.
            # What holds by now and is not applied yet is left to `pintle run` and the next prompt: in `AWS_PROFILE=x kubectl …` that variable
            # is here for this one command, and would be taken for the user's own.
            eval "function $argv[1]
                if __pintle_is_applied
                    __pintle_do_$argv[1] \$argv
                else if command -q pintle
                    command pintle run $argv[1] \$argv
                else
                    __pintle_sync
                    __pintle_do_$argv[1] \$argv
                end
            end"
            set -ga __pintle_wrapped $argv[1]
            set -ga __pintle_bodies "$(functions --no-details -- $argv[1])"
        end
    end

    # In env/HASH.fish: NAME `run`, or NAME `vars` with VAR VALUE… and then `-u` VAR…, for a command whose rules only set variables.
    function __pintle_wrap
        set -l __pintle_name $argv[1]
        set -l __pintle_kind $argv[2]
        set -e argv[1..2]
        string match -qr '^[A-Za-z0-9_.+@][A-Za-z0-9_.+@-]*$' -- $__pintle_name; or return 0
        # A function would be found before the builtin, by ourselves as well.
        test $__pintle_name = pintle; and return 0
        builtin -q -- $__pintle_name; and return 0
        # A function of that name that we have not made is the user's, and stays.
        functions -q -- $__pintle_name; and not __pintle_is_ours $__pintle_name; and return 0
        if test $__pintle_kind = run
            __pintle_become $__pintle_name "if command -q pintle
                command pintle run $__pintle_name \$argv; else; __pintle_lost $__pintle_name; end"
            return 0
        end
        set -l __pintle_text
        set -l __pintle_hide
        while set -q argv[2]; and test "$argv[1]" != -u
            string match -qr '^[A-Za-z_][A-Za-z0-9_]*$' -- $argv[1]; or return 0
            set -a __pintle_text "$argv[1]=$(string escape -- $argv[2])"
            set -e argv[1..2]
        end
        for __pintle_word in $argv[2..]
            string match -qr '^[A-Za-z_][A-Za-z0-9_]*$' -- $__pintle_word; or return 0
            # Local and not exported: it stands before the user's while the command is started.
            set -a __pintle_hide "set -l --unexport $__pintle_word;"
        end
        __pintle_become $__pintle_name "$__pintle_hide $__pintle_text command $__pintle_name \$argv"
    end

    # Takes the wrapped commands away.
    function __pintle_unwrap
        for __pintle_name in $__pintle_wrapped
            # One that runs at this moment goes on to the plain command.
            eval "function __pintle_do_$__pintle_name; command $__pintle_name \$argv; end"
            __pintle_is_ours $__pintle_name; and functions -e -- $__pintle_name
        end
        set -g __pintle_wrapped
        set -g __pintle_bodies
    end

    # NAME has rules, and what knows them is gone. To run it without them would be to guess.
    function __pintle_lost
        set -l __pintle_where
        test -n "$PINTLE_ENV"; and set __pintle_where " (environment $PINTLE_ENV)"
        echo "pintle: not found, and $argv[1] has rules here$__pintle_where;" \
            "install pintle, or run it without them: command $argv[1] …" >&2
        return 127
    end

    # ---- Following -----------------------------------------------------------------------------------------------------

    # Tells the daemon what this pane's shell has applied: a HASH, nothing where nothing holds, `?` where it is not known what that means.
    # It watches that folder, and looks then where the shell is: mostly somebody has gone elsewhere.
    function __pintle_say
        if test $__pintle_key != none -a -d $__pintle_home/shell/ack
            echo $argv[1] >$__pintle_home/shell/ack/$__pintle_key
        end
    end

    # Whether what holds here is what was applied last.
    function __pintle_is_applied
        __pintle_look
        test "$__pintle_now" = "$__pintle_applied"
    end

    # Applies what holds here when it is another than what was applied last, and says so.
    function __pintle_sync
        __pintle_look
        test "$__pintle_now" = "$__pintle_applied"; and return 0
        set -l __pintle_parts (string split -m 1 ' ' -- $__pintle_now)
        set -l __pintle_file $__pintle_home/shell/env/$__pintle_parts[1].fish
        if test -n "$__pintle_now"
            if not string match -qr '^[0-9a-f]+$' -- $__pintle_parts[1]; or not test -r $__pintle_file
                # Nothing here says what it means. `pintle run` can find out; what is not wrapped stays as it is. It is tried again before
                # each prompt, and said once.
                for __pintle_name in $__pintle_wrapped
                    __pintle_wrap $__pintle_name run
                end
                test "$__pintle_applied" = "?$__pintle_now"; or __pintle_say '?'
                set -g __pintle_applied "?$__pintle_now"
                return 0
            end
        end
        __pintle_restore
        __pintle_unwrap
        set -eg PINTLE_ENV PINTLE_PANE
        if test -n "$__pintle_now"
            source $__pintle_file
            # The script names the environment too, and with a mark of doubt where nobody describes it.
            test -n "$__pintle_parts[2]" -a -z "$PINTLE_ENV"; and set -gx PINTLE_ENV $__pintle_parts[2]
            test $__pintle_key != none; and set -gx PINTLE_PANE $__pintle_key
        end
        __pintle_tell
        set -g __pintle_applied $__pintle_now
        __pintle_say $__pintle_parts[1]
        return 0
    end

    # Before each prompt, and before each command that was typed at one: another environment may hold by then, whose variables reach
    # commands without rules too. fish keeps `$status` and `$pipestatus` for the prompt and for the user.
    function __pintle_prompt --on-event fish_prompt --on-event fish_preexec
        __pintle_sync
    end

    # Once a shell: reading this text again changes nothing.
    if not set -q __pintle_applied
        set -g __pintle_applied ''
        set -g __pintle_kept
        set -g __pintle_wrapped
        set -g __pintle_bodies
        __pintle_disown
        # What was chosen is on the disk, and after a start of the machine nobody has told of it yet.
        set -l __pintle_state $HOME/.local/state
        test -n "$XDG_STATE_HOME"; and set __pintle_state $XDG_STATE_HOME
        set -l __pintle_config $HOME/.config
        test -n "$XDG_CONFIG_HOME"; and set __pintle_config $XDG_CONFIG_HOME
        if test ! -r $__pintle_home/shell/default -a -z "$PINTLE_NO_AUTOSTART"
            if test -s $__pintle_state/pintle/state.json -o -s $__pintle_config/pintle/prefixes.yaml
                command -q pintle; and command pintle daemon start >/dev/null 2>&1
            end
        end
        # Which text this shell has read: `pintle shell status` compares the pid with that of the shell it was typed at.
        set -gx PINTLE_SHELL fish/5/$fish_pid
    end
    __pintle_sync
end
