"""Who gets a session of a role: what the call does besides, and whether the role's trust policy allows all of it.

One call needs several permissions when it brings tags (``sts:TagSession``) or a source identity
(``sts:SetSourceIdentity``), of the caller and of the role. ministack asks the role alone, about tags alone.

Sources: "Pass session tags in AWS STS" and "Monitor and control actions taken with assumed roles" in the IAM user
guide.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import documents, emulator, requests, variables
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.local_aws.layer.emulator import Context, Params, Record

FEDERATED = ("WebIdentityUser", "SAMLUser")
"""Types of callers who show a token or an assertion, and are no principals of AWS."""

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_SOURCE_IDENTITY = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """What a call asks for the session it wants."""

    session_name: str
    external_id: str
    source_identity: str
    tags: Mapping[str, str]

    @property
    def further_actions(self) -> list[str]:
        """What the call does besides assuming a role."""
        return [*["sts:TagSession"] * bool(self.tags), *["sts:SetSourceIdentity"] * bool(self.source_identity)]


def install() -> None:
    """Let the caller's and the role's policies be asked about everything a call does."""
    emulator.replace("core.iam_evaluator", "evaluate_trust_policy", lambda _: allows)
    emulator.replace("core.iam_evaluator", "enforce", _with_further_actions)


def asked() -> Asked:
    """What the call that is answered now asks. A session that has a source identity hands it on."""
    params = requests.present().parameters
    return Asked(
        value(params, "RoleSessionName"),
        value(params, "ExternalId"),
        value(params, "SourceIdentity") or _inherited(),
        tags_of(params),
    )


def tags_of(params: Params) -> dict[str, str]:
    """The session tags of a call."""
    tags: dict[str, str] = {}
    while key := value(params, f"Tags.member.{len(tags) + 1}.Key"):
        tags[key] = value(params, f"Tags.member.{len(tags) + 1}.Value")
    return tags


def ask(params: Params, source_identity: str, tags: Mapping[str, str]) -> None:
    """Let a call ask what a token or an assertion says, and nothing that its sender has written beside it."""
    for name in [name for name in params if name.startswith("Tags.")]:
        del params[name]
    params["SourceIdentity"] = [source_identity]
    for number, (key, tag) in enumerate(tags.items(), start=1):
        params[f"Tags.member.{number}.Key"] = [key]
        params[f"Tags.member.{number}.Value"] = [tag]
    check_source_identity(params)


def check_source_identity(params: Params) -> None:
    """Refuse a source identity that is none, or another one than the session of the caller has."""
    given = value(params, "SourceIdentity")
    if given.startswith("aws:"):
        raise Refused(400, "ValidationError", f"Source identity '{given}' must not begin with aws:.")
    if given and not _SOURCE_IDENTITY.fullmatch(given):
        raise Refused(400, "ValidationError", f"Value '{given}' at 'sourceIdentity' must have 2 to 64 of [\\w+=,.@-]")
    if given and _inherited() not in ("", given):
        raise Refused(403, "AccessDenied", "The source identity of a session cannot be changed.")


def allows(document: str | dict[str, Any], caller_arn: str, context: Context) -> bool:
    """Whether a trust policy lets a caller do everything that its call does.

    Args:
        document: The trust policy.
        caller_arn: Who asks: a user, a session, or the identity provider that speaks for somebody.
        context: What else is known of the call.
    """
    wanted = asked()
    parsed = documents.parsed(document) if isinstance(document, str) else document
    statements = documents.statements(variables.without(parsed))
    actions = {context.action, *(wanted.further_actions if context.action in _ASSUMING else ())}
    told = {"request_tags": dict(wanted.tags), "tag_keys": list(wanted.tags) or None}
    return all(
        _decision(statements, caller_arn, dataclasses.replace(cast("Any", context), action=action, **told))
        for action in actions
    )


def _decision(statements: list[Record], caller_arn: str, context: Context) -> bool:
    allowed = False
    for statement in statements:
        actions, other_than = (_listed(statement.get(name, [])) for name in ("Action", "NotAction"))
        if (
            (actions or other_than)
            and emulator.action_matches(context.action, actions, other_than)
            and _is_named(statement.get("Principal", {}), caller_arn, context)
            and emulator.conditions_met(statement.get("Condition", {}), context)
        ):
            if statement["Effect"] == "Deny":
                return False
            allowed = True
    return allowed


def _is_named(principal: object, caller_arn: str, context: Context) -> bool:
    if context.principal_type not in FEDERATED:
        return emulator.principal_matches(principal, caller_arn)
    if isinstance(principal, dict):
        return caller_arn in _listed(cast("Record", principal).get("Federated", []))
    return principal == "*"


def _listed(written: str | list[str]) -> list[str]:
    return [written] if isinstance(written, str) else written


def _with_further_actions(original: Callable[..., object]) -> Callable[..., object]:
    def enforce(access_key_id: str, iam_action: str, service: str, region: str, **further: Any) -> object:
        denied = original(access_key_id, iam_action, service, region, **further)
        if iam_action == "sts:AssumeRole":
            for action in asked().further_actions:
                denied = denied or original(access_key_id, action, service, region, **further)
        return denied

    return enforce


def _inherited() -> str:
    credential = requests.present().credential
    session = emulator.sessions.get(credential.access_key_id) if credential else None
    return str((session or {}).get("SourceIdentity", ""))
