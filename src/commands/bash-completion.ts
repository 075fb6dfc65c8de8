/**
 * The completion script for bash. Words of the command line are passed on as they are: evaluating them would open the file of a `>` that is still
 * being typed.
 */
export const BASH_COMPLETION = `# bash completion for hermes-sessions
_hermes_sessions_complete() {
    local out line cur=\${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    out=$(hermes-sessions complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
    while IFS= read -r line; do
        # The last line says how to go on, which bash knows by itself.
        [[ $line == :* ]] && continue
        line=\${line%%$'\\t'*}
        [[ $line == "$cur"* ]] && COMPREPLY+=("$line")
    done <<< "$out"
}
complete -o default -F _hermes_sessions_complete hermes-sessions
`;
