"""The account's switch for tokens that AWS signs for services outside it."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pipeline_identity import ArgumentError, PipelineTokenIssuer
from pulumi_aws import iam

from tests.components.cases import ACCOUNT
from tests.components.recording import declare

FEDERATION = "aws:iam/outboundWebIdentityFederation:OutboundWebIdentityFederation"


def test_it_switches_the_accounts_issuer_on_and_off_with_the_stack() -> None:
    made = declare(lambda: PipelineTokenIssuer("tokens", account_id=ACCOUNT)).one(FEDERATION)

    assert (made.name, made.inputs) == ("tokens", {})
    assert not made.request.retainOnDelete
    assert made.request.importId == ""


@pytest.mark.parametrize(("adopt", "imported"), [(True, ACCOUNT), (False, "")])
def test_one_that_is_on_already_is_taken_over_and_stays(adopt: bool, imported: str) -> None:
    declared = declare(lambda: PipelineTokenIssuer("tokens", account_id=ACCOUNT, adopt=adopt, keep_on_destroy=True))

    assert declared.one(FEDERATION).request.importId == imported
    assert declared.one(FEDERATION).request.retainOnDelete


def test_what_is_adopted_must_be_known() -> None:
    unknown: Any = pulumi.Output.from_input(pulumi.output.Unknown())

    with pytest.raises(
        ArgumentError, match=r"account_id: is not known, and what is adopted must be; write the account"
    ):
        declare(lambda: PipelineTokenIssuer("tokens", account_id=unknown, adopt=True), preview=True)


def test_a_version_of_the_provider_that_does_not_know_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(iam, "OutboundWebIdentityFederation")

    with pytest.raises(ArgumentError, match="needs OutboundWebIdentityFederation, unknown to pulumi-aws 7"):
        declare(lambda: PipelineTokenIssuer("tokens", account_id=ACCOUNT))
