from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from iam_guardrails import TrustedIdentityProvider
from iam_guardrails.exceptions import PolicyException
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.pack.configuration import DEFAULT_LEVELS, Configuration, Level
from iam_guardrails.pack.resource import Resource
from iam_guardrails.pack.values import SecretText

from tests.policies.pack.resources import (
    ACCOUNT,
    OTHER_ACCOUNT,
    allow,
    configured,
    document,
    pipeline,
    proven_of,
    resource,
    role,
    role_arn,
    role_policy,
    rules_of,
    said_in_all,
    said_of,
    said_of_stack,
    trusting,
    user,
    user_arn,
    user_policy,
)


def _rules(*resources: Resource) -> list[tuple[str, str]]:
    """What is said of a stack whose resources have been judged elsewhere: rule and resource."""
    return sorted((report.rule, report.urn.rpartition("::")[2]) for report in said_of_stack(resources))


def _all_rules(*resources: Resource) -> list[tuple[str, str]]:
    """What is refused, be it of a resource by itself or of the stack."""
    reports = said_in_all(resources)
    return sorted((report.rule, report.urn.rpartition("::")[2]) for report in reports if report.blocking)


def _without(name: str, resources: list[Resource]) -> list[Resource]:
    return [one for one in resources if one.name != name]


def _message(rule: str, *resources: Resource) -> str:
    (report,) = [report for report in said_of_stack(resources) if report.rule == rule]
    return report.message


# What is right -------------------------------------------------------------------------------------------------------


def test_a_pipelines_identity_as_it_should_be_is_proven_and_nothing_is_said_against_it():
    assert _rules(*pipeline()) == []
    assert proven_of(pipeline()) == [
        "proven: user site can do exactly sts:AssumeRole on role site, which trusts only this user and ends sessions"
        " within 3600 s, if nothing outside this stack grants it more"
    ]


def test_the_proof_tells_the_roles_own_session_limit():
    stack = [*_without("site", pipeline()), user(), role(maxSessionDuration=7200)]
    assert "ends sessions within 7200 s" in proven_of(stack)[0]


def test_a_pipeline_in_another_partition_is_proven_and_judged_like_any_other():
    def there(one: Resource) -> Resource:
        text = json.dumps(dict(one.properties)).replace("arn:aws:", "arn:aws-cn:")
        return replace(one, properties=json.loads(text), partition="aws-cn")

    stack = [there(one) for one in pipeline()]
    assert _rules(*stack) == []
    assert len(proven_of(stack)) == 1
    change = there(role_policy(document(allow("iam:PutRolePolicy", role_arn("site"))), name="own"))
    assert ("no-self-change", "own") in _rules(*stack, change)


def test_nothing_is_proven_of_a_role_whose_own_policy_is_refused_or_not_known_yet():
    changes = role_policy(document(allow("iam:UpdateAssumeRolePolicy", role_arn("site"))), name="changes")
    assert proven_of([*pipeline(), changes]) == []
    assert proven_of([*pipeline(), role_policy(UNKNOWN, name="later")]) == []


def test_a_role_in_another_stack_is_named_as_such_in_the_proof():
    text = document(allow("sts:AssumeRole", role_arn("elsewhere", OTHER_ACCOUNT)))
    assert proven_of([user(), user_policy(text)]) == [
        f"proven: user site can do exactly sts:AssumeRole on role {role_arn('elsewhere', OTHER_ACCOUNT)}, which this"
        " stack does not make, if nothing outside this stack grants it more"
    ]


def test_a_role_that_trusts_the_account_but_lets_in_the_user_alone_trusts_only_the_user():
    condition = {"ArnEquals": {"aws:PrincipalArn": user_arn("site")}}
    trust = trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition=condition)
    stack = [*_without("site", pipeline()), user(), role(trust=trust)]
    assert "which trusts only this user" in proven_of(stack)[0]


