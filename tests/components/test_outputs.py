"""The outputs of other resources as arguments: the list of those that take them is complete."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pipeline_identity
import pulumi
import pytest
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineRole, PipelineUser, PipelineWatch
from pipeline_identity.trust.claims import BUILDKITE, CIRCLECI, GITHUB, GITLAB, GOOGLE

from tests.components.cases import ACCOUNT, ROLE_ARN, USER_ARN, identity_args, role_args, user_args
from tests.components.recording import Recording, declare, record
from tests.components.test_every_argument import BASES, schema

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER = "444455556666"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/pipelines/limits"
BUCKET = "arn:aws:s3:::example-site/*"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:alarms"
VPC = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/vpc-0123456789abcdef0"
ENDPOINT = "vpce-0123456789abcdef0"
UUID = "11111111-2222-3333-4444-555555555555"
STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop/*"
STATEMENT = {"sid": "Further", "actions": ["s3:GetObject"], "resources": [BUCKET]}
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET}}
)

Step = str | int


@dataclass(frozen=True)
class Leaf:
    """One argument that takes outputs.

    Attributes:
        component: The component.
        path: Where it stands; `*` for a key of the user's.
        value: A value that is accepted.
        beside: What else must be written for it.
    """

    component: str
    path: tuple[Step, ...]
    value: str
    beside: dict[str, Any]

    def args(self, value: Any) -> Any:
        return _merged(dict(BASES[self.component]), _at(self.path, value), self.beside)

    def __str__(self) -> str:
        return f"{self.component}." + ".".join(map(str, self.path))


def _at(path: tuple[Step, ...], value: Any) -> Any:
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {"team" if step == "*" else step: value}
    return value


def _merged(first: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    for other in others:
        for name, value in other.items():
            first = {**first, name: _both(first.get(name), value)}
    return first


def _both(before: Any, value: Any) -> Any:
    if isinstance(value, dict) and isinstance(before, dict):
        return _merged(cast("dict[str, Any]", before), cast("dict[str, Any]", value))
    if isinstance(value, list) and isinstance(before, list) and isinstance(value[0], dict):
        return [_both(cast("list[Any]", before)[0], value[0])]
    return cast("Any", value)


def leaf(component: str, path: str, value: str, **beside: Any) -> Leaf:
    steps = tuple(int(step) if step.isdigit() else step for step in path.split("."))
    return Leaf(component, steps, value, beside)


def _permissions(component: str) -> list[Leaf]:
    sets = {
        "static_site.bucket": "example-site",
        "static_site.prefix": "public/",
        "static_site.distribution_arns.0": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
        "static_site.kms_key_arn": KEY,
        "cdk.account_ids.0": ACCOUNT,
        "cloudformation.stack_arns.0": STACK,
        "cloudformation.execution_role_arn": ROLE_ARN,
        "outbound_tokens.audiences.0": "https://api.example.com",
        "eks.cluster_arns.0": f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/shop",
        "container_service.service_arns.0": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/web/shop",
        "container_service.pass_role_arns.0": ROLE_ARN,
        "lambda_functions.function_arns.0": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders",
        "ecr_push.repository_arns.0": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/shop",
        "state_in_s3.bucket": "example-state",
        "state_in_s3.prefix": "shop/",
        "state_in_s3.lock_table_arn": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/locks",
        "state_in_s3.kms_key_arn": KEY,
    }
    needed: dict[str, Any] = {
        "static_site": {"bucket": "example-site"},
        "container_service": {
            "service_arns": [f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/web/shop"],
            "pass_role_arns": [ROLE_ARN],
        },
        "lambda_functions": {},
        "cdk": {"account_ids": [ACCOUNT], "regions": ["eu-west-1"]},
        "cloudformation": {"stack_arns": [STACK], "execution_role_arn": ROLE_ARN},
        "eks": {},
        "outbound_tokens": {},
        "ecr_push": {},
        "state_in_s3": {"bucket": "example-state"},
    }
    found: list[Leaf] = []
    for path, value in sets.items():
        name, argument, *_ = path.split(".")
        others = {key: one for key, one in needed[name].items() if key != argument}
        found.append(leaf(component, f"starter_sets.{path}", value, starter_sets={name: others}))
    return [
        *found,
        leaf(component, "permissions.0.resources.0", BUCKET, permissions=[{"actions": ["s3:GetObject"]}]),
        leaf(component, "permissions.0.conditions.StringLike.s3:prefix.0", "public/*"),
        leaf(component, "policy_documents.*", DOCUMENT),
        leaf(component, "managed_policies.*", POLICY),
    ]


def _boundary(component: str) -> list[Leaf]:
    at = "generated_boundary"
    allow = {"allow": [STATEMENT]}
    return [
        leaf(component, f"{at}.protected_resources.0", BUCKET),
        leaf(component, f"{at}.allow.0.resources.0", BUCKET, generated_boundary={"allow": [{"actions": ["s3:Get"]}]}),
        leaf(component, f"{at}.allow.0.conditions.StringLike.s3:prefix.0", "x", generated_boundary=allow),
    ]  # fmt: skip


def _claims(trusting: Callable[..., Leaf]) -> list[Leaf]:
    """The claims of tokens: ids often come from the resources of the CI system's own provider."""
    entries: dict[str, dict[str, Any]] = {
        "github": {"owner": "acme", "repository": "site", "branches": ["main"]},
        "gitlab": {"project_path": "acme/site", "branches": ["main"]},
        "buildkite": {"organization": "acme", "pipeline": "site", "branches": ["main"]},
        "circleci": {"organization_id": UUID},
        "google": {"service_account_ids": ["108642097531864209753"]},
    }
    tables = {"github": GITHUB, "gitlab": GITLAB, "buildkite": BUILDKITE, "circleci": CIRCLECI, "google": GOOGLE}
    values = {
        "job_workflow_ref": "acme/ci/.github/workflows/deploy.yml@refs/heads/main",
        "ref": "refs/heads/main",
        "repository": "acme/site",
    }

    def value(form: str, name: str) -> str:
        by_uuid = form in ("buildkite", "circleci") and name.endswith("_id")
        return UUID if by_uuid else "4711" if name.endswith(("_id", "_number")) else values.get(name, "web")

    found = [
        trusting(f"{form}.0.claims.{name}.0", value(form, name), **{form: [entries[form]]})
        for form, table in tables.items()
        for name in table
        if name != "ref_protected"
    ]
    oidc = {"issuer": "https://gitlab.com", "audiences": ["a"], "subjects": ["project_path:acme/site:x"]}
    return [
        *found,
        trusting("google.0.service_account_ids.0", "108642097531864209753"),
        trusting("buildkite.0.session_tags.*.0", "web", buildkite=[entries["buildkite"]]),
        trusting("oidc.0.session_tags.*.0", "web", oidc=[oidc]),
        trusting("oidc.0.claims.ref_protected.0", "true", oidc=[oidc]),
    ]


