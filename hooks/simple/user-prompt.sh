#!/bin/sh
# UserPromptSubmit: memories that fit the prompt, or nothing. Always exits with 0.
cli=${ENGRAM_CLI:-engram}
command -v "$cli" >/dev/null 2>&1 || exit 0
"$cli" hook claude-code user-prompt-submit 2>/dev/null
exit 0
