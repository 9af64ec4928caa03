# shellcheck shell=bash
# Stands behind what clap_complete writes, whose function it calls.

# readline takes a word apart at `=` and `:` and wants each piece completed alone, so that `--var NAME=` looks like two finished words.
# Here they are one again; of what is offered for it, readline gets what stands behind its last piece, with quotes where it takes some.
_pintle_complete() {
    local line=${COMP_LINE:0:COMP_POINT} piece blank words=() replies=() before reply
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        blank=${line%%[![:space:]]*}
        line=${line:${#blank}}
        # The last one may go on behind the cursor.
        piece=${line:0:${#piece}}
        line=${line:${#piece}}
        if [[ -n $blank || ${#words[@]} -eq 0 ]]; then
            words+=("$piece")
        else
            words[${#words[@]} - 1]+=$piece
        fi
    done
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1))
    local word=${words[COMP_CWORD]}
    local -x PINTLE_COMPLETE_QUOTED=1
    _clap_complete_pintle "$1" "$word" "$3"
    before=${word%"$2"}
    # An open quote is none of the words, and closed by readline.
    local open=${before:0:1}
    [[ $open == [\'\"] && ${#before} -eq 1 ]] && before='' || open=''
    for reply in "${COMPREPLY[@]}"; do
        [[ $reply == "$before"* ]] || continue
        reply=${reply#"$before"}
        case $open in
            \') [[ $reply == *\'* ]] && continue ;;
            \") [[ $reply == *[\"\$\`\\!]* ]] && continue ;;
            *) [[ $reply == *[^[:alnum:]._@%+,/:=-]* ]] && printf -v reply %q "$reply" ;;
        esac
        replies+=("$reply")
    done
    COMPREPLY=("${replies[@]}")
}
complete -o nospace -o bashdefault -o nosort -F _pintle_complete pintle 2> /dev/null ||
    complete -o nospace -o bashdefault -F _pintle_complete pintle
