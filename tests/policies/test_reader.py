"""The quick way of reading a statement and the careful way say the same of whatever is written."""

from __future__ import annotations

import json
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iam_guardrails.language import quick, reader
from iam_guardrails.language.documents import Document, DocumentKind

from tests.policies.fuzz.shapes import broken_documents
from tests.policies.golden import Golden, read_all
from tests.policies.published import managed_policies
from tests.policies.strategies import resource_policies, trust_policies

GOLDEN = [one for one in read_all() if one.kind != "attachments"]


def told(document: Document) -> Document:
    """The document without what the two ways may tell differently: whether "$" counts, where there is none."""
    return document._replace(
        statements=tuple(
            one._replace(
                conditions=tuple(
                    condition if "$" in "".join(condition.values) else condition._replace(literal=False)
                    for condition in one.conditions
                )
            )
            for one in document.statements
        )
    )


def both_ways(document: object, kind: DocumentKind) -> tuple[Document, Document]:
    quickly = reader.read(document, kind)
    with patch.object(quick, "statement", return_value=None):
        carefully = reader.read(document, kind)
    return told(quickly), told(carefully)


def agree(document: object, kind: DocumentKind) -> None:
    quickly, carefully = both_ways(document, kind)
    assert quickly == carefully


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_they_agree_on_every_golden_document_whatever_it_is_taken_for(golden: Golden) -> None:
    for document in golden.documents:
        for kind in DocumentKind:
            agree(document, kind)


def test_they_agree_on_the_managed_policies_of_aws() -> None:
    for policy in managed_policies().values():
        agree(policy["Document"], DocumentKind.IDENTITY)


@given(st.one_of(trust_policies(), resource_policies()), st.sampled_from(DocumentKind))
@settings(max_examples=150)
def test_they_agree_on_drawn_policies(document: object, kind: DocumentKind) -> None:
    agree(document, kind)


@given(broken_documents(), st.sampled_from(DocumentKind))
@settings(max_examples=250)
def test_they_agree_on_documents_with_something_exchanged_in_them(document: object, kind: DocumentKind) -> None:
    agree(document, kind)


@pytest.mark.parametrize("kind", ["identity", "trust", "resource"])
def test_the_usual_statement_is_read_the_quick_way(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = {
        "identity": {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::acme/*"},
        "trust": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:user/ci"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "acme-7f3b2c"}},
        },
        "resource": {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        },
    }
    seen: list[bool] = []
    whole = quick.statement

    def noted(*given: object) -> object:
        found = whole(*given)  # pyright: ignore[reportArgumentType]
        seen.append(found is not None)
        return found

    monkeypatch.setattr(quick, "statement", noted)
    reader.read(json.dumps({"Version": "2012-10-17", "Statement": [usual[kind]]}), DocumentKind(kind))
    assert seen == [True]
