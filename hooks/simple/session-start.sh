#!/bin/sh
# SessionStart: what is known, put before the agent. Always exits with 0.
# ENGRAM_CLI is the path of the program (default: engram on the PATH); ENGRAM_URL and ENGRAM_API_KEY name the server and the key.
case "${CLAUDE_CODE_ENTRYPOINT:-cli}" in
cli | claude-vscode | claude-desktop) ;;
*) exit 0 ;;
esac
cli=${ENGRAM_CLI:-engram}
if ! command -v "$cli" >/dev/null 2>&1; then
  printf '%s\n' '{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"Engram: the program was not found. Put engram on the PATH or set ENGRAM_CLI."}}'
  exit 0
fi
"$cli" hook claude-code session-start 2>/dev/null
exit 0