def test_a_role_that_takes_tokens_is_proven_with_their_provider_and_subject():
    issuer = "token.actions.githubusercontent.com"
    condition = {
        "StringEquals": {f"{issuer}:sub": "repo:acme/app:ref:refs/heads/main", f"{issuer}:aud": "sts.amazonaws.com"}
    }
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
    trust = trusting(provider, "sts:AssumeRoleWithWebIdentity", Condition=condition)
    provider = TrustedIdentityProvider(issuer, ["repo:acme/app:*"])
    assert proven_of([role(trust=trust)], configured(trusted_identity_providers=[provider])) == [
        f"proven: role site takes only tokens of {issuer} whose subject is repo:acme/app:ref:refs/heads/main"
        " and ends sessions within 3600 s"
    ]
    assert "trusted-principals-only" in [report.rule for report in said_of(role(trust=trust))]
    assert proven_of([role(trust=trust)]) == []


def test_a_stack_of_a_thousand_pipelines_is_proven_whole():
    stack = [one for number in range(1000) for one in pipeline(f"pipeline-{number}")]
    assert _all_rules(*stack) == []
    assert len(proven_of(stack)) == 1000


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param([role(trust=trusting({"AWS": ACCOUNT}))], id="the role trusts the whole account"),
        pytest.param([role(), role("b", trusting({"AWS": user_arn("site")}))], id="a second role trusts it by name"),
        pytest.param([role(trust=trusting({"AWS": [user_arn("site"), user_arn("other")]}))], id="and another user"),
        pytest.param([role(assumeRolePolicy=UNKNOWN)], id="the trust is not known yet"),
        pytest.param([role(), user_policy(document(allow("s3:GetObject")), name="more")], id="the user may do more"),
        pytest.param([role(), user_policy(UNKNOWN, name="more")], id="a policy is not known yet"),
        pytest.param([role(), user_policy("{", name="more")], id="a policy cannot be read"),
        pytest.param([role(), role_policy("{}", UNKNOWN, "whose")], id="a policy may belong to anybody"),
        pytest.param(
            [role(), resource("aws:iam/userLoginProfile:UserLoginProfile", "p", {"user": "site"})], id="a password"
        ),
        pytest.param(
            [
                role(),
                resource("aws:later/thing:Thing", "p", {"policy": trusting({"AWS": user_arn("site")}, "later:Use")}),
            ],
            id="a document that names it stands where the pack knows of none",
        ),
    ],
)
def test_nothing_is_proven_when(changed: list[Resource]):
    stack = [one for one in pipeline() if one.type != "aws:iam/role:Role"]
    assert proven_of([*stack, *changed]) == []


# only-assume-role-for-users ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", "arn:aws:s3:::site/*"),
        allow(["sts:AssumeRole", "iam:GetUser"], role_arn("site")),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/pipelines/sit?"),
    ],
)
def test_a_user_with_a_power_of_its_own_is_refused(statement: dict[str, Any]):
    stack = [user(), user_policy(document(statement), name="own")]
    assert ("only-assume-role-for-users", "own") in _rules(*stack)


@pytest.mark.parametrize(
    "statement",
    [
        allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], role_arn("site")),
        allow("STS:assumerole", role_arn("site")),
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        allow("sts:AssumeRole", role_arn("site"), Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
    ],
)
def test_a_user_that_may_only_assume_named_roles_passes(statement: dict[str, Any]):
    stack = [user(), user_policy(document(statement), name="own")]
    assert "only-assume-role-for-users" not in [rule for rule, _ in _rules(*stack)]


@pytest.mark.parametrize(
    "one",
    [
        user_policy(document(allow("s3:GetObject")), name="own"),
        resource(
            "aws-native:iam:User", "own", {"userName": "u", "policies": [{"policyDocument": document(allow("s3:Get"))}]}
        ),
        resource(
            "aws-native:iam:ManagedPolicy", "own", {"users": ["u"], "policyDocument": document(allow("s3:GetObject"))}
        ),
    ],
)
def test_a_power_in_a_document_of_a_user_is_an_error_once_the_user_has_a_key(one: Resource):
    of_user = "site" if one.type.startswith("aws:") else "u"
    key = resource("aws:iam/accessKey:AccessKey", "key", {"user": of_user})
    found = [report for report in said_in_all([one, key]) if report.rule == "only-assume-role-for-users"]
    assert [report.level for report in found] == ["error"]
    assert [report.level for report in said_in_all([one]) if report.rule == "only-assume-role-for-users"] == ["note"]
    password = resource("aws:iam/userLoginProfile:UserLoginProfile", "password", {"user": of_user})
    assert "only-assume-role-for-users" not in rules_of(said_in_all([one, password]))