def _trust(component: str) -> list[Leaf]:
    account = {"account_id": OTHER, "external_ids": ["example-id"]}
    organization = {"organization_id": "o-a1b2c3d4e5"}
    user = {"users": [USER_ARN]}

    def trusting(path: str, value: str, **trust: Any) -> Leaf:
        return leaf(component, f"trust.{path}", value, trust=trust)

    return [
        trusting("users.0", USER_ARN.replace("site-pipeline", "other")),
        trusting("roles.0", ROLE_ARN.replace("site-publisher", "other"), **user),
        trusting("accounts.0.account_id", OTHER, accounts=[{"external_ids": ["example-id"]}]),
        trusting("accounts.0.external_ids.0", "example-id", accounts=[{"account_id": OTHER}]),
        trusting("accounts.0.principals.0", f"arn:aws:iam::{OTHER}:role/x", accounts=[account]),
        trusting("organizations.0.organization_id", "o-a1b2c3d4e5", **user),
        trusting("organizations.0.paths.0", "o-a1b2c3d4e5/r-ab12/", organizations=[organization]),
        trusting("organizations.0.principal_arn_patterns.0", "arn:aws:iam::*:role/x", organizations=[organization]),
        trusting("saml.0.provider_name", "example", saml=[{"subjects": ["someone"]}]),
        *_claims(trusting),
        trusting("conditions.source_ips.0", "203.0.113.0/24", **user),
        trusting("conditions.vpc_endpoints.0", ENDPOINT, **user),
        trusting("conditions.vpc_endpoint_accounts.0", OTHER, **user),
        trusting("conditions.vpc_endpoint_organizations.0", "o-a1b2c3d4e5", **user),
        trusting("conditions.vpc_arns.0", VPC, **user),
        trusting("conditions.session_tags.*.0", "web", **user),
        trusting("conditions.further.StringEquals.aws:RequestedRegion.0", "eu-west-1", **user),
    ]


