"""The IAM policy language and what follows from it; knows nothing of Pulumi and of no rule.

Language, from the text up: `text` (strict JSON), `patterns` (globs), `arns`, `principals`, `conditions`, `documents`.
Reasoning, on top of it: `requests` (is this one request allowed?), `search` (is there any request that is?),
`strangers` (who outside the trust zone gets in), `grants` and `escalation` (what these statements add up to),
`catalogue` (what AWS calls things; explains, never decides), `evaluation` (what the policies that apply to one request
come to, statement by statement; also for others to import).
"""
