"""Whatever breaks, the verdict is not "fine": a table, a rule, the reader, the catalogue, the document itself."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from iam_guardrails import (
    Finding,
    Settings,
    check_identity,
    check_identity_policy,
    check_managed_policies,
    check_resource_policy,
    check_trust_policy,
)
from iam_guardrails import rules as rules_of_the_library
from iam_guardrails.language import catalogue, reader
from iam_guardrails.reasoning import breadth, escalation_table, restrictions, tables
from iam_guardrails.rules import RULES, Scope, confused_deputy, no_admin_attachment

from tests.policies.verdicts import refusals

SETTINGS = Settings(trusted_accounts=["111122223333"])
IDENTITY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}],
}
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ci"}, "Action": "sts:AssumeRole"}
    ],
}
RESOURCE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/site"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme/*",
        }
    ],
}
VIEW_ONLY = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
QUESTIONS: dict[str, Callable[[], list[Finding]]] = {
    "identity": lambda: check_identity_policy(IDENTITY, SETTINGS),
    "trust": lambda: check_trust_policy(TRUST, SETTINGS, max_session_duration=3600),
    "resource": lambda: check_resource_policy(RESOURCE, SETTINGS),
    "several": lambda: check_identity([IDENTITY, IDENTITY], SETTINGS),
    "attachments": lambda: check_managed_policies([VIEW_ONLY], SETTINGS),
}
ASKED = {
    "well-formed-documents": (),
    "no-wildcard-actions": ("identity", "trust", "resource", "several"),
    "trusted-principals-only": ("trust", "resource"),
    "no-privilege-escalation": ("identity", "several"),
    "no-admin-attachment": ("attachments",),
    "external-id-for-third-parties": ("trust",),
    "confused-deputy": ("trust", "resource"),
    "bounded-sessions": ("trust",),
}
"""The questions in which each rule takes part; well-formed-documents is the reader's own, see below."""


class Broken(Exception):
    pass


def fails(*_: object, **__: object) -> Any:
    raise Broken("acme-secret-in-an-exception")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_documents_here_are_fine_as_long_as_nothing_is_broken(question: str) -> None:
    assert QUESTIONS[question]() == []


def test_every_rule_is_broken_below() -> None:
    assert ASKED.keys() == {one.id for one in RULES.values() if one.scope in (Scope.DOCUMENT, Scope.ATTACHMENT)}


@pytest.mark.parametrize(("rule", "question"), [(rule, one) for rule, asked in ASKED.items() for one in asked])
def test_a_rule_that_fails_refuses_what_it_should_have_judged(
    rule: str, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = getattr(rules_of_the_library, rule.replace("-", "_"))
    for name in ("check", "check_together"):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, fails)
    refused = refusals(QUESTIONS[question]())
    assert {one.rule for one in refused} == {rule}
    assert all("Broken" in one.message for one in refused)
    assert "acme-secret" not in repr(refused)


@pytest.mark.parametrize("question", ["identity", "trust", "resource", "several"])
def test_a_reader_that_fails_refuses_the_document(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "read", fails)
    assert refusals(QUESTIONS[question](), "well-formed-documents")


@pytest.fixture
def _nothing_remembered() -> Iterator[None]:
    """The tables are read once a process; here they are read again, and again afterwards."""
    remembered = [
        one
        for module in (tables, escalation_table, restrictions, breadth, no_admin_attachment, confused_deputy)
        for one in vars(module).values()
        if hasattr(one, "cache_clear")
    ]
    for one in remembered:
        one.cache_clear()
    yield
    for one in remembered:
        one.cache_clear()


TABLES = {
    "escalation_paths.json": lambda: check_identity_policy(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}],
        },
        SETTINGS,
    ),
    "tagging_actions.json": lambda: check_identity_policy(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}],
        },
        SETTINGS,
    ),
    "resource_kinds.json": lambda: check_identity_policy(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/a*"}
            ],
        },
        SETTINGS,
    ),
    "powerful_names.json": lambda: check_identity_policy(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/a*"}
            ],
        },
        SETTINGS,
    ),
    "admin_managed_policies.json": lambda: check_managed_policies([VIEW_ONLY], SETTINGS),
    "confused_deputy.json": lambda: check_trust_policy(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        SETTINGS,
    ),
}


def truncated(name: str) -> object:
    raise ValueError(f"{name} ends in the middle")


def missing(name: str) -> object:
    raise FileNotFoundError(name)


def another(_: str) -> object:
    return [{"no": "such row"}]


@pytest.mark.usefixtures("_nothing_remembered")
@pytest.mark.parametrize("broken", [truncated, missing, another])
@pytest.mark.parametrize("table", TABLES)
def test_a_broken_table_refuses_what_it_is_needed_for(
    table: str, broken: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tables.data

    def data(name: str) -> object:
        return broken(name) if name == table else whole(name)

    monkeypatch.setattr(tables, "data", data)
    assert refusals(TABLES[table]())


@pytest.mark.usefixtures("_nothing_remembered")
@pytest.mark.parametrize("emptied", [b"[]", b"{}", b"null"])
@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_is_a_broken_one(table: str, emptied: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pkgutil.get_data

    def data(package: str, name: str) -> bytes | None:
        return emptied if name.endswith(table) else whole(package, name)

    monkeypatch.setattr(pkgutil, "get_data", data)
    assert refusals(TABLES[table]())


@pytest.mark.usefixtures("_nothing_remembered")
@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_read_in_the_question_that_it_is_broken_in(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    whole = tables.data

    def noted(name: str) -> object:
        asked.append(name)
        return whole(name)

    monkeypatch.setattr(tables, "data", noted)
    TABLES[table]()
    assert table in asked


def test_a_catalogue_that_fails_lets_no_wildcard_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "only_reads", fails)
    document = {**IDENTITY, "Statement": [{**IDENTITY["Statement"][0], "Action": "s3:List*"}]}
    assert refusals(check_identity_policy(document, Settings(read_only_wildcards="allow")), "no-wildcard-actions")


class Hostile(dict[str, object]):
    """A mapping that fails when it is looked at."""

    def items(self) -> Any:
        raise Broken("no")

    def __iter__(self) -> Any:
        raise Broken("no")


DOCUMENTS_THAT_ARE_NONE: dict[str, object] = {
    "nothing": None,
    "a number": 7,
    "bytes": b"{}",
    "a list": [IDENTITY],
    "an empty text": "",
    "an empty object": "{}",
    "a secret that could not be read": "[secret]",
    "half a document": '{"Version": "2012-10-17", "Statement": [',
    "no statement": {"Version": "2012-10-17", "Statement": []},
    "a mapping with an object in it": {"Version": "2012-10-17", "Statement": [object()]},
    "a mapping that fails": Hostile(IDENTITY),
}


@pytest.mark.parametrize("document", DOCUMENTS_THAT_ARE_NONE.values(), ids=DOCUMENTS_THAT_ARE_NONE)
def test_what_is_no_document_is_refused(document: object) -> None:
    for check in (check_identity_policy, check_trust_policy, check_resource_policy):
        assert refusals(check(document, SETTINGS))
    assert refusals(check_identity([IDENTITY, document], SETTINGS))
    assert refusals(check_identity([IDENTITY], SETTINGS, boundary=document)) or document is None


@pytest.mark.parametrize("arn", ["", "arn:aws:iam::aws:policy", "*", "arn:aws:s3:::acme"])
def test_an_attachment_that_is_none_is_refused(arn: str) -> None:
    assert refusals(check_managed_policies([VIEW_ONLY, arn], SETTINGS))
