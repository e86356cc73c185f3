"""Inventory files: what of an account runs code or commands, or holds data, and with which role.

A JSON object from kind to a list of objects. Where an inventory is given, what it does not list is not there; so a
mistake in it is an error that names its place, and nothing of the file is taken.

    {
      "lambda:function": [{"arn": "arn:aws:lambda:eu-west-1:111122223333:function:orders",
                           "role": "arn:aws:iam::111122223333:role/orders", "tags": {"team": "shop"}}],
      "ecs:task-definition": [{"arn": "...", "role": "...", "execution_role": "..."}],
      "ecs:service": [{"arn": "...", "role": "...", "exec_enabled": true}],
      "s3:bucket": [{"arn": "arn:aws:s3:::builds", "account": "111122223333", "policy": {"Statement": []}}]
    }
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.parts import (
    InventoryPart,
    Part,
    Reference,
    ResourcePolicyPart,
    RunnerPart,
    Scope,
    UnknownPart,
)
from iam_guardrails.model.values import Inventory, Location, Unknown
from iam_guardrails.sources.documents import document_of
from iam_guardrails.sources.trees import NotReadable, json_tree
from iam_guardrails.sources.values import escape, items, members, squash, text

_OWN_NAMES = (
    "apprunner:service", "autoscaling:group", "bedrock-agentcore:code-interpreter", "bedrock-agentcore:runtime",
    "cloudformation:stack", "cloudformation:stackset", "codebuild:project", "codepipeline:pipeline", "dynamodb:table",
    "ec2:instance", "ec2:launch-template", "ecr:repository", "ecs:cluster", "ecs:service", "ecs:task-definition",
    "eks:nodegroup", "eks:pod-identity", "emr:cluster", "glue:devendpoint", "glue:job", "kms:key", "lambda:function",
    "s3:bucket", "sagemaker:notebook-instance", "secretsmanager:secret", "sns:topic", "sqs:queue", "ssm:association",
    "states:state-machine",
)  # fmt: skip
_OTHER_NAMES = {
    "autoscaling:auto-scaling-group": "autoscaling:group",
    "eks:pod-identity-association": "eks:pod-identity",
    "elasticmapreduce:cluster": "emr:cluster",
}
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|instance-profile)/\S+|[\w+=,.@-]{1,64}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}")


@cache
def kinds() -> Mapping[str, str]:
    """Names of kinds without regard to case and hyphens, and what each kind is called here.

    Besides the kinds that sources know, those on which an action of an escalation path acts (the service authorization
    reference's names).
    """
    table = (files("iam_guardrails") / "data" / "resource_kinds.json").read_text(encoding="utf-8")
    found = {squash(name): name for name in cast("dict[str, object]", json.loads(table))}
    found |= {squash(name): name for name in _OWN_NAMES}
    return found | {squash(name): kind for name, kind in _OTHER_NAMES.items()}


def read_inventory(written: str, file: str) -> tuple[Part, ...]:
    """The parts of an inventory file.

    Args:
        written: all that stands in the file.
        file: name of the file, for locations.

    Raises:
        NotReadable: the file is no inventory; the reason names the place, the value and what should stand there.
    """
    tree = json_tree(written)
    if tree.twice:
        raise NotReadable(f'a name stands twice in an object: "{tree.twice[0]}"')
    if not isinstance(tree.value, Mapping):
        raise NotReadable('an inventory is a JSON object from kind to a list, such as {"lambda:function": []}')
    value = cast("Mapping[str, object]", tree.value)
    # What is not listed is not there, of any kind: a kind that has none needs no empty list.
    whole = InventoryPart(Inventory(location=Location(file)))
    return (whole, *(part for kind, listed in value.items() for part in _of_kind(kind, listed, file)))


def is_account_inventory(value: object) -> bool:
    """Whether a value is the inventory of one account, as a collection writes it."""
    return {"account", "kinds"} <= members(members(value).get("inventory")).keys() and "resources" in members(value)


def parts(value: Mapping[str, object], location: Location) -> Iterator[Part]:
    """The parts of the inventory of one account: what is not there of the kinds that it names is not in the account.

    Args:
        value: the file's value.
        location: where it stands.

    Raises:
        NotReadable: something in it is not as it should be; the reason names the place.
    """
    head = members(value["inventory"])
    named = tuple(text(one) for one in items(head.get("kinds")))
    yield InventoryPart(Inventory(named, (text(head.get("account")),), location))
    for one in items(head.get("unknown")):
        yield UnknownPart(Unknown("a part of the account's inventory", str(one), location), anybodys=False)
    for kind, listed in members(value["resources"]).items():
        yield from _of_kind(kind, listed, location.file, "/resources")


def _of_kind(kind: str, listed: object, file: str, above: str = "") -> Iterator[Part]:
    known = kinds().get(squash(kind))
    if known is None:
        fix = f"write one of {', '.join(_OWN_NAMES)}, or a resource type of the service authorization reference"
        raise NotReadable(f'"{kind}" is no kind of resource that an inventory has', fix)
    if not isinstance(listed, list):
        raise NotReadable(f"/{escape(kind)}: a list of objects is needed, not {_shown(listed)}")
    for place, one in enumerate(cast("list[object]", listed)):
        yield from _Entry(known, f"{above}/{escape(kind)}/{place}", one, file).parts()


class _Entry:
    """One resource of an inventory."""

    def __init__(self, kind: str, pointer: str, value: object, file: str) -> None:
        if not isinstance(value, Mapping):
            raise NotReadable(f'{pointer}: an object with "arn" is needed, not {_shown(value)}')
        self._value = cast("Mapping[str, object]", value)
        self._kind, self._pointer, self._file = kind, pointer, file

    def parts(self) -> Iterator[Part]:
        arn = self._text("arn", _ARN, "an ARN")
        if not arn:
            raise NotReadable(f'{self._pointer}: "arn" is missing')
        found = cast("re.Match[str]", _ARN.fullmatch(arn))
        account = self._text("account", _ACCOUNT, "the twelve digits of an account") or found[1] or ""
        scope = Scope((account,) if account else (), arn.split(":")[1])
        location = Location(self._file, logical_id=arn, pointer=self._pointer)
        role, profile = self._role("role"), self._role("instance_profile")
        if role is not None and ":instance-profile/" in str(role.text):  # what runs on EC2 names its role so
            role, profile = None, role
        yield RunnerPart(
            self._kind, arn, arn, self._text("name", re.compile(r".+"), "a name") or _last_name(arn),
            role=role, execution_role=self._role("execution_role"), profile=profile,
            tags=self._tags(), location=location, scope=scope, details=self._details(),
        )  # fmt: skip
        policy = self._value.get("policy")
        if policy is not None:
            if not isinstance(policy, (str, Mapping)):
                raise self._wrong("policy", policy, "a policy document")
            at = Location(self._file, logical_id=arn, pointer=f"{self._pointer}/policy")
            document = document_of(DocumentKind.RESOURCE, cast("object", policy), at, "policy")
            yield ResourcePolicyPart(document, Reference(arn), self._kind, scope=scope)

    def _text(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value = self._value.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._wrong(name, value, what)
        return value

    def _role(self, name: str) -> Reference | None:
        named = self._text(name, _ROLE, "the ARN or name of a role or instance profile")
        return Reference(named) if named else None

    def _tags(self) -> Mapping[str, str]:
        value = self._value.get("tags")
        if value is None:
            return {}
        tags = cast("Mapping[object, object]", value) if isinstance(value, Mapping) else {None: None}
        if not all(isinstance(key, str) and isinstance(one, str) for key, one in tags.items()):
            raise self._wrong("tags", cast("object", value), 'an object of texts, such as {"team": "shop"}')
        return cast("Mapping[str, str]", tags)

    def _details(self) -> Mapping[str, object]:
        enabled = self._value.get("exec_enabled")
        if enabled is not None and not isinstance(enabled, bool):
            raise self._wrong("exec_enabled", enabled, "true or false")
        named = {"arn", "account", "name", "role", "execution_role", "instance_profile", "tags", "policy"}
        return {name: value for name, value in self._value.items() if name not in named}

    def _wrong(self, name: str, value: object, what: str) -> NotReadable:
        return NotReadable(f"{self._pointer}/{name}: {what} is needed, not {_shown(value)}")


def _last_name(arn: str) -> str:
    return re.split(r"[:/]", arn)[-1]


def _shown(value: object) -> str:
    written = json.dumps(value)
    return written if len(written) <= 80 else f"{written[:79]}…"
