"""One user for several stages, each with a role of its own; and, keyless, a role to plan and one to apply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from iam_guardrails import Settings, TrustedIdentityProvider, check_identity_policy, check_trust_policy
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineStages

from tests.components.cases import ACCOUNT, PUBLISH
from tests.components.recording import Recording, declare

ROLE, USER, KEY = "aws:iam/role:Role", "aws:iam/user:User", "aws:iam/accessKey:AccessKey"
PROD = {"account_id": "444455556666", "region": "eu-west-1", "profile": "prod", "external_ids": ["acme-1"]}
THREE = {
    "dev": {"permissions": [PUBLISH]},
    "stage": {"permissions": [PUBLISH], "role_name": "stager"},
    "prod": {"permissions": [PUBLISH], "role_account": PROD},
}
NETWORK = {"conditions": {"source_ips": ["203.0.113.0/24"]}}
GITHUB = {"owner": "acme", "repository": "site"}


def stages(**args: Any) -> Recording:
    given: Any = {"account_id": ACCOUNT, "stages": THREE, **args}
    return declare(lambda: PipelineStages("site", given))


def refusal(**args: Any) -> str:
    with pytest.raises(ArgumentError) as error:
        stages(**args)
    return str(error.value)


def test_one_user_and_one_key_for_a_role_in_the_account_of_each_stage() -> None:
    recording = stages()

    assert recording.types().count(USER) == recording.types().count(KEY) == 1
    assert recording.outputs["role_arns"] == {
        "dev": f"arn:aws:iam::{ACCOUNT}:role/site-dev",
        "stage": f"arn:aws:iam::{ACCOUNT}:role/stager",
        "prod": "arn:aws:iam::444455556666:role/site-prod",
    }
    policy = recording.one("aws:iam/userPolicy:UserPolicy").document("policy")
    assert policy["Statement"][0]["Resource"] == [*recording.outputs["role_arns"].values()]
    assert recording.one("pulumi:providers:aws").inputs["profile"] == "prod"
    trust = {name: json.loads(text)["Statement"] for name, text in recording.outputs["trust_policies"].items()}
    assert all(statement["Principal"] == {"AWS": recording.outputs["user_arn"]} for (statement,) in trust.values())
    assert trust["prod"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "acme-1"}}
    assert "Condition" not in trust["dev"][0]


def test_the_profile_has_every_stage_and_one_place_for_the_key() -> None:
    text = stages().outputs["profile"]

    assert [line for line in text.splitlines() if line.startswith("[")] == [
        "[profile site-dev]",
        "[profile site-stage]",
        "[profile site-prod]",
    ]
    assert text.count("source_profile = site-keys") == 3
    assert text.count("external_id = acme-1") == 1


def test_every_stage_is_suspended_with_the_user() -> None:
    recording = stages(suspended="2026-11-25T16:30:00Z")

    suspended = {one.name for one in recording.resources if one.inputs.get("name") == "suspended"}
    assert suspended == {"site-suspended", "site-dev-suspended", "site-stage-suspended", "site-prod-suspended"}
    assert recording.one(KEY).inputs["status"] == "Inactive"


def test_pull_requests_plan_and_the_protected_branch_applies() -> None:
    state = {"state_in_s3": {"bucket": "example-state", "prefix": "site/"}}
    reading = {
        "actions": ["s3:Get*", "s3:List*"],
        "resources": ["*"],
        "read_only_wildcards": "a plan reads whatever is managed",
    }
    plan = {
        "trust": {"github": [{**GITHUB, "pull_requests": True}]},
        "starter_sets": {"state_in_s3": {**state["state_in_s3"], "read_only": True}},
        "permissions": [reading],
    }
    apply = {
        "trust": {"github": [{**GITHUB, "branches": ["main"]}]},
        "starter_sets": state,
        "permissions": [PUBLISH],
    }
    recording = stages(mode="keyless", stages={"plan": plan, "apply": apply})

    assert USER not in recording.types()
    assert recording.outputs["user_arn"] is None
    subjects = ["repo:acme/site:pull_request", "repo:acme/site:ref:refs/heads/main"]
    provider = TrustedIdentityProvider(
        provider="token.actions.githubusercontent.com", subjects=subjects, audiences=["sts.amazonaws.com"]
    )
    settings = Settings(trusted_identity_providers=[provider], read_only_wildcards="allow")
    for (name, trust), subject in zip(recording.outputs["trust_policies"].items(), subjects, strict=True):
        assert check_trust_policy(trust, settings=settings) == []
        assert subject in trust
        policy = next(one for one in recording.resources if one.name == f"site-{name}-permissions").inputs["policy"]
        assert check_identity_policy(policy, settings=settings) == []
        assert ("s3:PutObject" in policy) is (name == "apply")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"stages": {}}, "stages: is missing or empty; name at least one stage"),
        ({"stages": {"dev": {}}}, "stages.dev.permissions: is missing or empty"),
        ({"mode": "keyless"}, "stages.dev.trust: names nobody"),
        ({"mode": "both"}, "stages.dev.trust: names nobody beside the user, so that nobody gets in without keys"),
        (
            {"stages": {"dev": {"permissions": [PUBLISH], "role_name": "a b"}}},
            "stages.dev.role_name: 'a b' is not a name",
        ),
        (
            {"stages": {"dev": {"permissions": [PUBLISH], "role_account": {**PROD, "hand_over": True}}}},
            "stages.dev.role_account.hand_over: True has no place here; declare a PipelineIdentity for it",
        ),
        (
            {"mode": "both", "stages": {"dev": {"permissions": [PUBLISH], "trust": NETWORK}}},
            "stages.dev.trust: names nobody beside the user, so that nobody gets in without keys",
        ),
        ({"stages": {"": {"permissions": [PUBLISH]}}}, "stages: '' is not a name for a stage"),
        (
            {"stages": {"a b": {"permissions": [PUBLISH], "role_name": "ab"}}},
            "stages: 'a b' is not a name for a stage, of which profiles and resources are called; use 1 to 32 letters",
        ),
        ({"stages": {"dev": {"permission": []}}}, "stages.dev.permission: [] is not an argument here"),
    ],
)
def test_stages_that_cannot_be_are_refused(args: dict[str, Any], message: str) -> None:
    assert message in refusal(**args)


def test_a_stage_may_have_conditions_and_somebody_else_besides_the_user() -> None:
    trust = {**NETWORK, "github": [{**GITHUB, "branches": ["main"]}]}

    assert ROLE in stages(mode="both", stages={"dev-1": {"permissions": [PUBLISH], "trust": trust}}).types()


def test_two_stages_cannot_have_one_role() -> None:
    both = {name: {"permissions": [PUBLISH], "role_name": "same"} for name in ("dev", "prod")}

    assert "names a role that is made by PipelineStages site, stages as well" in refusal(stages=both)


def test_the_outputs_are_those_of_one_identity_a_stage() -> None:
    def identity(stage: str) -> dict[str, Any]:
        args: Any = {"account_id": ACCOUNT, "user_name": "site-pipeline", **THREE[stage]}
        args.setdefault("role_name", f"site-{stage}")
        return declare(lambda: PipelineIdentity("site", args)).outputs

    outputs, each = stages().outputs, {stage: identity(stage) for stage in THREE}

    of_roles = {
        "role_names": "role_name",
        "role_arns": "role_arn",
        "trust_policies": "trust_policy",
        "permissions_policies": "permissions_policies",
        "max_session_durations": "max_session_duration",
        "session_names": "session_name",
    }
    for of_all, of_one in of_roles.items():
        assert outputs[of_all] == {stage: one[of_one] for stage, one in each.items()}, of_all
    of_user = {name: value for name, value in each["dev"].items() if name in outputs and name not in of_roles}
    assert {"key_ids", "keys_due", "key_overdue", "access_key_id"} < of_user.keys()
    assert {name: outputs[name] for name in of_user if name not in ("user_policy", "profile")} == {
        name: value for name, value in of_user.items() if name not in ("user_policy", "profile")
    }


def test_the_boundaries_are_those_of_the_stages_that_have_one() -> None:
    given = f"arn:aws:iam::{ACCOUNT}:policy/limits"
    bounded: dict[str, Any] = {**THREE, "dev": {"permissions": [PUBLISH], "generated_boundary": {}}}

    assert stages().outputs["permissions_boundaries"] == {}
    assert stages(permissions_boundary=given).outputs["permissions_boundaries"] == {"dev": given, "stage": given}
    assert stages(stages=bounded).outputs["permissions_boundaries"] == {
        "dev": f"arn:aws:iam::{ACCOUNT}:policy/site-dev-boundary"
    }


def test_the_user_and_the_role_of_a_stage_are_adopted_each_by_itself() -> None:
    def imported(**args: Any) -> dict[str, str]:
        return {one.name: one.request.importId for one in stages(**args).resources if one.request.importId}

    adopting = {**THREE, "stage": {**THREE["stage"], "adopt": True}}
    assert imported() == {}
    assert imported(adopt=True) == {"site": "site-pipeline"}
    assert imported(stages=adopting) == {"site-stage": "stager"}
