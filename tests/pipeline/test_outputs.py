"""A stack's outputs as they are read: nothing that may be a pipeline is passed over, and nothing is taken for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.stack import Identity, Outputs, Source, read

if TYPE_CHECKING:
    from pathlib import Path

ROLE, OTHER = "arn:aws:iam::111122223333:role/ci/orders", "arn:aws:iam::111122223333:role/ci/site"
POLICY = '{"Version": "2012-10-17", "Statement": []}'
HIDDEN = "[secret]"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "outputs.json"


def told(file: Path, outputs: object) -> Outputs:
    file.write_text(json.dumps(outputs))
    return read(Source(str(file)))


def one(file: Path, **outputs: Any) -> Identity:
    return told(file, {"orders": {"roleArn": ROLE, **outputs}}).identities["orders"]


@pytest.mark.parametrize(
    ("outputs", "hidden"),
    [
        ({"orders": {"roleArn": ROLE}, "site": HIDDEN}, ("site",)),
        ({"pipelines": {"orders": {"roleArn": ROLE}, "site": HIDDEN}, "password": HIDDEN}, ("site",)),
        ({"pipelines": HIDDEN, "orders": {"roleArn": ROLE}}, ("pipelines",)),
        ({"pipelines": {"orders": {"roleArn": ROLE}}, "password": HIDDEN}, ()),
        ({"roleArn": ROLE, "secretAccessKey": HIDDEN}, ()),
    ],
)
def test_what_is_hidden_where_a_pipeline_may_stand_is_told(file: Path, outputs: object, hidden: tuple[str]) -> None:
    assert told(file, outputs).hidden == hidden


def test_two_pipelines_of_one_name_are_refused_and_the_same_one_twice_is_not(file: Path) -> None:
    twice = {"web": {"orders": {"roleArn": ROLE}}, "shop": {"orders": {"roleArn": ROLE}}}
    assert list(told(file, twice).identities) == ["orders"]
    with pytest.raises(Stopped, match="several pipelines that are called 'orders'; hand over one output at a time"):
        told(file, {**twice, "shop": {"orders": {"roleArn": OTHER}}})


@pytest.mark.parametrize(
    ("outputs", "why"),
    [
        ({"roleArn": HIDDEN}, "roleArn is '\\[secret\\]', which is no role's ARN; write them with: .* --show-secrets"),
        ({"roleArn": "orders"}, "'orders': roleArn is 'orders', which is no role's ARN; hand over the outputs as"),
        ({"userArn": ROLE}, "userArn is '.*', which is no user's ARN; hand over the outputs as Pulumi prints them"),
        ({"trustPolicy": "{"}, "trustPolicy is no policy as JSON; hand over"),
        ({"userPolicy": "[]"}, "userPolicy is no policy as JSON; hand over"),
        ({"permissionsPolicies": {"more": "x"}}, "permissionsPolicies, more is no policy as JSON; hand over"),
    ],
)
def test_what_cannot_be_what_it_is_called_is_refused(file: Path, outputs: dict[str, Any], why: str) -> None:
    with pytest.raises(Stopped, match=why):
        one(file, **outputs)


def test_policies_are_known_only_when_all_are_said(file: Path) -> None:
    assert one(file, permissionsPolicies={"a": POLICY}, trustPolicy=POLICY).permissions_policies == {"a": POLICY}
    hidden = one(file, permissionsPolicies={"a": POLICY, "b": HIDDEN}, trustPolicy=HIDDEN)
    assert (hidden.permissions_policies, hidden.trust_policy) == (None, None)
    assert one(file, permissionsPolicies={}).permissions_policies == {}


@pytest.mark.parametrize("longest", [float("inf"), float("nan"), -1, True, "7200", None])
def test_a_longest_session_that_is_no_number_of_seconds_is_not_known(file: Path, longest: object) -> None:
    assert one(file, maxSessionDuration=longest).max_session_duration == 0
    assert one(file, maxSessionDuration=7200.0).max_session_duration == 7200