def _watch(component: str, at: str, **needed: Any) -> list[Leaf]:
    def watching(path: str, value: str) -> Leaf:
        return leaf(component, f"{at}{path}", value, **needed)

    return [
        watching("policy_arns.0", POLICY),
        watching("emails.0", "pipelines@example.com"),
        watching("queues.0", QUEUE),
        watching("source_ips.0", "203.0.113.0/24"),
        watching("vpc_endpoints.0", ENDPOINT),
    ]


def _keys(component: str) -> Leaf:
    return leaf(component, "keys.kms_key_arn", KEY, keys={"secret": "parameter-store"})


def _role_account(component: str) -> list[Leaf]:
    there = {"region": "eu-west-1", "account_id": OTHER}
    role = f"arn:aws:iam::{OTHER}:role/x"
    given: list[tuple[str, str, dict[str, Any]]] = [
        ("account_id", OTHER, {"region": "eu-west-1"}),
        ("external_ids.0", "example-id", there),
        ("permissions_boundary", f"arn:aws:iam::{OTHER}:policy/x", there),
        ("assume_role_arn", role, there),
        ("assume_role_external_id", "example-id", {**there, "assume_role_arn": role}),
    ]
    return [leaf(component, f"role_account.{path}", value, role_account=beside) for path, value, beside in given]


LEAVES = [
    *[leaf(component, "account_id", ACCOUNT) for component in BASES],
    *[leaf(component, "tags.*", "web") for component in BASES if component != "PipelineTokenIssuer"],
    *[
        leaf(name, "permissions_boundary", POLICY)
        for name in ("PipelineIdentity", "PipelineRole", "PipelineUser", "PipelineStages")
    ],
    *[one for name in ("PipelineIdentity", "PipelineRole") for one in (*_permissions(name), *_boundary(name))],
    *[one for name in ("PipelineIdentity", "PipelineRole") for one in _trust(name)],
    *[_keys(name) for name in ("PipelineIdentity", "PipelineUser")],
    leaf("PipelineUser", "roles.0", ROLE_ARN),
    leaf("PipelineUser", "source_ips.0", "203.0.113.0/24"),
    leaf("PipelineUser", "vpc_endpoints.0", ENDPOINT),
    leaf("PipelineUser", "vpc_endpoint_accounts.0", OTHER),
    leaf("PipelineUser", "vpc_endpoint_organizations.0", "o-a1b2c3d4e5"),
    leaf("PipelineUser", "vpc_arns.0", VPC),
    *_watch("PipelineWatch", ""),
    leaf("PipelineWatch", "kms_keys.eu-west-1", KEY),
    leaf("PipelineWatch", "user_arn", USER_ARN),
    leaf("PipelineWatch", "role_arn", ROLE_ARN),
    *_watch("PipelineIdentity", "watch.", watch={"regions": ["eu-west-1"]}),
    leaf("PipelineIdentity", "watch.kms_keys.eu-west-1", KEY, watch={"regions": ["eu-west-1"]}),
    leaf("PipelineIdentity", "watch.tags.*", "web", watch={"regions": ["eu-west-1"]}),
    *_role_account("PipelineIdentity"),
    leaf("PipelineTrail", "kms_key_arn", KEY),
    leaf("PipelineTrail", "log_group_arn", LOG_GROUP, log_group_role_arn=ROLE_ARN),
    leaf("PipelineTrail", "log_group_role_arn", ROLE_ARN, log_group_arn=LOG_GROUP),
    _keys("PipelineStages"),
    *[
        Leaf("PipelineStages", ("stages", "prod", *one.path), one.value, {"stages": {"prod": one.beside}})
        for part in (_permissions, _boundary, _trust, _role_account)
        for one in part("PipelineStages")
    ],
]
UNKNOWN = pulumi.output.Unknown()
"""What stands for a value that a preview cannot know."""


def _tried() -> list[Leaf]:
    """The arguments to try: of the claims of a form, which are read by one function, the first of a role's."""
    seen: set[tuple[Step, ...]] = set()
    found: list[Leaf] = []
    for case in LEAVES:
        at = case.path[: case.path.index("claims")] if "claims" in case.path else case.path
        if at is case.path or (case.component == "PipelineRole" and at not in seen):
            seen.add(at)
            found.append(case)
    return found


