"""Runs the command: `python -m pipeline_job`."""

from pipeline_job.command import main

main()
