"""Reads accounts for an audit: what `iam-guardrails audit --profile` and `--role-arn` do before they judge.

`collect` writes a folder of files, an account a folder, which the audit then reads like any other. It only reads: a
hook stops every call that is not one of the few that it makes, all of them Get, List, Describe or BatchGet. A run that
was interrupted goes on where it was: what has a file is not asked for again.

Needs the package boto3 (`iam-guardrails[collect]`), which is imported when something is collected.
"""

from iam_guardrails.collecting.collect import Collected, Login, collect
from iam_guardrails.collecting.session import CannotCollect

__all__ = ["CannotCollect", "Collected", "Login", "collect"]
