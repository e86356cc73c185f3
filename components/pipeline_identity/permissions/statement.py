"""One statement of an identity policy.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline_identity import _conditions as condition_element
from pipeline_identity._arns import PARTITIONS
from pipeline_identity._documents import Json, one_or_many
from pipeline_identity._reading.arguments import Arguments, late, late_inside, one_of, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.permissions.args import StatementEffect

if TYPE_CHECKING:
    from pipeline_identity._conditions import Condition

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"arn:(?P<partition>[a-z-]+):(?P<service>[a-z0-9-]+):[^:\s]*:[^:\s]*:.+")
_READING = re.compile(
    r"(?P<service>[A-Za-z0-9-]+):(?P<verb>Get|BatchGet|List|Describe|BatchDescribe|View|Lookup|Search)[A-Za-z0-9]*\*",
    re.IGNORECASE,
)
"""What begins like this only reads. A wildcard may stand at the end alone."""
_GIVES_ACCESS = {
    *("cognito-identity", "connect", "ec2", "lightsail", "redshift", "redshift-serverless", "secretsmanager"),
    *("ssm", "sso", "sts"),
}
"""Services in which something that begins with Get hands out secrets, passwords or credentials."""
_FEWEST_WORDS = 3
_SID = re.compile(r"[A-Za-z0-9]+")
_DOCUMENT_TEXT = re.compile(r"[\u0020-\u00ff]*")


@dataclass(frozen=True)
class PolicyStatement:
    """One statement of an identity policy, checked."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    effect: str = "Allow"
    sid: str = ""
    conditions: tuple[Condition, ...] = ()
    late: str = ""
    """The token of an output instead, where all statements of a document are not known yet."""

    def to_json(self) -> Json:
        """Returns the statement as it stands in a policy document."""
        if self.late:
            return self.late
        written: dict[str, Json] = {"Sid": self.sid} if self.sid else {}
        written |= {"Effect": self.effect, "Action": one_or_many(self.actions), "Resource": one_or_many(self.resources)}
        if self.conditions:
            written["Condition"] = condition_element.to_json(self.conditions)
        return written


def read_statement(arguments: Arguments) -> PolicyStatement:
    """Reads one `Statement`; problems are noted with the arguments."""
    effect = arguments.optional("effect", one_of(StatementEffect), None)
    arguments.optional("read_only_wildcards", _reason, None)
    action = _action
    # Who misspells the effect may mean Deny, where wildcards are fine.
    if effect is StatementEffect.ALLOW or not arguments.given("effect"):
        action = partial(_allowed_action, may_read=arguments.given("read_only_wildcards"))
    statement = PolicyStatement(
        effect=(effect or StatementEffect.ALLOW).value,
        sid=arguments.optional("sid", _sid, ""),
        actions=arguments.texts("actions", action),
        resources=arguments.texts("resources", late(resource)),
        conditions=arguments.optional("conditions", late_inside(condition_element.conditions), ()),
    )
    arguments.no_others()
    if not statement.actions:
        arguments.refuse(("actions",), None, "is missing or empty", "list at least one action, such as s3:PutObject")
    if not statement.resources:
        arguments.refuse(
            ("resources",), None, "is missing or empty", "list at least one ARN, such as arn:aws:s3:::site-assets/*"
        )
    return statement


def _allowed_action(value: object, *, may_read: bool) -> str:
    action = _action(value)
    if not ("*" in action or "?" in action):
        return action
    reads = _READING.fullmatch(action)
    fix = "list each action by its full name"
    if not reads or not may_read:
        raise Refusal(
            "allows by a wildcard, which also grants what AWS adds later",
            f"{fix}, or say under read_only_wildcards why that is right" if reads else fix,
        )
    if reads["service"].lower() in _GIVES_ACCESS and reads["verb"].lower() in ("get", "batchget"):
        raise Refusal("reads what gives access, such as secrets and credentials", fix)
    return action


def _reason(value: object) -> str:
    reason = text(value)
    if len(reason.split()) < _FEWEST_WORDS:
        raise Refusal("is not a reason that somebody could review", "write a sentence")
    return reason


def _sid(value: object) -> str:
    sid = text(value)
    if not _SID.fullmatch(sid):
        raise Refusal("is not a statement id that IAM accepts", "use letters and digits only")
    return sid


def _action(value: object) -> str:
    action = text(value)
    if action == "*":
        return action
    if not _ACTION.fullmatch(action):
        raise Refusal("is not an IAM action", "write the service and the action, such as s3:PutObject")
    return action


def resource(value: object) -> str:
    """Checks the Resource of a statement: an ARN in full, in which `*` and `?` may stand, or `*` alone."""
    arn = text(value)
    if arn == "*":
        return arn
    found = _RESOURCE.fullmatch(arn)
    if not found or not _DOCUMENT_TEXT.fullmatch(arn):
        raise Refusal(
            "is not an ARN", "write it in full, such as arn:aws:s3:::site-assets/*, or * for actions without a resource"
        )
    if found["partition"] not in PARTITIONS:
        raise Refusal("has a partition that does not exist", f"use one of {', '.join(PARTITIONS)}")
    return arn