every_leaf = pytest.mark.parametrize("case", _tried(), ids=str)


def _component(case: Leaf, args: Any) -> Any:
    return getattr(pipeline_identity, case.component)("site", args)


def _registered(recording: Recording) -> list[tuple[str, str, dict[str, Any]]]:
    return sorted((one.type, one.name, one.inputs) for one in recording.resources)


def _from_the_schema(described: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if "$ref" in described:
        properties = schema()["types"][described["$ref"].removeprefix("#/types/")].get("properties", {})
        return [one for name, inner in properties.items() for one in _from_the_schema(inner, (*path, _snake(name)))]
    inner = described.get("items") or described.get("additionalProperties")
    if inner:
        return _from_the_schema(inner, path)
    return [] if described.get("plain") else [path]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def test_the_list_is_complete() -> None:
    expected = {
        (token.rsplit(":", 1)[-1], *path)
        for token, resource in schema()["resources"].items()
        for name, described in resource["inputProperties"].items()
        for path in _from_the_schema(described, (_snake(name),))
    }
    maps = ("*", "prod", "StringLike", "StringEquals", "s3:prefix", "aws:RequestedRegion", "eu-west-1", "ref_protected")
    listed = {
        (case.component, *(step for step in case.path if isinstance(step, str) and step not in maps)) for case in LEAVES
    }

    assert listed == expected


@every_leaf
def test_a_known_output_makes_what_the_plain_value_makes(case: Leaf) -> None:
    plain = record(lambda: _component(case, case.args(case.value)))
    by_output = record(lambda: _component(case, case.args(pulumi.Output.concat(case.value[:3], case.value[3:]))))

    names = {"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:sns/topicSubscription:TopicSubscription"}
    assert [one for one in _registered(by_output) if one[0] not in names] == [
        one for one in _registered(plain) if one[0] not in names
    ]
    assert len(by_output.resources) == len(plain.resources)


@every_leaf
def test_an_output_that_comes_later_makes_the_same_in_the_update(case: Leaf) -> None:
    def program() -> None:
        made = pulumi.Output.from_input(_soon(case.value))
        _component(case, case.args(made))

    plain = record(lambda: _component(case, case.args(case.value)))
    later = record(program)

    assert [(one.type, one.inputs) for one in _sorted(later)] == [(one.type, one.inputs) for one in _sorted(plain)]


async def _soon(value: str) -> str:
    # More turns of the event loop than a component gives an output.
    for _ in range(500):
        await asyncio.sleep(0)
    return value


def _sorted(recording: Recording) -> list[Any]:
    return sorted(recording.resources, key=lambda one: (one.type, json.dumps(one.inputs, sort_keys=True)))


def _raw(recording: Recording) -> list[tuple[str, str, Any]]:
    return [(one.type, name, value) for one in recording.resources for name, value in one.raw.items()]


@every_leaf
def test_an_output_that_is_unknown_is_unknown_where_it_ends_and_nowhere_else(case: Leaf) -> None:
    plain = _raw(record(lambda: _component(case, case.args(case.value)), preview=True))
    unknown = _raw(record(lambda: _component(case, case.args(UNKNOWN)), preview=True))

    known = [one for one in unknown if not _holds_unknown(one[2])]
    # A user, a role and an identity provider do not say their account.
    assert len(unknown) > len(known) or case.path == ("account_id",)
    assert [one for one in known if one not in plain and "::" not in str(one[2])] == []


def _holds_unknown(value: Any) -> bool:
    return pulumi.runtime.rpc.UNKNOWN in json.dumps(value)


@every_leaf
def test_a_secret_stays_one(case: Leaf) -> None:
    def secrets(value: Any) -> Counter[str]:
        recording = record(lambda: _component(case, case.args(value)))
        return Counter(f"{one.type} {name}" for one in recording.resources for name in one.secrets)

    unknown = record(lambda: _component(case, case.args(UNKNOWN)), preview=True)
    # What only a preview with unknown parts shows is in no update.
    needing = [(type_, name) for type_, name, value in _raw(unknown) if _holds_unknown(value)]
    needs_it = Counter(f"{type_} {name}" for type_, name in needing if name != "permissionsInPart")

    assert secrets(pulumi.Output.secret(case.value)) - secrets(case.value) == needs_it


OUTPUTS = {"PipelineRole": "role_arn", "PipelineUser": "user_arn", "PipelineOidcProvider": "provider_arn"}


@pytest.mark.parametrize("component", OUTPUTS)
def test_the_outputs_of_a_component_follow_its_arguments(component: str) -> None:
    def outputs(account: Any, *, preview: bool = False) -> Recording:
        args = {**BASES[component], "account_id": account}
        return declare(lambda: getattr(pipeline_identity, component)("site", args), preview=preview)

    name = OUTPUTS[component]
    plain = outputs(ACCOUNT)
    assert outputs(pulumi.Output.from_input(ACCOUNT)).outputs == plain.outputs
    assert outputs(pulumi.Output.from_input(_soon(ACCOUNT))).outputs == plain.outputs
    assert name in outputs(pulumi.Output.secret(ACCOUNT)).secret
    assert name in outputs(UNKNOWN, preview=True).unknown


def _statement(resource: Any) -> Any:
    return [{"actions": ["s3:GetObject"], "resources": [resource]}]


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"permissions": _statement("example-site")}, "permissions[0].resources[0]: 'example-site' is not an ARN"),
    ({"account_id": "1111"}, "account_id: '1111' is not an AWS account id; use its 12 digits"),
    ({"tags": {"team": "<web>"}}, "tags: {'team': '<web>'} has a value for 'team' that IAM does not accept"),
    ({"permissions_boundary": f"arn:aws:iam::{OTHER}:policy/x"}, "is a policy of another account"),
    (
        {"managed_policies": {"read": f"arn:aws:iam::{ACCOUNT}:role/x"}},
        "has under 'read' what is not the ARN of one policy",
    ),
    ({"policy_documents": {"own": '{"Id": "own"}'}}, "does not have the Version 2012-10-17"),
    ({"permissions": _statement(f"arn:aws:s3:::{'x' * 10_200}")}, "AWS takes 10240 inline; shorten them"),
    ({"trust": {"users": [f"arn:aws:iam::{OTHER}:user/x"]}}, "is not of the account 111122223333"),
    ({"trust": {"conditions": {"source_ips": ["0.0.0.0/0"]}}}, "is everywhere; leave the argument out"),
]