def test_a_power_that_a_user_has_through_a_group_is_found_in_the_groups_policy():
    stack = [
        *pipeline(),
        resource("aws:iam/group:Group", "devs", {"name": "devs"}),
        resource("aws:iam/groupPolicy:GroupPolicy", "gp", {"group": "devs", "policy": document(allow("s3:PutObject"))}),
        resource("aws:iam/userGroupMembership:UserGroupMembership", "m", {"user": "site", "groups": ["devs"]}),
    ]
    assert _rules(*stack) == [("only-assume-role-for-users", "gp")]
    assert 'the user "site" may do s3:PutObject' in _message("only-assume-role-for-users", *stack)


def test_a_managed_policy_of_aws_on_a_user_is_a_power_of_its_own():
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    at = resource("aws:iam/userPolicyAttachment:UserPolicyAttachment", "at", {"user": "site", "policyArn": arn})
    assert _rules(*pipeline(), at) == [("only-assume-role-for-users", "at")]


@pytest.mark.parametrize(
    "statement",
    [
        allow("sts:AssumeRole", "*"),
        allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/*"),
        {"Effect": "Allow", "Action": "sts:AssumeRole", "NotResource": role_arn("admin")},
    ],
)
def test_a_breadth_that_escalation_has_refused_is_not_told_again(statement: dict[str, Any]):
    stack = [user(), user_policy(document(statement), name="own")]
    assert _all_rules(*stack) == [("no-privilege-escalation", "own")]


def test_nothing_is_proven_of_what_was_refused():
    elsewhere = configured(trusted_accounts=(OTHER_ACCOUNT,))
    assert rules_of([one for one in said_in_all(pipeline(), elsewhere) if one.blocking]) == ["trusted-principals-only"]
    assert proven_of(pipeline(), elsewhere) == []


def _bucket(principal: Any, **more: Any) -> Resource:
    text = document({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"})
    return resource("aws:s3/bucketPolicy:BucketPolicy", "bucket", {"bucket": "site", "policy": text}, **more)


@pytest.mark.parametrize("principal", [user_arn("site"), [role_arn("site"), user_arn("site")]])
def test_a_power_that_a_user_has_by_the_policy_of_a_resource_is_found_there(principal: Any):
    stack = [*pipeline(), _bucket({"AWS": principal})]
    assert _rules(*stack) == [("only-assume-role-for-users", "bucket")]
    assert 'it lets the user "site" do s3:GetObject itself' in _message("only-assume-role-for-users", *stack)
    assert proven_of(stack) == []


@pytest.mark.parametrize("principal", [role_arn("site"), user_arn("other"), user_arn("site", OTHER_ACCOUNT), ACCOUNT])
def test_what_the_policy_of_a_resource_gives_to_others_is_no_power_of_the_user(principal: str):
    stack = [*pipeline(), _bucket({"AWS": principal})]
    assert "only-assume-role-for-users" not in [rule for rule, _ in _rules(*stack)]
    assert len(proven_of(stack)) == 1


def test_what_everybody_may_ask_is_no_power_of_a_user():
    ask = user_policy(document(allow("sts:GetCallerIdentity")), name="ask")
    assert _rules(*pipeline(), ask) == []
    assert len(proven_of([*pipeline(), ask])) == 1


# no-console-for-pipelines --------------------------------------------------------------------------------------------


def test_a_password_for_a_pipelines_user_is_refused():
    profile = resource("aws:iam/userLoginProfile:UserLoginProfile", "password", {"user": "site"})
    reports = said_of_stack([*pipeline(), profile])
    assert [(report.rule, report.urn, report.blocking) for report in reports] == [
        ("no-console-for-pipelines", profile.urn, True)
    ]


def test_a_password_for_a_user_that_no_pipeline_uses_is_remarked_on():
    profile = resource("aws:iam/userLoginProfile:UserLoginProfile", "password", {"user": "ann"})
    (report,) = said_of_stack([user("ann"), profile])
    assert (report.rule, report.blocking) == ("no-console-for-pipelines", False)


def test_a_login_profile_inside_a_user_of_aws_native_counts():
    native = resource("aws-native:iam:User", "u", {"userName": "site", "loginProfile": {"password": "EXAMPLE"}})
    key = resource("aws:iam/accessKey:AccessKey", "k", {"user": "site"})
    assert ("no-console-for-pipelines", "u") in _rules(native, key)


# no-self-change ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("iam:UpdateAssumeRolePolicy", role_arn("site")),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/pipelines/sit?"),
        ("iam:DeleteRolePermissionsBoundary", role_arn("site")),
        ("iam:Update*", role_arn("site")),
        ("iam:CreateAccessKey", user_arn("site")),
        ("iam:PutUserPolicy", user_arn("site")),
        ("iam:DetachUserPolicy", user_arn("site")),
        ("iam:UploadSigningCertificate", user_arn("site")),
    ],
)
def test_a_role_that_may_change_its_own_trust_boundary_or_user_is_refused(action: str, arn: str):
    stack = [*pipeline(), role_policy(document(allow(action, arn)), name="own")]
    assert ("no-self-change", "own") in _rules(*stack)
    assert action.partition("*")[0] in _message("no-self-change", *stack)


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("iam:UpdateAssumeRolePolicy", role_arn("other")),
        ("iam:GetRole", role_arn("site")),
        ("iam:PutUserPolicy", user_arn("other")),
        ("iam:PutRolePolicy", role_arn("site", OTHER_ACCOUNT)),
    ],
)
def test_a_role_that_may_change_others_or_only_read_itself_passes(action: str, arn: str):
    stack = [*pipeline(), role_policy(document(allow(action, arn)), name="own")]
    assert "no-self-change" not in [rule for rule, _ in _rules(*stack)]


def test_a_deny_without_conditions_on_its_own_arn_closes_it():
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": [role_arn("site"), user_arn("site")]}
    change = allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/pipelines/*")
    stack = [*pipeline(), role_policy(document(change, deny), name="own")]
    assert "no-self-change" not in [rule for rule, _ in _rules(*stack)]


def test_a_deny_with_a_condition_closes_nothing():
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}
    change = allow("iam:PutRolePolicy", role_arn("site"))
    stack = [*pipeline(), role_policy(document(change, deny), name="own")]
    assert ("no-self-change", "own") in _rules(*stack)


def test_a_role_that_may_change_the_user_it_trusts_by_a_condition_is_refused():
    condition = {"ArnEquals": {"aws:PrincipalArn": user_arn("site")}}
    changed = role(trust=trusting({"AWS": ACCOUNT}, Condition=condition))
    own = role_policy(document(allow("iam:CreateAccessKey", user_arn("site"))), name="own")
    assert ("no-self-change", "own") in _rules(*_without("site", pipeline()), user(), changed, own)


def test_a_role_whose_name_is_made_up_later_may_not_change_what_has_its_prefix():
    def changing(pattern: str) -> list[tuple[str, str]]:
        trust = trusting({"Service": "codebuild.amazonaws.com"})
        properties = {"namePrefix": "deploy-", "path": "/pipelines/", "assumeRolePolicy": trust}
        changes = document(allow("iam:PutRolePolicy", role_arn(pattern)))
        later = resource(
            "aws:iam/role:Role", "r", {**properties, "inlinePolicies": [{"name": "own", "policy": changes}]}
        )
        return [one for one in _rules(later) if one[0] == "no-self-change"]

    assert changing("deploy-*") == [("no-self-change", "r")]
    assert changing("*") == [("no-self-change", "r")]
    assert changing("other") == []
    assert changing("other-*") == []


def test_a_role_of_another_stack_that_may_change_itself_is_refused_wherever_its_path_is():
    def changing(arn: str) -> list[tuple[str, str]]:
        found = _rules(role_policy(document(allow("iam:PutRolePolicy", arn)), "existing", "own"))
        return [one for one in found if one[0] == "no-self-change"]

    assert changing(role_arn("existing")) == [("no-self-change", "own")]
    assert changing(f"arn:aws:iam::{ACCOUNT}:role/existing") == [("no-self-change", "own")]
    assert changing(role_arn("not-existing")) == []
    assert changing(role_arn("existing", OTHER_ACCOUNT)) == []


def test_a_waived_or_disabled_refusal_still_stands_in_the_way_of_a_proof():
    trust = trusting(_TOKENS, "sts:AssumeRoleWithWebIdentity")
    (found,) = said_of(role(trust=trust))
    excepted = PolicyException("trusted-principals-only", "site", "web", "old", date(2999, 1, 1), found.finding.id)
    for configuration in (
        Configuration(levels={**DEFAULT_LEVELS, "trusted-principals-only": Level.DISABLED}),
        configured(exceptions=[excepted]),
    ):
        assert not [report for report in said_of(role(trust=trust), configuration) if report.blocking]
        assert proven_of([role(trust=trust)], configuration) == []


# both-halves-of-trust ------------------------------------------------------------------------------------------------


def test_a_role_that_trusts_a_user_who_may_not_assume_it_is_reported():
    stack = _without("site-assume", pipeline())
    assert _rules(*stack) == [("both-halves-of-trust", "site")]
    assert "is enough inside one account" in _message("both-halves-of-trust", *stack)
    by_account = trusting({"AWS": ACCOUNT}, Condition={"ArnEquals": {"aws:PrincipalArn": user_arn("site")}})
    stack = [*_without("site", stack), user(), role(trust=by_account)]
    assert 'trusts the user "site", which may not assume it' in _message("both-halves-of-trust", *stack)
    elsewhere = [
        *_without("site", pipeline()),
        user(),
        role("site", trusting({"AWS": user_arn("site")}), OTHER_ACCOUNT),
    ]
    assert 'trusts the user "site", which may not assume it' in _message("both-halves-of-trust", *elsewhere)


def test_a_user_that_may_assume_a_role_which_does_not_trust_it_is_reported():
    stack = [*_without("site", pipeline()), user(), role(trust=trusting({"Service": "ec2.amazonaws.com"}))]
    assert _rules(*stack) == [("both-halves-of-trust", "site")]
    assert "may assume it, but it does not trust that user" in _message("both-halves-of-trust", *stack)


def test_a_role_that_trusts_the_users_whole_account_trusts_the_user():
    stack = [*_without("site", pipeline()), user(), role(trust=trusting({"AWS": ACCOUNT}))]
    assert _rules(*stack) == []


_TOKENS = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"}


@pytest.mark.parametrize(
    "trust",
    [
        document({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}),
        trusting({"AWS": user_arn("site")}, "sts:TagSession"),
        trusting(_TOKENS, "sts:AssumeRole"),
        trusting({"Service": "ec2.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity"),
        document(
            {"Effect": "Allow", "Principal": {"AWS": user_arn("site")}, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:*"},
        ),
    ],
)
def test_a_role_that_nobody_can_assume_is_reported(trust: str):
    stack = [*_without("site", pipeline()), user(), role(trust=trust)]
    assert "nobody can assume it" in _message("both-halves-of-trust", *stack)
    assert proven_of(stack) == []


@pytest.mark.parametrize(
    "trust",
    [
        trusting(_TOKENS, "sts:AssumeRoleWithWebIdentity"),
        trusting("*", "sts:AssumeRoleWithSAML"),
        trusting("*", "sts:*"),
    ],
)
def test_a_role_that_somebody_can_assume_is_not_reported_as_one_that_nobody_can(trust: str):
    assert _rules(role(trust=trust)) == []


def test_a_role_that_an_instance_profile_hands_to_instances_has_to_trust_them():
    profile = resource("aws:iam/instanceProfile:InstanceProfile", "profile", {"name": "p", "role": "site"})
    assert _rules(*pipeline(), profile) == [("both-halves-of-trust", "site")]
    assert '"p" hands it to EC2 instances' in _message("both-halves-of-trust", *pipeline(), profile)
    assert _rules(role(trust=trusting({"Service": "ec2.amazonaws.com"})), profile) == []
    native = resource("aws-native:iam:InstanceProfile", "profile", {"roles": ["site"]})
    assert _rules(*pipeline(), native) == [("both-halves-of-trust", "site")]


def test_the_halves_between_two_roles_of_two_accounts_are_found():
    hub_arn, spoke_arn = role_arn("hub"), role_arn("spoke", OTHER_ACCOUNT)
    hub = role("hub", trusting({"Service": "codebuild.amazonaws.com"}))
    spoke = role("spoke", trusting({"AWS": hub_arn}), OTHER_ACCOUNT)
    may = role_policy(document(allow("sts:AssumeRole", spoke_arn)), "hub", "may")
    assert _rules(hub, spoke, may) == []
    assert 'it trusts the role "hub", which may not assume it' in _message("both-halves-of-trust", hub, spoke)
    closed = role("spoke", trusting({"AWS": role_arn("other")}), OTHER_ACCOUNT)
    assert 'the role "hub" may assume it, but it does not trust that role' in _message(
        "both-halves-of-trust", hub, closed, may
    )


def test_a_role_that_trusts_another_of_its_own_account_by_name_needs_no_other_half():
    hub = role("hub", trusting({"Service": "codebuild.amazonaws.com"}))
    assert _rules(hub, role("spoke", trusting({"AWS": role_arn("hub")}))) == []


def test_a_user_that_is_suspended_by_a_deny_is_not_missed_and_not_proven():
    suspended = user_policy(document({"Effect": "Deny", "Action": "*", "Resource": "*"}), name="suspended")
    assert _rules(*pipeline(), suspended) == []
    assert proven_of([*pipeline(), suspended]) == []


def test_a_half_that_is_not_known_yet_is_not_taken_for_missing():
    stack = [*_without("site-assume", pipeline()), user_policy(UNKNOWN, name="later")]
    assert _rules(*stack) == [("iam-guardrails", "")]


def test_a_user_of_another_stack_is_not_missed():
    assert _rules(role(trust=trusting({"AWS": user_arn("elsewhere", OTHER_ACCOUNT)}))) == []


# Statements that nobody comes in through ------------------------------------------------------------------------------

_ISSUER = "token.example.com"


def _provider(*audiences: Any, url: str = f"https://{_ISSUER}", **more: Any) -> Resource:
    kind = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    return resource(kind, "tokens", {"url": url, "clientIdLists": list(audiences)}, **more)


def _asking(audience: str, subject: str = "project:site") -> Resource:
    asked = {f"{_ISSUER}:aud": audience, f"{_ISSUER}:sub": subject}
    return role(trust=trusting(_TOKENS, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": asked}))


def test_a_trust_that_asks_for_the_claims_of_another_provider_lets_nobody_in():
    asked = {"gitlab.com:sub": "project_path:acme/site:ref_type:branch:ref:main"}
    dead = role(trust=trusting(_TOKENS, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": asked}))
    assert _rules(dead) == [("both-halves-of-trust", "site")]
    assert "gitlab.com:sub is no claim of token.example.com" in _message("both-halves-of-trust", dead)


def test_a_trust_that_asks_for_the_providers_own_claims_is_not_remarked_on():
    assert _rules(_asking("sts.amazonaws.com")) == []


def test_a_provider_of_another_account_lets_nobody_in():
    there = {"Federated": f"arn:aws:iam::{OTHER_ACCOUNT}:oidc-provider/{_ISSUER}"}
    dead = role(trust=trusting(there, "sts:AssumeRoleWithWebIdentity"))
    assert _rules(dead) == [("both-halves-of-trust", "site")]
    assert f"in the role's own account, {ACCOUNT}" in _message("both-halves-of-trust", dead)
    assert _rules(role(trust=trusting(there, "sts:AssumeRoleWithWebIdentity"), account=OTHER_ACCOUNT)) == []
    google = {"Federated": "accounts.google.com"}
    assert _rules(role(trust=trusting(google, "sts:AssumeRoleWithWebIdentity"))) == []


def test_a_trust_that_asks_for_an_audience_the_stacks_provider_does_not_take_lets_nobody_in():
    stack = [_asking("sts.amazonaws.com"), _provider("https://example.com", "sigstore")]
    assert _rules(*stack) == [("both-halves-of-trust", "site")]
    message = _message("both-halves-of-trust", *stack)
    assert 'the provider "tokens" takes tokens for https://example.com, sigstore' in message
    native = resource("aws-native:iam:OidcProvider", "t", {"url": f"https://{_ISSUER}", "clientIdList": ["other"]})
    assert _rules(_asking("sts.amazonaws.com"), native) == [("both-halves-of-trust", "site")]
    assert _rules(_asking("sts.amazonaws.com"), _provider()) == [("both-halves-of-trust", "site")]


@pytest.mark.parametrize(
    "provider",
    [
        _provider("sts.amazonaws.com"),
        _provider("https://example.com", "sts.amazonaws.com"),
        _provider("https://example.com", url="https://token.example.com/other"),
        _provider("https://example.com", account=OTHER_ACCOUNT),
        _provider("https://example.com", UNKNOWN),
    ],
)
def test_a_provider_that_takes_the_audience_or_is_another_one_or_is_not_known_yet_is_not_remarked_on(
    provider: Resource,
):
    assert _rules(_asking("sts.amazonaws.com"), provider) == []


def test_a_trust_whose_conditions_rule_out_the_principal_it_names_lets_nobody_in():
    another = {"ArnEquals": {"aws:PrincipalArn": user_arn("docs")}}
    stack = [*_without("site", pipeline()), user(), role(trust=trusting({"AWS": user_arn("site")}, Condition=another))]
    assert "no request of that principal meets all of its conditions" in _message("both-halves-of-trust", *stack)
    own = {"ArnEquals": {"aws:PrincipalArn": user_arn("site")}}
    stack = [*_without("site", pipeline()), user(), role(trust=trusting({"AWS": user_arn("site")}, Condition=own))]
    assert _rules(*stack) == []


def test_a_statement_that_only_lets_sessions_be_tagged_is_not_taken_for_one_that_nobody_comes_in_through():
    let_in = {"Effect": "Allow", "Principal": {"AWS": user_arn("site")}, "Action": "sts:AssumeRole"}
    tagged = {**let_in, "Action": "sts:TagSession", "Condition": {"StringEquals": {"aws:RequestTag/stage": "prod"}}}
    stack = [*_without("site", pipeline()), user(), role(trust=document(let_in, tagged))]
    assert _rules(*stack) == []


def test_a_trust_policy_marked_as_secret_is_not_quoted():
    asked = {"gitlab.com:sub": "project_path:acme/hidden"}
    text = trusting(_TOKENS, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": asked})
    message = _message("both-halves-of-trust", role(trust=SecretText(text)))
    assert "gitlab.com" not in message
    assert "marks it as secret" in message


def test_a_role_that_a_deny_has_shut_on_purpose_is_not_remarked_on():
    let_in = {"Effect": "Allow", "Principal": {"AWS": user_arn("site")}, "Action": "sts:AssumeRole"}
    shut = {**let_in, "Effect": "Deny", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}
    stack = [*_without("site", pipeline()), user(), role(trust=document(let_in, shut))]
    assert _rules(*stack) == []


# Escalation over several documents -----------------------------------------------------------------------------------


def test_a_path_to_more_power_that_takes_two_documents_is_refused_at_the_deciding_one():
    stack = [
        role(trust=trusting({"Service": "codebuild.amazonaws.com"})),
        role_policy(document(allow("iam:PassRole", "*")), name="pass"),
        role_policy(document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*")), name="run"),
    ]
    reports = [report for report in said_of_stack(stack) if report.blocking]
    assert [(report.rule, report.blocking) for report in reports] == [("no-privilege-escalation", True)]
    assert "iam:passrole" in reports[0].message.lower()


def test_what_one_document_does_by_itself_is_not_told_twice():
    stack = [
        role(trust=trusting({"Service": "codebuild.amazonaws.com"})),
        role_policy(
            document(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "*")), name="all"
        ),
        role_policy(document(allow("s3:GetObject", "arn:aws:s3:::site/*")), name="other"),
    ]
    assert _rules(*stack) == []


def test_a_group_whose_policies_open_a_path_together_is_refused_even_without_members():
    stack = [
        resource("aws:iam/group:Group", "devs", {"name": "devs"}),
        resource("aws:iam/groupPolicy:GroupPolicy", "a", {"group": "devs", "policy": document(allow("iam:PassRole"))}),
        resource(
            "aws:iam/groupPolicy:GroupPolicy",
            "b",
            {"group": "devs", "policy": document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"]))},
        ),
    ]
    assert "no-privilege-escalation" in [rule for rule, _ in _rules(*stack)]
