"""Documents that were once valid: one thing in them is exchanged for something that does not belong there."""

from __future__ import annotations

import json
from typing import Any, cast

from hypothesis import strategies as st

from tests.policies.identities import paths, policies_on
from tests.policies.strategies import resource_policies, trust_policies

NAMES = (
    "Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
    "NotResource", "Condition", "action", "ACTION", "Comment", "", "AWS", "Federated", "Service", "CanonicalUser",
    "StringEquals", "ForAllValues:StringLike", "ForAnyValue:ArnLike", "NumericLessThanIfExists", "Null", "Bool",
    "IpAddress", "DateGreaterThan", "BinaryEquals", "ForAllValues:Null", "aws:PrincipalOrgID", "sts:ExternalId",
)  # fmt: skip

TEXTS = (
    "", "*", "**", "?", "Allow", "Deny", "allow", "2012-10-17", "2008-10-17", "2012-10-18", "true", "${", "${}", "${*}",
    "${aws:username}", "${aws:username, 'x'}", "arn:aws:iam::111122223333:root", "arn:aws:iam::*:role/*", "arn:",
    ":::::", "111122223333", "1111222233334", "lambda.amazonaws.com", "*.amazonaws.com", "sts:*", "sts:", ":AssumeRole",
    "iam:P*", "10.0.0.0/8", "10.0.0.0/99", "::/0", "fe80::1%eth0", "2026-02-30T00:00:00Z", "0x10", "1_000", "nan",
    "\u00a0", "\ud800", "\U0001f600", "\x00", "a" * 300, "=", "QmluYXJ5", "o-acmeacmeac/*", "٣",
)  # fmt: skip


def odd_values() -> st.SearchStrategy[Any]:
    """Values of every kind that JSON has, those of policies among them."""
    plain = st.sampled_from(TEXTS) | st.text(max_size=8) | st.none() | st.booleans() | st.integers() | st.floats()
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=6,
    )


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside a document, the document itself first."""
    found = [here]
    if isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            found += places(inner, (*here, name))
    elif isinstance(value, list):
        for place, inner in enumerate(cast("list[Any]", value)):
            found += places(inner, (*here, place))
    return found


@st.composite
def broken_documents(draw: st.DrawFn) -> Any:
    """A document of any kind with up to three values exchanged, names changed or members added."""
    valid = st.one_of(trust_policies(), resource_policies(), paths().flatmap(policies_on).map(lambda found: found[0]))
    document: Any = json.loads(json.dumps(draw(valid)))
    for _ in range(draw(st.integers(0, 3))):
        way = draw(st.sampled_from(places(document)))
        if not way:
            document = draw(odd_values()) if draw(st.integers(0, 9)) == 9 else document
            continue
        parent: Any = document
        for step in way[:-1]:
            parent = parent[step]
        _exchange(draw, parent, way[-1])
    return document


EXAMPLES: dict[str, dict[str, Any]] = {
    "identity": {
        "Version": "2012-10-17",
        "Id": "example",
        "Statement": [
            {
                "Sid": "One",
                "Effect": "Allow",
                "Action": ["iam:PassRole"],
                "Resource": ["*"],
                "Condition": {"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com"]}},
            },
            {"Effect": "Deny", "NotAction": ["s3:GetObject"], "NotResource": ["arn:aws:s3:::logs/${aws:username}"]},
        ],
    },
    "trust": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ["111122223333"], "Service": ["lambda.amazonaws.com"]},
                "Action": "sts:AssumeRole",
                "Condition": {"Null": {"sts:ExternalId": "false"}, "Bool": {"aws:MultiFactorAuthPresent": True}},
            }
        ],
    },
    "resource": {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::logs/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "NumericLessThan": {"s3:max-keys": 10}},
        },
    },
}
"""A small valid document of each kind with most of the language in it."""


def exchanged(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document in which the value that a way leads to is another."""
    if not way:
        return value
    copy: Any = json.loads(json.dumps(document))
    parent = copy
    for step in way[:-1]:
        parent = parent[step]
    parent[way[-1]] = value
    return copy


def _exchange(draw: st.DrawFn, parent: Any, name: Any) -> None:
    members = cast("dict[str, Any] | None", parent if isinstance(parent, dict) else None)
    change = draw(st.sampled_from(["value", "text", "name", "member", "wrap", "drop"]))
    if change == "value":
        parent[name] = draw(odd_values())
    elif change == "wrap":
        parent[name] = [parent[name]]
    elif change == "drop":
        del parent[name]
    elif change == "name" and members is not None:
        members[draw(st.sampled_from(NAMES))] = members.pop(name)
    elif change == "member" and members is not None:
        members[draw(st.sampled_from(NAMES))] = draw(odd_values())
    else:
        parent[name] = draw(st.sampled_from(TEXTS))


@st.composite
def broken_texts(draw: st.DrawFn) -> str:
    """The text of such a document, now and then cut, doubled or with a stray piece in it."""
    text = json.dumps(
        draw(broken_documents()), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        end = draw(st.integers(at, min(len(text), at + 40)))
        piece = draw(
            st.sampled_from(["", text[at:end] * 2, "{", "}", "[", '"', ",", "\\", "\\u0", "NaN", "//", "\ufeff", "\t"])
        )
        text = text[:at] + piece + text[end:]
    return text
