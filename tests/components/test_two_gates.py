"""Two gates that share no code agree: the judge accepts what the components make, and refuses what they refuse."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iam_guardrails import (
    Settings,
    TrustedIdentityProvider,
    check_identity,
    check_identity_policy,
    check_trust_policy,
)
from pipeline_identity import ArgumentError
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity._reading.errors import Problems
from pipeline_identity._settings.identity import IdentitySettings, read_identity

from tests.components.cases import ACCOUNT, identity_args
from tests.components.recording import golden, goldens
from tests.components.test_permissions import STARTER_SETS
from tests.components.trust_forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iam_guardrails import Finding

ACCOUNTS = [ACCOUNT, "444455556666"]
ORGANIZATIONS = ["o-a1b2c3d4e5"]


def trusting(document: str, partition: str = "aws") -> Settings:
    """The settings of an operator who trusts exactly the identity providers and subjects that a document names."""
    return Settings(
        trusted_accounts=ACCOUNTS,
        trusted_organizations=ORGANIZATIONS,
        trusted_identity_providers=list(_providers(json.loads(document))),
        trusted_saml_providers=[f"arn:{partition}:iam::{ACCOUNT}:saml-provider/acme-idp"],
        max_trust_policy_size=8_192,
    )


def _providers(document: Any) -> Iterator[TrustedIdentityProvider]:
    for statement in document["Statement"]:
        arn = str(statement["Principal"].get("Federated", ""))
        host = arn.partition(":oidc-provider/")[2]
        if arn == "accounts.google.com":
            # Google's service accounts are told apart by their ids, which are the subjects.
            subjects = _values(statement, f"{arn}:sub")
            yield TrustedIdentityProvider(provider=arn, subjects=subjects, audiences=subjects)
        elif host:
            yield TrustedIdentityProvider(
                provider=host,
                subjects=_values(statement, f"{host}:sub"),
                audiences=_values(statement, f"{host}:aud"),
            )


def _values(statement: Any, key: str) -> list[str]:
    (value,) = [keys[key] for keys in statement["Condition"].values() if key in keys]
    return [value] if isinstance(value, str) else value


def blocking(findings: list[Finding]) -> list[str]:
    return [f"{finding.rule}: {finding.message}" for finding in findings if finding.blocking]


def identity(**changes: Any) -> IdentitySettings:
    problems = Problems()
    read = read_identity(Arguments(identity_args(**changes), problems), "site")
    problems.stop_if_any()
    return read


@pytest.mark.parametrize("form", FORMS)
def test_the_judge_accepts_every_form_of_trust(form: str) -> None:
    document = golden("trust", form)

    assert blocking(check_trust_policy(document, trusting(document))) == []


@pytest.mark.parametrize(
    "form",
    [form for form, trust in FORMS.items() if not {"users", "roles", "accounts", "organizations", "saml"} & {*trust}],
)
def test_the_judge_wants_an_identity_provider_to_be_trusted_by_the_operator_too(form: str) -> None:
    document = golden("trust", form)

    assert blocking(check_trust_policy(document, Settings(trusted_accounts=ACCOUNTS)))


@pytest.mark.parametrize("case", goldens("starter-sets"))
def test_the_judge_accepts_every_starter_set(case: str) -> None:
    assert blocking(check_identity_policy(golden("starter-sets", case), Settings(trusted_accounts=ACCOUNTS))) == []


@pytest.mark.parametrize("case", goldens("boundary"))
def test_the_judge_accepts_every_boundary(case: str) -> None:
    assert blocking(check_identity_policy(golden("boundary", case), Settings(trusted_accounts=ACCOUNTS))) == []


_ACTIONS = st.sampled_from(
    ["s3:GetObject", "s3:PutObject", "dynamodb:Query", "dynamodb:UpdateItem", "ecr:PutImage", "sqs:SendMessage"]
)
_WORD = st.from_regex(r"[a-z][a-z0-9-]{2,12}", fullmatch=True)
_RESOURCES = st.from_regex(r"arn:aws:s3:::[a-z]{3,12}/[a-z]{1,12}/\*", fullmatch=True)
_STATEMENTS = st.fixed_dictionaries(
    {"actions": st.lists(_ACTIONS, min_size=1, max_size=4), "resources": st.lists(_RESOURCES, min_size=1, max_size=3)},
    optional={
        "effect": st.sampled_from(["Allow", "Deny"]),
        "conditions": st.dictionaries(
            st.sampled_from(["StringEquals", "StringLike", "ForAnyValue:StringLike"]),
            st.dictionaries(
                st.sampled_from(["aws:RequestedRegion", "s3:prefix"]), st.lists(_WORD, min_size=1), min_size=1
            ),
            min_size=1,
            max_size=2,
        ),
    },
)
_BRANCH = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,20}[A-Za-z0-9]", fullmatch=True)
_GITHUB: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"owner": _WORD, "repository": _WORD, "branches": st.lists(_BRANCH, min_size=1, max_size=3)},
    optional={"branch_patterns": st.lists(st.from_regex(r"[a-z]{1,9}/\*", fullmatch=True), max_size=2)},
)
_GITLAB: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"project_path": st.from_regex(r"[a-z]{1,9}/[a-z]{1,9}", fullmatch=True), "branches": st.lists(_BRANCH, min_size=1)}
)
_CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "source_ips": st.just(["203.0.113.0/24"]),
        "require_mfa": st.booleans(),
        "session_name_patterns": st.just(["site-*"]),
        "session_tags": st.just({"team": ["web"]}),
        "source_identities": st.just(["deployer"]),
    },
)
_UUID = st.uuids().map(str)


def _lists(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(required, optional=optional or {}), min_size=1, max_size=2)


_BRANCHES = st.lists(_BRANCH, min_size=1, max_size=3)
_TRUST: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"quota": st.just(8_192)},
    optional={
        "principal_form": st.sampled_from(["arn", "account"]),
        "users": st.lists(_WORD.map(lambda name: f"arn:aws:iam::{ACCOUNT}:user/{name}"), min_size=1, max_size=2),
        "roles": st.just([f"arn:aws:iam::{ACCOUNT}:role/build-server"]),
        "accounts": _lists(
            {"account_id": st.just("444455556666"), "external_ids": st.lists(_WORD, min_size=1, max_size=2)},
            {
                "principals": st.just(["arn:aws:iam::444455556666:role/vendor"]),
                "principal_form": st.sampled_from(["arn", "account"]),
                "owned": st.booleans(),
            },
        ),
        "organizations": _lists(
            {"organization_id": st.just("o-a1b2c3d4e5")},
            {
                "paths": st.just(["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"]),
                "principal_arn_patterns": st.just(["arn:aws:iam::*:role/pipelines/site"]),
            },
        ),
        "github": st.lists(_GITHUB, min_size=1, max_size=2),
        "gitlab": st.lists(_GITLAB, min_size=1, max_size=2),
        "bitbucket": _lists(
            {"workspace": _WORD, "workspace_uuid": _UUID, "repository_uuid": _UUID},
            {"environment_uuids": st.lists(_UUID, max_size=2)},
        ),
        "circleci": _lists({"organization_id": _UUID, "project_id": _UUID}),
        "buildkite": _lists({"organization": st.just("acme"), "pipeline": st.just("site"), "branches": _BRANCHES}),
        "hcp_terraform": _lists(
            {"organization": _WORD, "project": _WORD, "workspace": _WORD},
            {"run_phases": st.lists(st.sampled_from(["plan", "apply"]), unique=True)},
        ),
        "azure_devops": _lists(
            {
                "organization_id": _UUID,
                "organization": _WORD,
                "project": _WORD,
                "pipelines": st.lists(_WORD, min_size=1),
            }
        ),
        "oidc": _lists(
            {
                "issuer": st.just("https://oidc.example.com/tenant"),
                "audiences": st.lists(_WORD, min_size=1, max_size=2),
                "subjects": st.lists(_WORD, min_size=1, max_size=2),
            },
            {"subject_patterns": st.lists(_WORD.map(lambda word: f"{word}/*"), max_size=1)},
        ),
        "saml": _lists({"provider_name": st.just("acme-idp"), "subjects": st.lists(_WORD, min_size=1, max_size=2)}),
        "conditions": _CONDITIONS,
    },
)
_IDENTITY: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "permissions": st.lists(_STATEMENTS, min_size=1, max_size=4),
        "trust": _TRUST,
        "mode": st.sampled_from(["keys", "both"]),
    },
    optional={
        "generated_boundary": st.just({"protected_resources": [f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms"]}),
        "starter_sets": st.sampled_from(list(STARTER_SETS.values())),
        "user_policy_mode": st.sampled_from(["inline", "group"]),
        "path": st.sampled_from(["/", "/pipelines/"]),
    },
)


@settings(max_examples=100, deadline=None)
@given(arguments=_IDENTITY, partition=st.sampled_from(["aws", "aws-cn", "aws-us-gov"]))
def test_the_judge_accepts_whatever_the_component_makes(arguments: dict[str, Any], partition: str) -> None:
    arguments = json.loads(json.dumps(arguments).replace("arn:aws:", f"arn:{partition}:"))
    try:
        made = identity(partition=partition, **arguments)
    except ArgumentError as error:
        # The longest do not fit into a trust policy, and some have no way in without keys: refused for that alone.
        assert re.search("characters|names nobody beside the user", str(error))  # noqa: PT017
        return
    trust_policy = made.role.trust.document

    assert blocking(check_trust_policy(trust_policy, trusting(trust_policy, partition))) == []
    assert made.user
    boundary = [made.role.boundary.document] if made.role.boundary else []
    for documents in (list(made.role.permissions.documents.values()), [made.user.document], boundary):
        assert blocking(check_identity(documents, Settings(trusted_accounts=ACCOUNTS))) == []


def _statement(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}


@pytest.mark.parametrize("action", ["*", "s3:*", "s3:Get*", "s3:GetObjec?", "iam:*"])
def test_both_gates_refuse_an_action_with_a_wildcard(action: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [_statement(Action=action)]}

    with pytest.raises(ArgumentError):
        identity(permissions=[{"actions": [action], "resources": ["*"]}])
    assert blocking(check_identity_policy(document, Settings(trusted_accounts=ACCOUNTS)))


def _open(principal: dict[str, str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    action = "sts:AssumeRoleWithWebIdentity" if "Federated" in principal else "sts:AssumeRole"
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


_HOST = "token.actions.githubusercontent.com"
_GITHUB_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_HOST}"
_AUDIENCE = {f"{_HOST}:aud": "sts.amazonaws.com"}


@pytest.mark.parametrize(
    ("trust", "document"),
    [
        ({"users": ["*"]}, _open({"AWS": "*"})),
        ({"accounts": [{"account_id": "999999999999"}]}, _open({"AWS": "arn:aws:iam::999999999999:root"})),
        (
            {"organizations": [{"organization_id": "*"}]},
            _open({"AWS": "*"}, {"StringLike": {"aws:PrincipalOrgID": "*"}}),
        ),
        ({"github": [{"owner": "*", "repository": "x", "branches": ["main"]}]}, _open({"Federated": _GITHUB_ARN})),
        (
            {"github": [{"owner": "acme", "repository": "*", "branches": ["main"]}]},
            _open(
                {"Federated": _GITHUB_ARN},
                {"StringEquals": _AUDIENCE, "StringLike": {f"{_HOST}:sub": "repo:acme*:ref:refs/heads/main"}},
            ),
        ),
    ],
)
def test_both_gates_refuse_trust_in_strangers(trust: dict[str, Any], document: dict[str, Any]) -> None:
    ours = TrustedIdentityProvider(provider=_HOST, subjects=["repo:acme/site:*"], audiences=["sts.amazonaws.com"])
    operator = Settings(trusted_accounts=ACCOUNTS, trusted_identity_providers=[ours])

    with pytest.raises(ArgumentError):
        identity(trust=trust)
    assert blocking(check_trust_policy(document, operator))


@settings(max_examples=100, deadline=None)
@given(action=_ACTIONS, place=st.integers(0, 20), wildcard=st.sampled_from(["*", "?", "**", "?*"]))
def test_both_gates_refuse_a_wildcard_wherever_it_stands(action: str, place: int, wildcard: str) -> None:
    service, _, name = action.partition(":")
    spoilt = f"{service}:{name[:place]}{wildcard}{name[place + 1 :]}"
    document = {"Version": "2012-10-17", "Statement": [_statement(Action=spoilt)]}

    with pytest.raises(ArgumentError):
        identity(permissions=[{"actions": [spoilt], "resources": ["*"]}])
    assert blocking(check_identity_policy(document, Settings(trusted_accounts=ACCOUNTS)))


_WIDE = st.one_of(
    st.builds("repo:{}*".format, _WORD),
    st.builds("repo:{}/*".format, _WORD),
    st.builds("repo:{}?/site:ref:refs/heads/main".format, _WORD),
    st.builds("repo:*/{}:ref:refs/heads/main".format, _WORD),
    st.builds("*:ref:refs/heads/{}".format, _WORD),
)


@settings(max_examples=100, deadline=None)
@given(subject=_WIDE)
def test_both_gates_refuse_a_subject_that_strangers_of_a_shared_issuer_can_have(subject: str) -> None:
    way_in = {"issuer": f"https://{_HOST}", "audiences": ["sts.amazonaws.com"], "subjects": []}
    operator = Settings(
        trusted_accounts=ACCOUNTS,
        trusted_identity_providers=[
            TrustedIdentityProvider(provider=_HOST, subjects=["repo:acme/site:*"], audiences=["sts.amazonaws.com"])
        ],
    )
    condition = {"StringEquals": _AUDIENCE, "StringLike": {f"{_HOST}:sub": subject}}

    with pytest.raises(ArgumentError, match=r"admits (?:workloads|every project of one owner)"):
        identity(trust={"oidc": [{**way_in, "subject_patterns": [subject]}]})
    assert blocking(check_trust_policy(_open({"Federated": _GITHUB_ARN}, condition), operator))


@settings(max_examples=50, deadline=None)
@given(account=st.from_regex(r"[0-9]{12}", fullmatch=True).filter(lambda one: one not in ACCOUNTS))
def test_both_gates_refuse_an_account_of_others_without_an_external_id(account: str) -> None:
    root = f"arn:aws:iam::{account}:root"

    with pytest.raises(ArgumentError, match="external_ids: is missing, and accounts of others must give one"):
        identity(trust={"accounts": [{"account_id": account}]})
    assert blocking(check_trust_policy(_open({"AWS": root}), Settings(trusted_accounts=ACCOUNTS)))
