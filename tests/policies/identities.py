"""Identity policies that complete, or nearly complete, a known way to more power; and who can really go it.

The table of ways is data that the library and these tests share. What is tested is the reading of the documents: here a
way is open when the plain judge allows each of its permissions on an object with a name that no document could know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from hypothesis import strategies as st

from tests.policies.evaluator import Decision, evaluate_identity
from tests.policies.strategies import (
    LOOSE,
    OURS,
    Condition,
    Document,
    Key,
    Statement,
    conditions,
    many,
    one_or_many,
    recased,
    sometimes,
    widened,
)

Path = dict[str, Any]
Need = dict[str, Any]


def _table(name: str) -> Any:
    return json.loads(resources.files("iam_guardrails.data").joinpath(name).read_text("utf-8"))


PATHS: list[Path] = _table("escalation_paths.json")
KINDS: dict[str, dict[str, str]] = _table("resource_kinds.json")
BENIGN = ("s3:GetObject", "logs:PutLogEvents", "ec2:DescribeInstances", "dynamodb:Query")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

GUARDS = (
    Key("iam:PassedToService", "String", ("lambda.amazonaws.com", "ec2.amazonaws.com", "*", "backup.amazonaws.com")),
    Key("iam:PolicyARN", "Arn", ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/*", ADMINISTRATOR)),
    Key("iam:PermissionsBoundary", "Arn", (f"arn:aws:iam::{OURS}:policy/boundary", f"arn:aws:iam::{OURS}:policy/*")),
    Key("aws:ResourceTag/Team", "String", ("platform", "*")),
    Key("iam:ResourceTag/Team", "String", ("platform", "*")),
    Key("aws:ResourceAccount", "String", (OURS, "444455556666")),
)
"""Keys that say something of the object or of what is done with it."""


# --- who can really go it ---------------------------------------------------------------------------------------------


def _object(kind: str, nonce: str) -> str:
    """The ARN of an object of a kind whose name nobody could foresee."""
    if kind == "*":
        return "*"
    arn = KINDS[kind]["arn"].partition(", ")[0]
    known = {"${Partition}": "aws", "${Region}": "eu-west-1", "${Account}": OURS}
    return re.sub(r"\$\{\w+\}", lambda found: known.get(found[0], f"u{nonce}"), arn)


def _allowed(documents: Sequence[Document], need: Need, nonce: str) -> bool:
    """Whether somebody who can meet every circumstance may use this permission on unforeseen objects."""
    context = {
        "aws:MultiFactorAuthPresent": ["true"],
        "aws:MultiFactorAuthAge": ["60"],
        "aws:SourceIp": ["203.0.113.7"],
        "aws:CurrentTime": ["2026-11-24T00:00:00Z"],
        "aws:RequestedRegion": ["eu-west-1"],
        "aws:SecureTransport": ["true"],
        "aws:ViaAWSService": ["false"],
        "aws:PrincipalIsAWSService": ["false"],
        "aws:UserAgent": ["terraform/1.9"],
        "aws:ResourceAccount": [OURS],
    }
    if "iam:PolicyARN" in need.get("guards", ()):
        context["iam:PolicyARN"] = [ADMINISTRATOR]
    return any(
        all(
            evaluate_identity(documents, need["action"], _object(kind, nonce), {**context, **passed}) is Decision.ALLOW
            for kind in many(need["on"])
        )
        for passed in [{"iam:PassedToService": [name]} for name in need.get("passed_to", ())] or [{}]
    )


def is_open(documents: Sequence[Document], path: Path) -> bool:
    """Whether these documents together leave a way open on every object, shown by two that nobody named."""
    return all(_allowed(documents, need, nonce) for need in path["needs"] for nonce in ("q7x1k9", "m3w8z2"))


# --- documents --------------------------------------------------------------------------------------------------------


@st.composite
def widened_actions(draw: st.DrawFn, action: str) -> str:
    """An action with a wildcard in its name; none may stand in the service's."""
    service, _, name = action.partition(":")
    return f"{service}:{draw(widened(name))}"


