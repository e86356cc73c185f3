"""The IAM policy language: its documents read as AWS reads them. It knows of no rule and of no settings.

From the text up: `text` (strict JSON), `patterns` (wildcards), `arns`, `resources`, `principals`, `conditions`,
`documents`, and their readers `statements` and `reader`. `unknown` is a value that is not known yet; `catalogue` has
AWS's names of actions, which explain and decide nothing.
"""
