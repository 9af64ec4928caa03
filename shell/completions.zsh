
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
