"""Whether a value is a policy document, and of which kind, as its content and the name it stands under suggest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.sources.values import members, squash

VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = ("action", "notaction", "resource", "notresource", "principal", "notprincipal")
_BY_NAME = (
    (re.compile("assumerole|trust"), DocumentKind.TRUST),
    (re.compile("boundary"), DocumentKind.BOUNDARY),
    (re.compile("sessionpolic"), DocumentKind.SESSION),
    (re.compile("servicecontrol|^scps?$"), DocumentKind.SCP),
    (re.compile("resourcecontrol|^rcps?$"), DocumentKind.RCP),
)


def is_policy(value: Mapping[str, object]) -> bool:
    """Whether a value could be meant as a policy document, also one that AWS rejects."""
    names = {str(name).lower(): member for name, member in value.items()}
    if "Statement" in value or isinstance(names.get("statement"), (dict, list)) or names.get("version") in VERSIONS:
        return True
    return "effect" in names and any(element in names for element in _ELEMENTS)


def has_statements(value: object) -> bool:
    """Whether a value is an object with statements of a policy."""
    inside = members(value)
    statements = next((member for name, member in inside.items() if str(name).lower() == "statement"), None)
    return any("effect" in (str(name).lower() for name in one) for one in objects(statements))


def objects(value: object) -> list[dict[str, object]]:
    """The objects among a value or a list of values."""
    values = cast("list[object]", value if isinstance(value, list) else [value])
    return [cast("dict[str, object]", one) for one in values if isinstance(one, dict)]


def kind_of(value: object, name: str = "") -> DocumentKind:
    """The kind of a document.

    Args:
        value: the document.
        name: the property it stands under, such as `AssumeRolePolicyDocument`.
    """
    squashed = squash(name)
    by_name = next((kind for pattern, kind in _BY_NAME if pattern.search(squashed)), None)
    return by_name or kind_by_content(members(value))


def kind_by_content(value: Mapping[str, object]) -> DocumentKind:
    """The kind of a document whose place says nothing of it."""
    statements = objects(value.get("Statement", value))
    names_principals = any("Principal" in one or "NotPrincipal" in one for one in statements)
    if names_principals and all(_only_denies_everybody(one) for one in statements):
        # Attached to a bucket or to an organization, it gives nobody anything.
        return (
            DocumentKind.RCP
            if all(set(one) >= {"Resource"} for one in statements) and _many(statements)
            else (DocumentKind.RESOURCE)
        )
    if any(_is_about_sessions(one) for one in statements):
        has_resource = any("Resource" in one or "NotResource" in one for one in statements)
        if names_principals and not has_resource:
            return DocumentKind.TRUST
        if not has_resource:
            return DocumentKind.TRUST
        if names_principals and all(_all_about_sessions(one) for one in statements):
            return DocumentKind.TRUST
    return DocumentKind.RESOURCE if names_principals else DocumentKind.IDENTITY


def _only_denies_everybody(statement: Mapping[str, object]) -> bool:
    return statement.get("Effect") == "Deny" and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})


def _many(statements: list[dict[str, object]]) -> bool:
    """Whether statements speak of several services, or of sts: no resource has such a policy, an organization has."""
    services = {action.partition(":")[0].lower() for one in statements for action in _actions(one)}
    everywhere = all(one.get("Resource") in ("*", ["*"]) for one in statements)
    return everywhere and (len(services) > 1 or "sts" in services)


def _actions(statement: Mapping[str, object]) -> list[str]:
    actions = statement.get("Action", statement.get("NotAction"))
    listed = cast("list[object]", actions if isinstance(actions, list) else [actions])
    return [one for one in listed if isinstance(one, str)]


def _is_about_sessions(statement: Mapping[str, object]) -> bool:
    return any(one[:4].lower() == "sts:" for one in _actions(statement))


def _all_about_sessions(statement: Mapping[str, object]) -> bool:
    return all(one[:4].lower() == "sts:" for one in _actions(statement))


def kind_of_text(text: str) -> DocumentKind:
    """The kind of a document that no reader can read; it is rejected as any kind."""
    if 'Principal"' not in text:
        return DocumentKind.IDENTITY
    return DocumentKind.TRUST if '"sts:' in text.lower() else DocumentKind.RESOURCE
