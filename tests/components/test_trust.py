"""Every form of trust: the document it makes, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from iam_guardrails import Settings, check_trust_policy, issuer_of
from pipeline_identity import ArgumentError, IdentityMode, PipelineIdentity, PipelineRole
from pipeline_identity.trust.claims import BUILDKITE, CIRCLECI, GITLAB, GOOGLE, claims_of
from pipeline_identity.trust.claims import GITHUB as GITHUB_CLAIMS

from tests.components.cases import identity_args, role_args
from tests.components.recording import assert_golden, declare, goldens
from tests.components.trust_callers import claims_that_aws_reads
from tests.components.trust_forms import FORMS, GITHUB, GITHUB_IDS, UUID_1, UUID_2

ROLE = "aws:iam/role:Role"
USER_POLICY = "aws:iam/userPolicy:UserPolicy"


def trust_policy(trust: dict[str, Any], **changes: Any) -> Any:
    recording = declare(lambda: PipelineRole("site", role_args(trust=trust, **changes)))
    return recording.one(ROLE).inputs["assumeRolePolicy"]


@pytest.mark.parametrize("form", FORMS)
def test_the_form_makes_the_document_that_people_have_read(form: str) -> None:
    assert_golden(f"trust/{form}", trust_policy(FORMS[form]))


def test_every_golden_document_belongs_to_a_form() -> None:
    assert set(goldens("trust")) == set(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_no_two_statements_have_the_same_id(form: str) -> None:
    sids = [statement["Sid"] for statement in json.loads(trust_policy(FORMS[form]))["Statement"]]

    assert len(set(sids)) == len(sids)


def test_in_another_partition_identity_providers_are_of_that_partition() -> None:
    china = [{"actions": ["s3:GetObject"], "resources": ["*"]}]
    trust = {"github": [GITHUB], "saml": [{"provider_name": "idp", "subjects": ["x"]}]}

    document = trust_policy(trust, partition="aws-cn", permissions=china)

    assert "arn:aws-cn:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" in document
    assert "https://signin.amazonaws.cn/saml" in document
    assert "arn:aws:" not in document


def test_a_keyless_identity_has_no_user_and_no_key() -> None:
    args = identity_args(mode="keyless", trust={"github": [GITHUB]})
    recording = declare(lambda: PipelineIdentity("site", args))

    assert [type_ for type_ in recording.types() if type_.startswith("aws:")] == [ROLE, "aws:iam/rolePolicy:RolePolicy"]
    assert recording.outputs["user_arn"] is None
    assert recording.outputs["secret_access_key"] is None
    assert_golden("trust/github-names", recording.one(ROLE).inputs["assumeRolePolicy"])


def test_an_identity_of_both_modes_trusts_its_user_and_what_is_named() -> None:
    args = identity_args(mode=IdentityMode.BOTH, trust={"github": [GITHUB]})
    recording = declare(lambda: PipelineIdentity("site", args))

    assert_golden("identity/both-modes", recording.one(ROLE).inputs["assumeRolePolicy"])


def test_on_the_way_to_keyless_the_role_keeps_its_urn() -> None:
    def role_in(mode: str) -> str:
        args = identity_args(mode=mode, trust={"github": [GITHUB]})
        return declare(lambda: PipelineIdentity("site", args)).one(ROLE).urn

    assert role_in("keys") == role_in("both") == role_in("keyless")


def test_the_user_may_do_at_its_end_what_the_trust_asks_for() -> None:
    conditions = {"session_tags": {"team": ["web"]}, "source_identities": ["deployer"]}
    args = identity_args(trust={"conditions": conditions})
    recording = declare(lambda: PipelineIdentity("site", args))

    assert_golden("identity/user-policy-with-tags", recording.one(USER_POLICY).inputs["policy"])
    assert "sts:TagSession" in recording.one(ROLE).inputs["assumeRolePolicy"]
    assert "sts:SetSourceIdentity" in recording.one(ROLE).inputs["assumeRolePolicy"]


def test_a_longer_trust_policy_is_taken_where_the_quota_was_raised() -> None:
    users = [f"arn:aws:iam::111122223333:user/{n:064}" for n in range(25)]

    assert len(trust_policy({"users": users, "quota": 4_096})) > 2_048


def github(**changes: Any) -> dict[str, Any]:
    return {"github": [{**GITHUB, **changes}]}


def one(form: str, **arguments: Any) -> dict[str, Any]:
    return {form: [arguments]}


def oidc(**changes: Any) -> dict[str, Any]:
    return one("oidc", **{"issuer": "https://x.example", "audiences": ["a"], "subjects": ["s"], **changes})


def when(**conditions: Any) -> dict[str, Any]:
    return {"users": ["arn:aws:iam::111122223333:user/pipelines/site-pipeline"], "conditions": conditions}


GITHUB_ISSUER = "token.actions.githubusercontent.com"
OURS = "arn:aws:iam::111122223333"
THEIRS = "arn:aws:iam::444455556666"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "trust: names nobody; name at least one user, account or identity provider"),
    ({"roles": ["x"]}, "trust.roles[0]: 'x' is not the ARN of one role"),
    ({"roles": [f"{OURS}:role/pipelines/site-publisher"]}, "is the role itself; leave it out"),
    ({"users": [f"{THEIRS}:user/x"]}, "is not of the account 111122223333; name it under accounts"),
    ({"roles": [f"{THEIRS}:role/x"]}, "is not of the account 111122223333; name it under accounts"),
    ({"principal_form": "root"}, "trust.principal_form: 'root' is not one of the choices; use arn, account"),
    ({"quota": 100, **github()}, "trust.quota: 100 is not a quota that AWS grants; use 2048 to 8192"),
    ({"github": GITHUB}, "trust.github: {'owner': 'acme'"),
    ({"git_hub": [GITHUB]}, "trust.git_hub: [{'owner': 'acme', 'repository': 'site', 'branches': ['main']}] is not an"),
    (one("accounts"), "trust.accounts[0].account_id: is missing"),
    (one("accounts", account_id="*"), "trust.accounts[0].account_id: '*' is not an AWS account id"),
    (one("accounts", account_id="444455556666"), "external_ids: is missing, and accounts of others must give one"),
    (one("accounts", account_id="444455556666", external_ids=["a"]), "external_ids[0]: 'a' is not an external id"),
    (one("accounts", account_id="444455556666", external_ids=["a*b"]), "'a*b' is not an external id that AWS accepts"),
    (one("accounts", account_id="444455556666", owned="yes"), "owned: 'yes' is not true or false"),
    (one("accounts", account_id="111122223333", owned=True), "is the role's own account; name its users and roles"),
    (one("accounts", account_id="444455556666", owned=True, principals=["*"]), "'*' is not the ARN of one user or rol"),
    (one("accounts", account_id="444455556666", owned=True, principals=[f"{OURS}:role/x"]), "is not of the account"),
    (one("organizations"), "organization_id: is missing; set it to the organization's id"),
    (one("organizations", organization_id="*"), "'*' is not the id of an organization"),
    (one("organizations", organization_id="o-a1b2c3d4e5", paths=["*"]), "'*' is not the path of an organizational uni"),
    (one("organizations", organization_id="o-a1b2c3d4e5", paths=["o-zzzzzzzzzz/r-ab12/"]), "is a path of another"),
    (one("organizations", organization_id="o-a1b2c3d4e5", principal_arn_patterns=["*"]), "is not a pattern of users o"),
    (one("github", owner="acme"), "trust.github[0].repository: is missing; set it to the repository's name"),
    (github(branches=[]), "trust.github[0]: admits no workflow; name at least one branch, tag or environment"),
    (github(owner="*"), "trust.github[0].owner: '*' is not a GitHub name; use letters, digits"),
    (github(repository="acme/site"), "repository: 'acme/site' holds a slash; write owner and repository as two"),
    (github(repository="*"), "repository: '*' is not a GitHub name"),
    (github(repository=None), "repository: is missing; set it to the repository's name"),
    (github(repository_patterns=["*"]), "admits every repository of the owner; set every_repository to true if that"),
    (github(repository_patterns=["a/*"]), "is not a pattern of GitHub names"),
    (github(repository=None, every_repository=True, subject_form="ids"), "owner_id: is missing"),
    (github(environments=["a:b"]), "holds a colon, which GitHub writes as %3A in subjects; write a%3Ab"),
    (github(further={"StringEquals": {"token.actions.githubusercontent.com:sub": "x"}}), "stands in a statement"),
    (
        {
            **github(),
            "users": ["arn:aws:iam::111122223333:user/site"],
            "conditions": {"further": {"StringLike": {"token.actions.githubusercontent.com:job_workflow_ref": "a/*"}}},
        },
        "that callers of the statement Users do not have, so that they never get in; write it under further",
    ),
    ({"gitlab": [{"project_patterns": ["*"], "branches": ["main"]}]}, "write the first group in full"),
    ({"services": [{"service": "codebuild"}]}, "is not the principal of a service"),
    ({"services": [{"service": "pods.eks.amazonaws.com"}]}, "for pods of any cluster; use pod_identities"),
    (
        {"services": [{"service": "codebuild.amazonaws.com", "source_arns": ["arn:aws:codebuild:*:*:project/*"]}]},
        "is not the ARN of resources of one account",
    ),
    (
        {"pod_identities": [{"cluster_arn": "prod", "namespaces": ["ci"], "service_accounts": ["*"]}]},
        "'prod' is not the ARN of an EKS cluster",
    ),
    (github(owner_id="12"), "repository_id: is missing, and subjects with ids need both ids"),
    (github(subject_form="ids"), "owner_id: is missing, and subjects with ids need both ids"),
    (github(subject_form="both"), "owner_id: is missing"),
    (github(subject_form="id", **GITHUB_IDS), "subject_form: 'id' is not one of the choices; use names, ids, both"),
    (github(owner_id="*", repository_id="1"), "owner_id: '*' is not a numeric id; write its digits in quotes"),
    (github(owner_id=12, repository_id="1"), "owner_id: 12 is not text; put it in quotes"),
    (github(branches=["*"]), "branches[0]: '*' holds a wildcard where an exact value is meant"),
    (github(branches=["refs/heads/main"]), "begins with refs/heads/; write the name alone: main"),
    (github(branches=["main:x"]), "holds a colon, which separates the parts of a subject"),
    (github(branches=["${aws:username}"]), "holds a colon"),
    (github(branches=["${x}"]), "holds ${, which IAM takes for a policy variable"),
    (github(branches=[" main"]), "cannot be part of a subject"),
    (github(branch_patterns=["x:*"]), "branch_patterns[0]: 'x:*' holds a colon"),
    (github(tags=["v*"]), "tags[0]: 'v*' holds a wildcard"),
    (github(tag_patterns=["refs/tags/v*"]), "write the name alone: v*"),
    (github(environments=["prod*"]), "environments[0]: 'prod*' holds a wildcard"),
    (github(pull_requests="yes"), "pull_requests: 'yes' is not true or false"),
    (github(issuer="http://x.example"), "issuer: 'http://x.example' is not an issuer's URL; write it as the tokens do"),
    (github(issuer="https://x.example/"), "without / at the end"),
    (github(issuer="https://x.example:port"), "issuer: 'https://x.example:port' is not an issuer's URL"),
    (oidc(issuer="https://x.example?tenant=a"), "issuer: 'https://x.example?tenant=a' is not an issuer's URL"),
    (github(audience="*"), "audience: '*' holds a wildcard; write the audience in full"),
    (one("gitlab", project_path="acme"), "project_path: 'acme' is not a GitLab project; write the groups and the proj"),
    (one("gitlab", project_path="acme/*", branches=["main"]), "without wildcards"),
    (one("gitlab", project_path="acme/site"), "trust.gitlab[0]: admits no job; name at least one branch or tag"),
    (one("bitbucket", workspace="acme", workspace_uuid="x"), "workspace_uuid: 'x' is not a UUID; write it as the prov"),
    (one("bitbucket", workspace="a/b"), "workspace: 'a/b' is not a Bitbucket workspace"),
    (one("bitbucket", repository_uuid="*"), "repository_uuid: '*' is not a UUID"),
    (one("bitbucket", environment_uuids=["*"]), "environment_uuids[0]: '*' is not a UUID"),
    (one("circleci", organization_id=UUID_1), "project_id: is missing; set it to the project's UUID"),
    (one("circleci", organization_id=UUID_1, project_id="*"), "project_id: '*' is not a UUID"),
    (one("circleci", organization_id=UUID_1, project_id=UUID_2, branches=["main"]), "vcs_origin: is missing, and bran"),
    (one("circleci", organization_id=UUID_1, project_id=UUID_2, vcs_origin="x"), "says nothing without branches or ta"),
    (one("buildkite", organization="acme", pipeline="*"), "pipeline: '*' is not a Buildkite slug"),
    (one("buildkite", organization="acme", pipeline="site"), "admits no job; name at least one branch or tag"),
    (one("hcp_terraform", organization="acme", project="*"), "project: '*' holds a wildcard"),
    (one("hcp_terraform", organization="acme", project="p"), "workspace: is missing; set it to the workspace's name"),
    (one("hcp_terraform", run_phases=["destroy"]), "run_phases[0]: 'destroy' is not one of the choices; use plan, app"),
    (one("azure_devops", organization_id="acme"), "organization_id: 'acme' is not a UUID"),
    (one("azure_devops", organization="a/b"), "organization: 'a/b' holds a slash"),
    (one("azure_devops", project="*"), "project: '*' holds a wildcard"),
    (one("azure_devops", organization_id=UUID_1, organization="a", project="b"), "azure_devops[0]: admits no pipeline"),
    (oidc(issuer="x.example"), "issuer: 'x.example' is not an issuer's URL"),
    (oidc(audiences=[]), "audiences: is missing or empty; list at least one audience"),
    (oidc(audiences=["a*"]), "audiences[0]: 'a*' holds a wildcard"),
    (oidc(subjects=[]), "subjects: is missing or empty; list the subject of at least one workload"),
    (oidc(subjects=["*"]), "subjects[0]: '*' holds a wildcard where an exact value is meant"),
    (oidc(subject_patterns=["*"]), "subject_patterns[0]: '*' begins with a wildcard, so it admits workloads of anybod"),
    (oidc(subjects=["a${b}"]), "holds ${, which IAM takes for a policy variable"),
    (oidc(issuer="https://gitlab.com", subject_patterns=["project_path:*"]), "everybody uses this issuer"),
    (oidc(issuer="https://token.actions.githubusercontent.com", subject_patterns=["repo:acme*"]), "of other owners"),
    (oidc(issuer="https://gitlab.com", subject_patterns=["project_path:acme/*"]), "admits every project"),
    (oidc(issuer="https://GitLab.com", subject_patterns=["project_path:*"]), "everybody uses this issuer"),
    (oidc(issuer="https://accounts.google.com", subject_patterns=["1*"]), "admits workloads of other owners"),
    (oidc(issuer="https://agent.buildkite.com", subject_patterns=["organization:*"]), "write the owner in full"),
    (oidc(issuer="https://app.terraform.io", subject_patterns=["organization:acme*"]), "of other owners"),
    (github(claims={"repository_id": ["*"]}), "claims.repository_id[0]: '*' is not a numeric id; write its digits in "),
    (github(claims={"repository_id": [1]}), "claims.repository_id[0]: 1 is not text; put it in quotes"),
    (github(claims={"repository_id": []}), "claims.repository_id: is empty, so that no token meets it; list a value"),
    (github(claims={"repository_owner": ["acme"]}), "repository_owner: ['acme'] is not an argument here; did you mean"),
    (github(claims={"actor": ["octo*"]}), "claims.actor[0]: 'octo*' holds a wildcard where an exact value is meant"),
    (github(claims={"ref": ["main"]}), "'main' is not a ref in full; write refs/heads/main for a branch, refs/tags/ma"),
    (github(claims={"ref": ["*"]}), "claims.ref[0]: '*' admits every value; leave the claim out, or write part of the"),
    (github(claims={"environment": ["a${b}"]}), "holds ${, which IAM takes for a policy variable; write the value"),
    (github(claims={"repository": ["site"]}), "'site' is not a repository with its owner; write it like acme/site"),
    (github(claims={"job_workflow_ref": ["deploy.yml@refs/heads/main"]}), "is not a reusable workflow with its ref; w"),
    (github(claims={"job_workflow_ref": ["*/.github/workflows/deploy.yml@refs/heads/main"]}), "is not a reusable work"),
    (
        github(issuer="https://github.example.com/_services/token", claims={"repository_id": ["1"]}),
        "claims: cannot be met: of tokens from https://github.example.com/_services/token, AWS compares subject and "
        "audience alone; leave the claims out",
    ),
    (github(repository=None, claims={"repository_owner_id": ["1"]}), "trust.github[0].repository: is missing"),
    (github(branches=[], claims={"repository_id": ["1"]}), "trust.github[0]: admits no workflow; name at least one"),
    (github(role_authorized_by_idp="yes"), "role_authorized_by_idp: 'yes' is not true or false"),
    (github(session_tags={"team": []}), "trust.github[0].session_tags: {'team': []} is not an argument here"),
    (
        one("gitlab", project_path="acme/site", branches=["main"], issuer="https://gitlab.example.com", claims={}),
        "of tokens from https://gitlab.example.com, AWS compares subject and audience alone; leave the claims out",
    ),
    (one("gitlab", project_path="a/b", claims={"ref_protected": "true"}), "ref_protected: 'true' is not true or false"),
    (one("gitlab", project_path="a/b", claims={"ref_protected": False}), "admits no job; name at least one branch or"),
    (one("gitlab", project_path="a/b", claims={"project_id": ["1"]}), "admits no job; name at least one branch or tag"),
    (one("gitlab", claims={"project_id": ["1"], "ref_protected": True}), "project_path: is missing; set it to the pro"),
    (one("buildkite", organization="acme", branches=["main"]), "pipeline: is missing; set it to the pipeline's slug"),
    (one("buildkite", organization="acme", pipeline="a", claims={"cluster_id": ["x"]}), "cluster_id[0]: 'x' is not a "),
    (one("circleci", organization_id=UUID_1, claims={"project_id": ["x"]}), "claims.project_id[0]: 'x' is not a UUID"),
    (one("bitbucket", claims={"step": ["x"]}), "claims: {'step': ['x']} cannot be met: of this system's tokens, AWS c"),
    (one("hcp_terraform", claims={}), "trust.hcp_terraform[0].claims: {} cannot be met: of this system's tokens"),
    (one("azure_devops", claims={}), "trust.azure_devops[0].claims: {} cannot be met: of this system's tokens"),
    (one("google"), "trust.google[0].service_account_ids: is missing or empty; list the id of at least one account"),
    (one("google", service_account_ids=["a@b.iam"]), "service_account_ids[0]: 'a@b.iam' is not the unique id of a ser"),
    (oidc(claims={"project_id": ["1"]}), "trust.oidc[0].claims.project_id: ['1'] is no claim that AWS compares of tok"),
    (oidc(issuer="https://gitlab.com", claims={"ref": ["main"]}), "use one of project_id, namespace_id, user_id, ref_"),
    (oidc(issuer="https://gitlab.com", claims={"project_id": ["x"]}), "claims.project_id: ['x'] is not a numeric id"),
    (oidc(issuer="https://gitlab.com", claims={"project_id": []}), "claims.project_id: is empty, so that no token"),
    (oidc(issuer="https://gitlab.com", claims={"project_id": "1"}), "claims.project_id: '1' is not a list"),
    (oidc(require_session_tags=True), "trust.oidc[0].require_session_tags: True says nothing without session_tags"),
    (
        {**oidc(session_tags={"team": []}), "conditions": {"session_tags": {"team": []}}},
        "trust.conditions.session_tags: stands in an entry already; keep one of the two",
    ),
    (one("saml", provider_name="a/b", subjects=["x"]), "provider_name: 'a/b' is not the name of a SAML provider"),
    (one("saml", provider_name="idp"), "subjects: is missing or empty; list the subject of at least one identity"),
    (one("saml", provider_name="idp", subjects=["*"]), "subjects[0]: '*' holds a wildcard"),
    (when(source_ips=["0.0.0.0/0"]), "trust.conditions.source_ips[0]: '0.0.0.0/0' is everywhere"),
    (when(source_ips=["0.0.0.0/1", "203.0.113.0/24", "128.0.0.0/1"]), "source_ips: ['0.0.0.0/1', '203.0.113.0/24"),
    (when(source_ips=["::/1", "8000::/1"]), "'8000::/1'] are everywhere together; leave the argument out"),
    (when(source_ips=["10.1.0.0/16"]), "is a private network, and AWS sees public addresses; name its VPC endpoint"),
    (when(source_ips=["203.0.113.1/24"]), "is not an address or network"),
    (when(source_ips=["office"]), "write it like 203.0.113.7 or 203.0.113.0/24"),
    (when(vpc_endpoints=["vpc-1"]), "vpc_endpoints[0]: 'vpc-1' is not the id of a VPC endpoint"),
    (when(vpc_endpoint_accounts=["4"]), "vpc_endpoint_accounts[0]: '4' is not an AWS account id"),
    (when(vpc_endpoint_organizations=["*"]), "vpc_endpoint_organizations[0]: '*' is not the id of an organization; wr"),
    (when(vpc_arns=["vpc-0123456789abcdef0"]), "vpc_arns[0]: 'vpc-0123456789abcdef0' is not the ARN of a VPC; wri"),
    (when(require_mfa=1), "require_mfa: 1 is not true or false"),
    (when(mfa_max_age=0), "mfa_max_age: 0 is not an age that can come true; use 1 to 129600 seconds"),
    (
        {
            "organizations": [
                {"organization_id": "o-a1b2c3d4e5", "principal_arn_patterns": ["arn:aws-cn:iam::*:role/site"]}
            ]
        },
        "trust.organizations[0].principal_arn_patterns[0]: 'arn:aws-cn:iam::*:role/site' lies in another partition",
    ),
    (when(session_tags={"team": ["日本"]}), "has a key or value, at 'team', that AWS takes in no policy"),
    (when(session_name_patterns=["*"]), "session_name_patterns[0]: '*' admits every session name"),
    (when(session_name_patterns=["a b"]), "'a b' matches no session name"),
    (when(session_name_patterns=["?"]), "'?' matches no session name; use 2 to 64 letters"),
    (when(source_identities=["a b"]), "'a b' matches no source identity"),
    (when(source_identities=["a"]), "'a' matches no source identity; use 2 to 64 letters"),
    (when(session_tags=["team"]), "session_tags: ['team'] is not a mapping"),
    (when(session_tags={"team": "web"}), "is not a list"),
    (when(session_tags={"aws:team": []}), "that AWS keeps for itself"),
    (when(session_tags={"team": ["<>"]}), "has a value for 'team' that IAM does not accept"),
    (when(session_tags={"team": [1]}), "has a value for 'team' that is not text"),
    (when(require_session_tags=True), "require_session_tags: True says nothing without session_tags"),
    (when(further={"StringEquals": {"x": ["y"]}}), "has the condition key 'x', which has no service prefix"),
    (when(further={"StringEqual": {"aws:x": ["y"]}}), "has the operator 'StringEqual', which IAM does not know"),
    (
        {**github(), "conditions": {"further": {"StringEquals": {"Token.actions.githubusercontent.com:sub": "x"}}}},
        "stands in a statement already; leave it out, or use another operator",
    ),
    (when(mfa=True), "trust.conditions.mfa: True is not an argument here; did you mean"),
]  # fmt: skip


def test_the_claims_that_a_form_takes_are_those_that_aws_reads_of_its_issuer() -> None:
    issuers = {
        "token.actions.githubusercontent.com": GITHUB_CLAIMS,
        "token.actions.githubusercontent.com/acme": GITHUB_CLAIMS,
        "token.actions.acme.ghe.com": GITHUB_CLAIMS,
        "github.com/enterprises/acme": GITHUB_CLAIMS,
        "gitlab.com": GITLAB,
        "agent.buildkite.com": BUILDKITE,
        "agent.acme.buildkite.site": BUILDKITE,
        f"oidc.circleci.com/org/{UUID_1}": CIRCLECI,
        "accounts.google.com": GOOGLE,
    }
    of_every_issuer = {"amr", "aud", "email", "oaud", "sub"}
    for issuer, table in issuers.items():
        taken = {claim.key for claim in table.values()}
        assert claims_of(issuer) is table
        assert taken == set(issuer_of(issuer).claims) - of_every_issuer, issuer
        assert taken == claims_that_aws_reads(issuer) - of_every_issuer, issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "gitlab.example.com",
        "gitlab.com/group",
        "github.example.com/_services/token",
        "token.actions.githubusercontent.com/a/b",
        "evil.ghe.com",
        "token.actions.a.b.ghe.com",
        "app.terraform.io",
        "vstoken.dev.azure.com/acme",
        "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF",
    ],
)
def test_of_other_issuers_subject_and_audience_alone_are_compared(issuer: str) -> None:
    assert not claims_of(issuer)
    assert set(issuer_of(issuer).claims) == {"amr", "aud", "email", "oaud", "sub"}
    assert not claims_that_aws_reads(issuer)


def test_a_trust_policy_keeps_entries_with_other_claims_apart() -> None:
    claims = [{"repository_id": ["1"]}, {"repository_id": ["2"]}, {"repository_id": ["1"]}]
    entries = [
        {"owner": "acme", "branches": [branch], "claims": one_of_them}
        for branch, one_of_them in zip("abc", claims, strict=True)
    ]

    first, second = json.loads(trust_policy({"github": entries}))["Statement"]

    assert first["Condition"]["StringLike"][f"{GITHUB_ISSUER}:sub"] == [
        "repo:acme/*:ref:refs/heads/a",
        "repo:acme/*:ref:refs/heads/c",
    ]
    assert second["Condition"]["StringEquals"][f"{GITHUB_ISSUER}:repository_id"] == "2"


def test_who_is_named_twice_is_trusted_once() -> None:
    def users(*names: str) -> object:
        trust = {"users": [f"{OURS}:user/{name}" for name in names]}
        recording = declare(lambda: PipelineRole("site", role_args(trust=trust)))
        return json.loads(recording.outputs["trust_policy"])["Statement"][0]["Principal"]["AWS"]

    assert users("a", "a") == f"{OURS}:user/a"
    assert users("a", "b") == [f"{OURS}:user/a", f"{OURS}:user/b"]


@pytest.mark.parametrize(("trust", "message"), REFUSED)
def test_trust_that_is_unsafe_or_impossible_is_refused(trust: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        declare(lambda: PipelineRole("site", role_args(trust=trust)))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "keyed"}, "mode: 'keyed' is not one of the choices; use keys, keyless, both"),
        ({"mode": "keyless"}, "trust: names nobody"),
        ({"mode": "both", "trust": {}}, "trust: names nobody beside the user, so that nobody gets in without keys"),
        ({"mode": "both", "trust": {"conditions": {"require_mfa": True}}}, "trust: names nobody beside the user"),
        ({"mode": "both"}, "trust: is missing, so that nobody gets in without keys; name one"),
    ],
)
def test_a_mode_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        declare(lambda: PipelineIdentity("site", identity_args(**changes)))
    assert message in str(error.value)


def test_services_are_trusted_for_whom_they_say_they_act_and_pods_by_cluster_and_service_account() -> None:
    trust = {
        "services": [
            {
                "service": "codebuild.amazonaws.com",
                "source_arns": ["arn:aws:codebuild:eu-west-1:111122223333:project/site-*"],
            },
            # It does not say for whom it acts, so that a condition would shut it out.
            {"service": "ec2.amazonaws.com"},
        ],
        "pod_identities": [
            {
                "cluster_arn": "arn:aws:eks:eu-west-1:111122223333:cluster/ci",
                "namespaces": ["build"],
                "service_accounts": ["deployer"],
            }
        ],
    }
    recording = declare(lambda: PipelineRole("site", role_args(trust=trust)))

    document = recording.one("aws:iam/role:Role").inputs["assumeRolePolicy"]
    assert_golden("role/services", document)
    assert check_trust_policy(document, settings=Settings(trusted_accounts=["111122223333"])) == []


def test_25_repositories_fit_into_one_role() -> None:
    github = [{"owner": "acme", "repository": f"service-{number:02}", "branches": ["main"]} for number in range(25)]
    recording = declare(lambda: PipelineRole("site", role_args(trust={"github": github})))

    (statement,) = recording.one("aws:iam/role:Role").document("assumeRolePolicy")["Statement"]
    assert len(statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]) == 25


def test_entries_that_differ_in_more_than_the_subject_stay_apart() -> None:
    site = {"owner": "acme", "repository": "site", "branches": ["main"]}
    others = [
        {**site, "audience": "other"},
        {**site, "further": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}},
    ]
    for other in others:
        trust = {"github": [site, {**other, "repository": "shop"}]}
        recording = declare(lambda trust=trust: PipelineRole("site", role_args(trust=trust)))
        assert len(recording.one("aws:iam/role:Role").document("assumeRolePolicy")["Statement"]) == 2