@st.composite
def _spellings(draw: st.DrawFn, action: str) -> str:
    if draw(sometimes(25)):
        return draw(
            st.sampled_from([f"{action.partition(':')[0]}:*", "*", f"{action[:-3]}*"]) | widened_actions(action)
        )
    return draw(recased(action)) if draw(sometimes(25)) else action


@st.composite
def _resources(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Every object of the kind, in one of the ways to say so, or only some."""
    if kind == "*":
        return {"Resource": draw(st.sampled_from(["*", ["*"]]))}
    arn = KINDS[kind]["arn"].partition(", ")[0].replace("${Partition}", "aws")
    every = re.sub(r"\$\{\w+\}", "*", arn)
    ours = re.sub(r"\$\{\w+\}", "*", arn.replace("${Account}", OURS))
    named = re.sub(r"\$\{\w+\}", "known", arn.replace("${Account}", OURS))
    prefix = ":".join(ours.split(":")[:5])
    wide = ["*", every, ours, f"{prefix}:*", f"{every}*", f"arn:*:{ours.split(':')[2]}:*:*:*"]
    entries = draw(st.lists(st.sampled_from([*wide, *wide, named]), min_size=1, max_size=2, unique=True))
    if draw(sometimes(8)):
        return {"NotResource": draw(one_or_many([draw(st.sampled_from([named, every]))]))}
    return {"Resource": draw(one_or_many(entries))}


@st.composite
def _granting(draw: st.DrawFn, need: Need) -> Statement:
    actions = [draw(_spellings(need["action"])), *draw(st.lists(st.sampled_from(BENIGN), max_size=2, unique=True))]
    kinds = many(need["on"])
    held: Condition = draw(conditions(GUARDS + LOOSE[1:3], negated=20)) if draw(sometimes(30)) else {}
    acts = {"Action": draw(one_or_many(draw(st.permutations(actions))))}
    if draw(sometimes(6)):
        acts = {"NotAction": draw(one_or_many([draw(st.sampled_from(BENIGN))]))}
    statement = {"Effect": "Allow", **acts, **draw(_resources(draw(st.sampled_from(kinds))))}
    if len(kinds) > 1 and draw(sometimes(80)):
        statement = {"Effect": "Allow", **acts, "Resource": "*"}
    return {**statement, "Condition": held} if held else statement


@st.composite
def denials(draw: st.DrawFn, path: Path) -> Statement:
    """A Deny near a way: of one of its permissions or of another, on all or some objects, always or not."""
    need = draw(st.sampled_from(path["needs"]))
    action = draw(_spellings(need["action"]) | st.sampled_from(BENIGN))
    held: Condition = draw(conditions(GUARDS + LOOSE[1:3], negated=50)) if draw(sometimes(60)) else {}
    acts = {"NotAction": [action]} if draw(sometimes(10)) else {"Action": action}
    statement = {"Effect": "Deny", **acts, **draw(_resources(draw(st.sampled_from(many(need["on"])))))}
    return {**statement, "Condition": held} if held else statement


@st.composite
def policies_on(draw: st.DrawFn, path: Path) -> list[Document]:
    """The policies of one identity that grant what a way takes, spread over one or two documents."""
    statements = [draw(_granting(need)) for need in path["needs"]]
    if draw(sometimes(30)):
        statements.append(draw(denials(path)))
    if len(statements) > 1 and draw(sometimes(15)):
        del statements[draw(st.integers(0, len(statements) - 1))]
    cut = draw(st.integers(0, len(statements))) if draw(sometimes(40)) else 0
    parts = [part for part in (statements[:cut], statements[cut:]) if part]
    return [{"Version": "2012-10-17", "Statement": draw(one_or_many(part))} for part in parts]


def paths() -> st.SearchStrategy[Path]:
    """One of the known ways, short ones more often: they are what people hand out."""
    return st.sampled_from(sorted(PATHS, key=lambda path: len(path["needs"])))


def is_wild(statement: Mapping[str, Any]) -> bool:
    """Whether a statement allows actions that it does not name."""
    if statement["Effect"] != "Allow":
        return False
    return "NotAction" in statement or any("*" in entry or "?" in entry for entry in many(statement["Action"]))
