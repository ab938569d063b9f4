# Completes recipes, and the functions and the samples of `just invoke` and `just debug`, also behind `uv run`.
_bounded_context() {
    local given="${COMP_WORDS[*]:0:$COMP_CWORD}" names=""
    local after="${given#uv run }"
    case "$after" in
        just) names="$($given --summary 2>/dev/null)" ;;
        # Without what is to be completed, the command lists what there is.
        "just invoke" | "just debug") names="$($given 2>/dev/null)" ;;
        "just invoke "* | "just debug "*)
            case "${after#just * }" in
                -* | *" "*) ;;
                *) names="$($given 2>/dev/null)" ;;
            esac
            ;;
    esac
    COMPREPLY=($(compgen -W "$names" -- "${COMP_WORDS[$COMP_CWORD]}"))
}
