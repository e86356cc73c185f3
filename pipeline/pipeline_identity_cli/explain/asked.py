"""What `explain` is asked, checked before anything is looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from iam_guardrails.evaluation import Policy

from pipeline_identity_cli import catalogue
from pipeline_identity_cli.outcome import Stopped, one_line, shown
from pipeline_identity_cli.texts import UNREADABLE, named, parsed, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_RESOURCE = re.compile(r"\*|arn:aws[a-z-]*:[^:*?]+:[^:*?]*:(\d{12}|aws)?:[^*?]+")
_KEY = re.compile(r"[A-Za-z0-9][^\s:=]*:[^=]+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
OF_TRUST = frozenset(
    (
        "sts:assumerole",
        "sts:assumerolewithwebidentity",
        "sts:assumerolewithsaml",
        "sts:tagsession",
        "sts:setsourceidentity",
    )
)
"""The actions, in lower case, that a role's trust policy decides on."""


@dataclass(frozen=True)
class Asked:
    """The call that is asked about.

    Attributes:
        action: One action, such as `s3:GetObject`.
        resource: One ARN; `*` for an action that has no resource; None where none was named.
        principal_arn: Who would call; None for the credentials here.
        context: What the request carries, by condition key in lower case.
        absent: Condition keys, in lower case, that the request lacks.
        resource_account: The account of a resource whose ARN does not say it; None takes the caller's.
        resource_policy: The policy of the resource; None when it was not handed over.
        session_policy: What the session was opened with; None when that was not handed over.
        scps: Service control policies, level by level.
        rcps: Resource control policies, of all levels.
        identity_policies: The caller's policies from files; None reads them from IAM.
        boundary: The caller's boundary from a file, where its policies are from files.
        is_new: Whether somebody is sure that AWS has the action, though the catalogue does not know it.
        said: What AWS said of the reason when it denied the call; "" where that is not known.
    """

    action: str
    resource: str | None = None
    principal_arn: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    absent: Sequence[str] = ()
    resource_account: str | None = None
    resource_policy: Policy | None = None
    session_policy: Policy | None = None
    scps: Sequence[Sequence[Policy]] = ()
    rcps: Sequence[Policy] = ()
    identity_policies: Sequence[Policy] | None = None
    boundary: Policy | None = None
    is_new: bool = False
    said: str = ""

    @property
    def assumes(self) -> bool:
        """Whether a role's trust policy decides on it."""
        return self.action.lower() in OF_TRUST

    @property
    def target(self) -> str:
        """The ARN of the resource; `*` without one."""
        return self.resource or "*"

    def checked(self) -> Asked:
        """The same question, about an action that AWS has and one resource of it.

        Raises:
            Stopped: It names no single call.
        """
        if not _ACTION.fullmatch(self.action):
            fix = "write it like s3:GetObject, without wildcards"
            raise Stopped(f"ACTION {shown(self.action, 80)} is no single action", fix)
        if not _RESOURCE.fullmatch(self.target):
            fix = "write an ARN without wildcards, or leave it out for an action that has no resource"
            raise Stopped(f"RESOURCE {shown(self.target)} is no single resource", fix)
        if self.assumes and not _ROLE.fullmatch(self.target):
            raise Stopped(f"{self.action} is asked of a role", "name its ARN as RESOURCE")
        if self.resource_account is not None and not re.fullmatch(r"\d{12}", self.resource_account):
            raise Stopped(f"--resource-account {shown(self.resource_account)} is no account", "write its 12 digits")
        if self.identity_policies is not None and self.principal_arn is None:
            fix = "name who has these policies with --principal-arn"
            raise Stopped("--identity-policy does not say whose policies they are", fix, kind="usage")
        if self.boundary is not None and self.identity_policies is None:
            raise Stopped("--boundary needs --identity-policy", "name the caller's policies, too", kind="usage")
        return self if self.is_new else self._of_catalogue()

    def _of_catalogue(self) -> Asked:
        found = catalogue.check("ACTION", self.action)
        if self.resource is None and found.resources:
            kinds = " or ".join(found.resources[:4])
            problem = f"{found.name} is allowed or denied on a resource ({kinds}), and none is named"
            raise Stopped(problem, "name the ARN of one as RESOURCE, or * for a call on none of them", kind="usage")
        if self.target != "*" and not found.resources and not self.assumes:
            raise Stopped(f"{found.name} has no resource", "leave RESOURCE out", kind="usage")
        return replace(self, action=found.name)


def context(pairs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The condition keys of `KEY=VALUE` pairs; one that comes several times has several values.

    Raises:
        Stopped: One is no such pair.
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        key, between, value = pair.partition("=")
        if not between:
            raise Stopped(f"--context {one_line(pair, 80)!r} has no value", "write KEY=VALUE, or --absent KEY")
        name = _key("--context", key)
        found[name] = (*found.get(name, ()), value)
    return found


def absent(keys: Sequence[str], given: Mapping[str, object]) -> tuple[str, ...]:
    """The condition keys that the request lacks.

    Raises:
        Stopped: One is no condition key, or was given a value as well.
    """
    names = tuple(_key("--absent", key) for key in keys)
    twice = next((name for name in names if name in given), None)
    if twice:
        raise Stopped(f"{twice} is both given and absent", "say one of --context and --absent")
    return names


def _key(option: str, key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Stopped(f"{option} {one_line(key, 80)!r} is no condition key", "write it like aws:SourceIp")
    return key.lower()


def policy(option: str, file: str) -> Policy:
    """A policy from a file.

    Raises:
        Stopped: The file cannot be read.
    """
    fix = "name a file with a policy document as JSON"
    text = read(file, option, fix)
    document = parsed(text, file, option, fix)
    if not isinstance(document, dict) or "Statement" not in document:
        raise Stopped(f"{named(file, option)} is not a policy: it has no Statement", fix, kind=UNREADABLE)
    # The evaluator gets the text: it rejects a key that stands twice, of which a mapping keeps one.
    return Policy(file, text)


def bearer(file: str, role_arn: str | None) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Who shows a token to a role, and the condition keys that AWS fills from it; those that it lacks have no value.

    Args:
        file: The file with the token, which is never shown.
        role_arn: The role.

    Returns:
        The ARN of the provider in the role's account that the token comes from, and the condition keys.

    Raises:
        Stopped: The file holds no token, or no role is named.
    """
    from pipeline_identity_cli.web_identity import claims, sources
    from pipeline_identity_cli.web_identity.token import read as read_token

    if role_arn is None or not _ROLE.fullmatch(role_arn):
        raise Stopped("--token-file is shown to a role", "name the role's ARN as RESOURCE", kind="usage")
    token = read_token(sources.Asked(file=file).text(""))
    _, partition, _, _, account, *_ = role_arn.split(":")
    return f"arn:{partition}:iam::{account}:oidc-provider/{token.host}", claims.context(token)


def levels(paths: Sequence[str], option: str = "--scp") -> list[list[Policy]]:
    """Policies of the organization: each path is a level, a file or a folder with all that are attached there.

    Raises:
        Stopped: A file cannot be read, or a folder has none.
    """
    found: list[list[Policy]] = []
    for path in paths:
        files = sorted(map(str, Path(path).glob("*.json"))) if Path(path).is_dir() else [path]
        if not files:
            raise Stopped(f"{named(path, option)} has no .json file", "put the policies of this level there")
        found.append([policy(option, file) for file in files])
    return found
