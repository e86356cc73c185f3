"""`python -m iam_guardrails.cli`, for where the command itself is not on PATH."""

from iam_guardrails.cli import main

main()
