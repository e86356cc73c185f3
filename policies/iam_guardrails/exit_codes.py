"""The exit codes of the command."""

CLEAN = 0
FINDINGS = 1
NOT_CHECKED = 2
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
