"""A user's keys: the order of a rotation's steps, their ages, and what suspension makes of them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pulumi
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from iam_guardrails import Settings, check_identity_policy
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineRole, PipelineUser
from pipeline_identity._documents import KEPT_FOR_SUSPENSION
from pipeline_identity._settings.suspension import denial_for_role, denial_for_user
from pipeline_identity.keys import ages
from pipeline_identity.keys.order import RotationOrderError, compare_with_last
from pipeline_identity.keys.rotation import STEPS, Rotation

from tests.components.cases import ACCOUNT, identity_args, role_args, user_args
from tests.components.recording import Recording, assert_golden, declare

KEY = "aws:iam/accessKey:AccessKey"
STORE = "/pipelines/site-pipeline/access-key"
KMS = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"
SINCE = "2026-11-25T16:30:00Z"
STEP = st.integers(min_value=0, max_value=50)


def declared(**keys: Any) -> Recording:
    return declare(lambda: PipelineIdentity("site", identity_args(keys=keys)))


def slots(recording: Recording) -> dict[str, str]:
    return {one.name: one.inputs["status"] for one in recording.resources if one.type == KEY}


@pytest.mark.parametrize(
    ("step", "expected", "handed_out"),
    [
        (0, {"site-key": "Active"}, "site-key-id"),
        (1, {"site-key": "Active", "site-key-2": "Active"}, "site-key-id"),
        (2, {"site-key": "Active", "site-key-2": "Active"}, "site-key-2-id"),
        (3, {"site-key": "Inactive", "site-key-2": "Active"}, "site-key-2-id"),
        (4, {"site-key-2": "Active"}, "site-key-2-id"),
        (5, {"site-key": "Active", "site-key-2": "Active"}, "site-key-2-id"),
        (6, {"site-key": "Active", "site-key-2": "Active"}, "site-key-id"),
        (7, {"site-key": "Active", "site-key-2": "Inactive"}, "site-key-id"),
        (8, {"site-key": "Active"}, "site-key-id"),
    ],
)
def test_four_steps_bring_the_pipeline_from_one_slot_to_the_other(
    step: int, expected: dict[str, str], handed_out: str
) -> None:
    recording = declared(rotation=step)

    assert slots(recording) == expected
    assert recording.outputs["access_key_id"] == handed_out
    assert str(step + 1) in recording.outputs["rotation_to_do"]


def test_a_key_that_becomes_inactive_waits_for_the_one_that_takes_its_place() -> None:
    recording = declared(rotation=3)
    old, new = (next(one for one in recording.resources if one.name == name) for name in ("site-key", "site-key-2"))

    assert new.urn in old.request.dependencies
    assert old.urn not in new.request.dependencies


def test_keys_wait_until_the_order_of_the_steps_was_looked_at() -> None:
    recording = declared(rotation=1)
    order = recording.one("pulumi:index:Stash").urn

    assert all(order in one.request.dependencies for one in recording.resources if one.type == KEY)


@given(STEP)
def test_one_or_two_keys_exist_and_the_handed_out_one_is_active(step: int) -> None:
    rotation = Rotation(step)
    statuses = rotation.statuses(suspended=False)

    assert len(statuses) in (1, 2)
    assert statuses[rotation.handed_out] == "Active"
    assert set(rotation.statuses(suspended=True).values()) == {"Inactive"}


@given(STEP, st.sampled_from([-1, 0, 1]))
def test_a_deployment_that_is_accepted_leaves_every_job_a_key_that_works(before: int, further: int) -> None:
    after = before + further
    assume(after >= 0)
    assume(Rotation(before).refusal_of(after) is None)
    # Jobs have the key that the last deployment handed out. Only when the old key went inactive, or a new one is taken
    # back that was told to be handed out to nobody, may a key go; never the one that jobs have.
    had = Rotation(before).handed_out
    left = Rotation(after).statuses(suspended=False)

    assert left.get(had) == "Active"


@pytest.mark.parametrize("step", range(2 * STEPS))
def test_going_on_repeating_and_going_back_while_the_old_key_is_there_are_right(step: int) -> None:
    rotation = Rotation(step)

    assert rotation.refusal_of(step) is None
    assert rotation.refusal_of(step + 1) is None
    if step % STEPS:
        assert rotation.refusal_of(step - 1) is None


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (0, 2, "keys.rotation: 2 does not come after 0: step 1 would be skipped"),
        (0, 3, "the steps 1 to 2 would be skipped, and jobs that have only the key of the first slot could fail"),
        (0, 4, "set it to 1 first"),
        (3, 1, "going back is one step at a time; set it to 2 first"),
        (4, 3, "the key that was replaced is deleted, and comes back by no step; leave it at 4, or set it to 5"),
        (4, 0, "leave it at 4"),
    ],
)
def test_other_orders_are_refused_with_what_to_do(before: int, after: int, message: str) -> None:
    def change(old: float, new: float) -> pulumi.ResourceHookArgs:
        inputs = [{"input": {"step": one}} for one in (old, new)]
        return pulumi.ResourceHookArgs("urn", "id", "name", "type", old_inputs=inputs[0], new_inputs=inputs[1])

    with pytest.raises(RotationOrderError) as error:
        compare_with_last(change(before, after))
    assert message in str(error.value)
    # The engine hands numbers over as floats.
    compare_with_last(change(float(before), float(before + 1)))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"rotation": -1}, "keys.rotation: -1 is not a step of a rotation; use 0 for the first key"),
        ({"rotation": "1"}, "keys.rotation: '1' is not a whole number"),
        ({"max_age_days": 0}, "keys.max_age_days: 0 is not an age of keys; use 1 to 3650 days"),
        ({"secret": "vault"}, "keys.secret: 'vault' is not one of the choices; use state, pgp, secrets-manager"),
        ({"secret": "pgp"}, "keys.pgp_key: is missing; set it to the public key of whoever gets the secret"),
        ({"secret": "pgp", "pgp_key": "me"}, "keys.pgp_key: 'me' is not a public PGP key in base64; write what this"),
        ({"pgp_key": "keybase:me"}, "keys.pgp_key: says nothing for secrets that go elsewhere"),
        ({"secret": "secrets-manager"}, "keys.kms_key_arn: is missing; set it to the ARN of a KMS key"),
        ({"secret": "parameter-store", "kms_key_arn": "alias/aws/ssm"}, "is not the ARN of a KMS key"),
        (
            {"secret": "parameter-store", "kms_key_arn": KMS, "store_name": "a b"},
            "is not a name for a secret or parameter",
        ),
        ({"secret": "outside", "rotation": 1}, "keys.rotation: 1 rotates keys that are not made here; leave it out"),
        ({"maxAge": 9}, "keys.maxAge: 9 is not an argument here; did you mean max_age_days?"),
    ],
)
def test_settings_of_keys_that_mean_nothing_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        declared(**keys)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("store", "type_", "argument"),
    [
        ("secrets-manager", "aws:secretsmanager/secretVersion:SecretVersion", "secretString"),
        ("parameter-store", "aws:ssm/parameter:Parameter", "value"),
    ],
)
def test_a_store_has_the_key_that_is_handed_out_under_the_kms_key(store: str, type_: str, argument: str) -> None:
    recording = declared(secret=store, kms_key_arn=KMS, rotation=2)
    content = recording.one(type_).request.object[argument]

    assert "site-key-2-id" in str(content)
    assert "4dabf18193072939515e22adb298388d" in str(content), "Pulumi's mark of secrets"
    assert recording.outputs["secret_access_key"] is None
    (named,) = [one.inputs for one in recording.resources if one.inputs.get("name") == STORE]
    assert KMS in (named.get("kmsKeyId"), named.get("keyId"))


def test_a_pgp_key_is_for_keys_that_are_made_from_then_on() -> None:
    recording = declared(secret="pgp", pgp_key="keybase:ops")
    key = recording.one(KEY)

    assert key.inputs["pgpKey"] == "keybase:ops"
    assert list(key.request.ignoreChanges) == ["pgpKey"]
    assert recording.outputs["secret_access_key"] is None


def test_keys_that_are_made_outside_are_none_of_ours() -> None:
    recording = declared(secret="outside")

    assert KEY not in recording.types()
    assert "pulumi:index:Stash" not in recording.types()
    assert recording.outputs["key_ids"] == recording.outputs["keys_due"] == {}
    assert recording.outputs["key_overdue"] is False
    assert "made outside" in recording.outputs["rotation_to_do"]


def test_a_key_is_due_so_many_days_after_it_was_made() -> None:
    assert ages.due("2026-11-25T16:30:00Z", 90) == "2027-02-23"


def test_a_key_is_overdue_when_the_day_it_was_due_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ages, "today", lambda: date(2027, 2, 23))
    assert not ages.is_overdue("2027-02-23")
    assert ages.is_overdue("2027-02-22")
    assert not ages.is_overdue(None)


@given(st.dates(min_value=date(2010, 1, 1), max_value=date(2100, 1, 1)), st.integers(1, ages.LONGEST_AGE))
def test_the_dates_that_are_told_do_not_depend_on_the_day(made: date, days: int) -> None:
    assert ages.due(f"{made.isoformat()}T00:00:00Z", days) == (made + timedelta(days=days)).isoformat()


def test_the_next_date_is_that_of_the_keys_that_are_active() -> None:
    outputs = declared(rotation=3).outputs

    assert outputs["key_statuses"] == {"second": "Active", "first": "Inactive"}
    assert outputs["keys_created"] == {"first": "2026-01-01T00:00:00Z", "second": "2026-06-01T00:00:00Z"}
    assert outputs["keys_due"] == {"first": "2026-04-01", "second": "2026-08-30"}
    assert outputs["next_key_due"] == "2026-08-30"
    assert outputs["key_overdue"] is (ages.today() > date(2026, 8, 30))


def test_a_suspended_pipeline_has_no_active_key_and_both_ends_deny() -> None:
    recording = declare(lambda: PipelineIdentity("site", identity_args(suspended=SINCE, keys={"rotation": 2})))
    policies = {one.name: one.inputs for one in recording.resources if one.name == "site-suspended"}
    (user_policy,) = [
        one for one in recording.resources if one.type.endswith(":UserPolicy") and "suspended" in one.name
    ]
    (role_policy,) = [
        one for one in recording.resources if one.type.endswith(":RolePolicy") and "suspended" in one.name
    ]

    assert policies
    assert set(slots(recording).values()) == {"Inactive"}
    assert_golden("suspension/user-policy", user_policy.inputs["policy"])
    assert_golden("suspension/role-policy", role_policy.inputs["policy"])
    for text in (user_policy.inputs["policy"], role_policy.inputs["policy"]):
        assert not [one for one in check_identity_policy(text, Settings(trusted_accounts=[ACCOUNT])) if one.blocking]


def test_what_suspends_fits_into_the_space_that_is_kept_for_it() -> None:
    assert len(denial_for_role(SINCE, has_other_ways_in=False)) <= KEPT_FOR_SUSPENSION
    assert len(denial_for_user()) <= KEPT_FOR_SUSPENSION


@pytest.mark.parametrize(
    "declaration",
    [
        lambda: PipelineRole("site", role_args(suspended=SINCE)),
        lambda: PipelineIdentity(
            "site",
            identity_args(
                suspended=SINCE,
                mode="both",
                trust={"github": [{"owner": "acme", "repository": "site", "branches": ["main"]}]},
            ),
        ),
    ],
)
def test_where_others_can_open_sessions_all_sessions_are_denied(declaration: Any) -> None:
    recording = declare(declaration)
    (role_policy,) = [
        one for one in recording.resources if one.type.endswith(":RolePolicy") and "suspended" in one.name
    ]

    assert_golden("suspension/role-policy-of-all-sessions", role_policy.inputs["policy"])


def test_what_suspends_is_not_taken_away_as_somebody_elses() -> None:
    recording = declare(
        lambda: PipelineIdentity(
            "site", identity_args(suspended=SINCE, exclusive_policies=True, user_policy_mode="group")
        )
    )

    assert recording.one("aws:iam/userPoliciesExclusive:UserPoliciesExclusive").inputs["policyNames"] == ["suspended"]
    assert recording.one("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive").inputs["policyNames"] == [
        "permissions",
        "suspended",
    ]


@pytest.mark.parametrize(
    ("suspended", "message"),
    [
        (True, "suspended: True does not say since when; write the present moment in UTC"),
        ("now", "suspended: 'now' is not a moment in UTC; write it like \"2026-11-25T16:30:00Z\""),
        ("2026-13-25T16:30:00Z", "suspended: '2026-13-25T16:30:00Z' is not a moment in UTC"),
        ("2026-11-25T16:30:00+01:00", "is not a moment in UTC"),
    ],
)
def test_a_moment_that_nobody_understands_is_refused(suspended: object, message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        declare(lambda: PipelineUser("site", user_args(suspended=suspended)))
    assert message in str(error.value)


def test_no_policy_of_the_role_may_have_the_name_of_what_suspends() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example-site/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with pytest.raises(ArgumentError) as error:
        declare(lambda: PipelineRole("site", role_args(policy_documents={"suspended": document})))
    assert "policy_documents.suspended: is the name of the policy that suspends; take another" in str(error.value)
