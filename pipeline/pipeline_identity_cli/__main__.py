"""Runs the command: `python -m pipeline_identity_cli`."""

from pipeline_identity_cli.command import main

main()
