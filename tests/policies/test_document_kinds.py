"""Documents that only limit what others grant are checked for being well formed, each by its own grammar."""

from __future__ import annotations

from typing import Any

import pytest
from iam_guardrails import check_document

from tests.policies.verdicts import refusals


def document(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*", **statement}]}


EVERYTHING = document(Effect="Allow", Action="*")


@pytest.mark.parametrize("kind", ["boundary", "session", "scp"])
def test_a_limit_on_identities_may_allow_everything_for_it_grants_nothing(kind: str) -> None:
    assert check_document(EVERYTHING, kind) == []
    assert refusals(check_document(EVERYTHING, "identity"))


@pytest.mark.parametrize("kind", ["boundary", "session", "scp", "identity"])
def test_a_document_of_identities_has_no_principal(kind: str) -> None:
    assert refusals(check_document(document(Principal="*"), kind))
    assert check_document(document(), kind) == []


@pytest.mark.parametrize("kind", ["rcp", "endpoint"])
def test_a_limit_on_resources_or_endpoints_names_principals(kind: str) -> None:
    denying = document(Principal="*", Action=["s3:*", "sts:AssumeRole"])
    assert check_document(denying, kind) == []
    assert refusals(check_document(document(), kind))


def test_a_resource_control_policy_only_denies_and_speaks_of_everybody() -> None:
    assert refusals(check_document(document(Principal="*", Effect="Allow"), "rcp"))
    assert refusals(check_document(document(Principal={"AWS": "111122223333"}), "rcp"))
    named = {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}
    assert refusals(check_document({"Version": "2012-10-17", "Statement": [named]}, "rcp"))


def test_an_endpoint_policy_may_allow_everybody_for_it_grants_nothing() -> None:
    assert check_document(document(Principal="*", Effect="Allow", Action="*"), "endpoint") == []


def test_a_kind_that_is_none_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="policy"):
        check_document(EVERYTHING, "policy")