def _each_text(value: Any, output: Callable[[str], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _each_text(one, output) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [one if ":Get" in str(one) else _each_text(one, output) for one in cast("list[Any]", value)]
    return output(value)


@pytest.mark.parametrize(("changes", "message"), INVALID)
def test_a_known_output_that_is_invalid_is_refused_before_anything_is_registered(
    changes: dict[str, Any], message: str
) -> None:
    args = _each_text(changes, lambda text: pulumi.Output.concat(text[:2], text[2:]))

    recording = Recording()

    with pytest.raises(ArgumentError) as error:
        record(lambda: PipelineIdentity("site", identity_args(**args)), into=recording)
    assert message in str(error.value)
    assert recording.resources == []


@pytest.mark.parametrize(("changes", "message"), INVALID)
def test_an_output_that_turns_out_invalid_fails_the_update_before_what_carries_it(
    changes: dict[str, Any], message: str
) -> None:
    args = _each_text(changes, lambda text: pulumi.Output.from_input(_soon(text)))
    recording = Recording()

    with pytest.raises(ArgumentError) as error:
        record(lambda: PipelineIdentity("site", identity_args(**args)), into=recording)
    assert message in str(error.value)
    written = json.dumps([one.inputs for one in recording.resources])
    assert not [text for text in _texts(changes) if json.dumps(text)[1:-1] in written]


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    _each_text(value, found.append)
    return found


def test_a_secret_that_is_invalid_is_not_shown() -> None:
    hidden = pulumi.Output.secret("hidden-by-its-owner")

    with pytest.raises(ArgumentError) as error:
        record(lambda: PipelineIdentity("site", identity_args(permissions=_statement(hidden), tags={"team": hidden})))
    assert "permissions[0].resources[0]: '[secret]' is not an ARN" in str(error.value)
    assert "hidden-by" not in str(error.value)


def test_text_that_must_be_plain_may_be_an_output_only_while_it_is_known() -> None:
    name = pulumi.Output.from_input("site-publisher")
    assert record(lambda: PipelineIdentity("site", identity_args(role_name=name)))

    with pytest.raises(ArgumentError, match=r"role_name: is an output that is not known before the update"):
        record(lambda: PipelineIdentity("site", identity_args(role_name=UNKNOWN)), preview=True)


def test_a_secret_is_rejected_where_it_would_not_stay_one() -> None:
    with pytest.raises(ArgumentError, match=r"user_name: is a secret, and does not stay one") as error:
        record(lambda: PipelineIdentity("site", identity_args(user_name=pulumi.Output.secret("hidden-by-its-owner"))))
    assert "hidden-by" not in str(error.value)

    unsecret = pulumi.Output.unsecret(pulumi.Output.secret("site-pipeline"))
    assert record(lambda: PipelineIdentity("site", identity_args(user_name=unsecret)))


def test_no_output_is_written_into_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    # With this, Pulumi raises where it only warns otherwise.
    monkeypatch.setenv("PULUMI_ERROR_OUTPUT_STRING", "true")
    args: Any = {"role_arn": ROLE_ARN, "regions": ["eu-west-1"], "queues": [UNKNOWN]}

    recording = record(lambda: PipelineWatch("site", account_id=ACCOUNT, **args), preview=True)

    assert "site-sqs-0-eu-west-1" in [one.name for one in recording.resources]


def test_the_package_takes_its_own_outputs() -> None:
    def program() -> None:
        watch = PipelineWatch("watch", account_id=ACCOUNT, regions=["eu-west-1"], role_arn=ROLE_ARN)
        boundary: Any = {"protected_resources": watch.protected_arns}
        identity = PipelineIdentity("site", identity_args(generated_boundary=boundary, tags={"team": "web"}))
        role = PipelineRole("role", role_args(role_name="other", trust={"users": [identity.user_arn]}))
        PipelineUser("user", user_args(user_name="other", roles=[role.role_arn, identity.role_arn]))
        arns: Any = {"user_arn": identity.user_arn, "role_arn": identity.role_arn}
        policies: Any = [identity.permissions_boundary]
        PipelineWatch("second", account_id=ACCOUNT, regions=["eu-west-1"], policy_arns=policies, **arns)

    for preview in (False, True):
        recording = record(program, preview=preview)
        assert not [one for one in _raw(recording) if _holds_unknown(one[2]) and one[1] not in ("user", "role")]
        (policy,) = [one for one in recording.resources if one.name == "user-assume-roles"]
        assert "role/pipelines/other" in policy.inputs["policy"]


def test_a_preview_says_what_it_cannot_know(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def info(text: str, **_: Any) -> None:
        said.append(text)

    monkeypatch.setattr("pulumi.log.info", info)

    record(lambda: PipelineIdentity("site", identity_args(permissions=_statement(UNKNOWN))), preview=True)

    assert "not known before the update, and checked then: permissions[0].resources[0]" in said
    (document,) = [text for text in said if text.startswith("policy permissions, as far as it is known: ")]
    assert '"Resource":"<permissions[0].resources[0]>"' in document
    assert '"Action":"s3:GetObject"' in document


def test_permissions_are_split_alike_whether_they_are_known_or_not() -> None:
    resources = [f"arn:aws:s3:::{number:03}-{'x' * 200}/*" for number in range(60)]
    kinds: list[Callable[[str], Any]] = [
        lambda text: pulumi.Output.from_input(text),
        lambda text: pulumi.Output.from_input(_soon(text)),
        lambda _: UNKNOWN,
    ]
    policies: list[list[str]] = []
    for kind in kinds:
        args = identity_args(
            permissions=[statement for one in resources for statement in _statement(kind(one))], large_policies="split"
        )
        recording = record(lambda args=args: PipelineIdentity("site", args), preview=kind is kinds[-1])
        policies.append(sorted(one.name for one in recording.resources if one.type == "aws:iam/policy:Policy"))

    assert len(policies[0]) > 1
    assert policies == [policies[0]] * len(kinds)


def _role_component(recording: Recording) -> Any:
    (role,) = [one for one in recording.resources if one.type == "pipeline-identity:index:PipelineRole"]
    return role.raw


def test_a_preview_shows_packs_the_permissions_of_which_it_knows_a_part() -> None:
    known = pulumi.Output.from_input("arn:aws:s3:::known/*")
    unknown_bucket = pulumi.Output.from_input(cast("Any", UNKNOWN))
    resources = [UNKNOWN, known, pulumi.Output.concat("arn:aws:s3:::", unknown_bucket, "/*")]
    statements = [{"actions": ["s3:GetObject"], "resources": resources}, {**STATEMENT, "sid": None}]
    args = identity_args(permissions=statements)

    shown = _role_component(record(lambda: PipelineIdentity("site", args), preview=True))["permissionsInPart"]

    first, second = shown["permissions"]["Statement"]
    unknown = pulumi.runtime.rpc.UNKNOWN
    assert first["Resource"] == [unknown, "arn:aws:s3:::known/*", unknown]
    assert first["Action"] == second["Action"] == "s3:GetObject"
    assert second["Resource"] == BUCKET


def test_a_document_that_is_unknown_as_a_whole_is_an_unknown_statement() -> None:
    args = identity_args(policy_documents={"further": UNKNOWN})

    shown = _role_component(record(lambda: PipelineIdentity("site", args), preview=True))["permissionsInPart"]

    assert shown == {"further": {"Version": "2012-10-17", "Statement": [pulumi.runtime.rpc.UNKNOWN]}}


def test_what_is_known_is_shown_in_no_part() -> None:
    def shown(*, preview: bool, **changes: Any) -> Any:
        return _role_component(record(lambda: PipelineIdentity("site", identity_args(**changes)), preview=preview))

    unknown = [{"actions": ["s3:GetObject"], "resources": [pulumi.Output.from_input(_soon(BUCKET))]}]
    assert shown(preview=True) == {}
    assert shown(preview=False, permissions=unknown) == {}


def test_a_secret_part_of_a_document_is_shown_to_packs_as_a_secret() -> None:
    resources = [UNKNOWN, pulumi.Output.secret("arn:aws:s3:::secret/*")]
    args = identity_args(permissions=[{"actions": ["s3:GetObject"], "resources": resources}])

    shown = _role_component(record(lambda: PipelineIdentity("site", args), preview=True))["permissionsInPart"]

    assert "secret/*" in json.dumps(shown)
    _, secret = shown["permissions"]["Statement"][0]["Resource"]
    assert secret["value"] == "arn:aws:s3:::secret/*"


@pytest.mark.parametrize("component", [one.component for one in LEAVES if one.path[0] == "tags"])
def test_secret_tags_are_secret_among_all_tags_too_and_others_are_not(component: str) -> None:
    def hiding(value: Any) -> list[bool]:
        args = _merged(dict(BASES[component]), {"tags": {"team": value}})
        recording = record(lambda: getattr(pipeline_identity, component)("site", args))
        tagged = [one for one in recording.resources if "tags" in one.inputs]
        return ["tagsAll" in one.request.additionalSecretOutputs for one in tagged]

    assert set(hiding(pulumi.Output.secret("web"))) == {True}
    assert set(hiding(pulumi.Output.from_input(_soon("web")))) == {True}
    assert set(hiding(pulumi.Output.from_input("web"))) == {False}


@pytest.mark.parametrize("preview", [True, False])
def test_a_mapping_that_is_a_known_output_is_as_if_it_were_written_out(*, preview: bool) -> None:
    def declared(conditions: Any, tags: Any) -> list[Any]:
        statement = {"actions": ["s3:GetObject"], "resources": [BUCKET], "conditions": conditions}
        args = identity_args(permissions=[statement], tags=tags)
        return _sorted(record(lambda: PipelineIdentity("site", args), preview=preview))

    def output(value: Any) -> Any:
        return pulumi.Output.from_input(value)

    plain = [one.inputs for one in declared({"StringLike": {"s3:prefix": ["a/*"]}}, {"team": "web"})]
    for conditions in (
        lambda: {"StringLike": output({"s3:prefix": ["a/*"]})},
        lambda: output({"StringLike": {"s3:prefix": [output("a/*")]}}),
        lambda: {"StringLike": {"s3:prefix": output(["a/*"])}},
    ):
        assert [one.inputs for one in declared(conditions(), output({"team": output("web")}))] == plain


def test_keys_of_conditions_that_nobody_knows_are_rejected_as_such() -> None:
    conditions: Any = {"StringLike": pulumi.Output.from_input(cast("Any", UNKNOWN))}
    statement = {"actions": ["s3:GetObject"], "resources": [BUCKET], "conditions": conditions}

    with pytest.raises(ArgumentError, match="has an output where operators and condition keys stand"):
        record(lambda: PipelineIdentity("site", identity_args(permissions=[statement])), preview=True)
