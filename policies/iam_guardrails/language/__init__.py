"""The IAM policy language: its documents read as AWS reads them. It knows of no rule and of no settings.

From the text up: `text` (strict JSON), `patterns` (wildcards), `arns`, `principals`, `conditions`, `documents` and
their `reader`. `catalogue` has AWS's names of actions; it explains, and decides nothing.
"""
