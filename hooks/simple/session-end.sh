#!/bin/sh
# Stop: keeps the conversation, and what the user said that is worth remembering. Always exits with 0.
cli=${ENGRAM_CLI:-engram}
command -v "$cli" >/dev/null 2>&1 || exit 0
"$cli" hook claude-code stop 2>/dev/null
exit 0
