#compdef pintle
function _clap_dynamic_completer_pintle() {
    local _CLAP_COMPLETE_INDEX=$(expr $CURRENT - 1)
    local _CLAP_IFS=$'\n'

    local completions=("${(@f)$( \
        _CLAP_IFS="$_CLAP_IFS" \
        _CLAP_COMPLETE_INDEX="$_CLAP_COMPLETE_INDEX" \
        PINTLE_COMPLETE="zsh" \
        pintle -- "${words[@]}" 2>/dev/null \
    )}")

    if [[ -n $completions ]]; then
        local -a dirs=()
        local -a other=()
        local completion
        for completion in $completions; do
            local value="${completion%%:*}"
            if [[ "$value" == */ ]]; then
                local dir_no_slash="${value%/}"
                if [[ "$completion" == *:* ]]; then
                    local desc="${completion#*:}"
                    dirs+=("$dir_no_slash:$desc")
                else
                    dirs+=("$dir_no_slash")
                fi
            else
                other+=("$completion")
            fi
        done
        [[ -n $dirs ]] && _describe -V 'values' dirs -S '/' -r '/'
        [[ -n $other ]] && _describe -V 'values' other
    fi
}

compdef _clap_dynamic_completer_pintle pintle

# Stands behind what clap_complete writes, whose function it calls: that one puts a blank behind `NAME=` too.
function _pintle_complete() {
    if [[ ${words[CURRENT-1]} != --var && ${words[CURRENT]} != --var=* ]]; then
        _clap_dynamic_completer_pintle
        return
    fi
    local index=$((CURRENT - 1))
    local -a names=("${(@f)$(_CLAP_COMPLETE_INDEX=$index PINTLE_COMPLETE=zsh pintle -- "${words[@]}" 2>/dev/null)}")
    compadd -S '' -- ${names}
}

compdef _pintle_complete pintle
