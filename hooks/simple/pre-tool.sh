#!/bin/sh
# PreToolUse with the matcher Bash: says no to what destroys or what a rule forbids. Always exits with 0.
cli=${ENGRAM_CLI:-engram}
command -v "$cli" >/dev/null 2>&1 || exit 0
"$cli" hook claude-code pre-tool-use 2>/dev/null
exit 0
