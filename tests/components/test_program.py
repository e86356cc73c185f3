"""The program: the settings of an environment become the identities of its pipelines."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml
from pipeline_identity import ArgumentError

from tests.components.recording import Recording, record

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ["dev", "prod"]


def settings_of(environment: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())["config"]


def run(config: dict[str, Any], environment: str = "dev") -> Recording:
    defaults = {"pipeline-identity:path": "/", "pipeline-identity:partition": "aws"}

    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    texts = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in {**defaults, **config}.items()
    }
    pulumi.runtime.set_all_config(
        {name.replace("pipeline-identity:", "pipelines:"): text for name, text in texts.items()}
    )
    return record(program, stack=environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pipeline_of_an_environment_gets_an_identity(environment: str) -> None:
    settings = settings_of(environment)
    recording = run(settings, environment)

    declared = [one.name for one in recording.resources if one.type.endswith(":PipelineIdentity")]
    assert sorted(declared) == sorted(settings["pipeline-identity:pipelines"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deployment_into_another_account_is_refused(environment: str) -> None:
    settings = settings_of(environment)
    provider = run(settings, environment).one("pulumi:providers:aws")

    assert json.loads(provider.inputs["allowedAccountIds"]) == [settings["pipeline-identity:accountId"]]
    assert provider.inputs["region"] == settings["aws:region"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_resource_is_made_by_that_provider(environment: str) -> None:
    recording = run(settings_of(environment), environment)
    provider = recording.one("pulumi:providers:aws").urn

    for resource in recording.resources:
        assert (
            resource.type in ("pulumi:providers:aws", "pulumi:index:Stash")
            or resource.request.custom is False
            or provider in resource.request.provider
        )


def test_environments_do_not_share_an_account() -> None:
    accounts = {settings_of(environment)["pipeline-identity:accountId"] for environment in ENVIRONMENTS}

    assert accounts == {"111122223333", "444455556666"}


def test_nothing_of_one_environment_is_named_in_another() -> None:
    dev = (ROOT / "Pulumi.dev.yaml").read_text()
    prod = (ROOT / "Pulumi.prod.yaml").read_text()

    assert "444455556666" not in dev
    assert "-prod" not in dev
    assert "111122223333" not in prod
    assert "-dev" not in prod


def test_a_pipeline_adds_its_tags_to_those_of_the_environment() -> None:
    recording = run(settings_of("dev"))

    (role,) = [one for one in recording.resources if one.type == "aws:iam/role:Role" and one.name == "site"]
    assert role.inputs["tags"] == {"environment": "dev", "managed-by": "pulumi", "team": "web"}


def test_names_come_from_the_pipeline_unless_they_are_given() -> None:
    settings = settings_of("dev")
    settings["pipeline-identity:pipelines"]["orders"] |= {"roleName": "orders-migrator"}
    recording = run(settings)

    names = {
        one.inputs["name"] for one in recording.resources if one.type in ("aws:iam/role:Role", "aws:iam/user:User")
    }
    assert names == {"site-pipeline", "orders-pipeline", "orders-migrator"}


def test_a_keyless_pipeline_waits_for_its_identity_provider() -> None:
    settings = settings_of("dev")
    github = {"issuer": "https://token.actions.githubusercontent.com", "audiences": ["sts.amazonaws.com"]}
    settings["pipeline-identity:identityProviders"] = {"github": github}
    trust = {"github": [{"owner": "acme", "repository": "site", "branches": ["main"]}]}
    settings["pipeline-identity:pipelines"]["site"] |= {"mode": "keyless", "trust": trust}
    recording = run(settings)

    provider = recording.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    (role,) = [one for one in recording.resources if one.type == "aws:iam/role:Role" and one.name == "site"]
    assert {"environment": "dev", "managed-by": "pulumi"}.items() <= provider.inputs["tags"].items()
    assert provider.urn in role.request.dependencies
    assert [one.name for one in recording.resources if one.type == "aws:iam/user:User"] == ["orders"]


def test_every_pipeline_is_watched_and_its_boundary_keeps_it_off_its_alarms() -> None:
    settings = settings_of("dev")
    settings["pipeline-identity:watch"] = {"emails": ["ops@example.com"], "sourceIps": ["203.0.113.0/24"]}
    settings["pipeline-identity:trail"] = {"trailName": "pipelines", "bucketName": "example-trail-dev"}
    settings["pipeline-identity:pipelines"]["site"] |= {
        "generatedBoundary": {},
        "watch": {"sourceIps": [], "sessionNames": ["site-*"]},
    }
    recording = run(settings)

    rules = {one.inputs["name"] for one in recording.resources if one.type == "aws:cloudwatch/eventRule:EventRule"}
    assert "orders-key-outside-networks" in rules
    assert "site-unknown-session-name" in rules
    assert "site-key-outside-networks" not in rules
    assert "site-policy-changed" in rules, "the boundary is watched"
    boundary = recording.one("aws:iam/policy:Policy").document("policy")
    protected = boundary["Statement"][-1]["Resource"] + boundary["Statement"][-2]["Resource"]
    account = "111122223333"
    assert {
        f"arn:aws:events:*:{account}:rule/site-*",
        f"arn:aws:sns:*:{account}:site-alarms",
        f"arn:aws:cloudtrail:us-east-1:{account}:trail/pipelines",
        "arn:aws:s3:::example-trail-dev/*",
    } <= set(protected)
    assert len([one for one in recording.resources if one.type == "aws:cloudtrail/trail:Trail"]) == 1


def test_the_settings_that_the_guides_show_are_accepted() -> None:
    settings = settings_of("dev")
    settings |= _shown("watch.md")["config"]
    site = settings["pipeline-identity:pipelines"]["site"]
    site["keys"] = _shown("keys.md")["pipeline-identity:pipelines"]["site"]["keys"]
    recording = run(settings)

    topics = [one.inputs["region"] for one in recording.resources if one.type == "aws:sns/topic:Topic"]
    assert sorted({*topics}) == ["eu-central-1", "eu-west-1", "us-east-1"]


def _shown(page: str) -> dict[str, Any]:
    text = (ROOT / "docs" / page).read_text()
    return yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])


def test_without_settings_nothing_is_watched() -> None:
    assert not [one for one in run(settings_of("dev")).resources if "Watch" in one.type or "Trail" in one.type]


def change(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(settings: dict[str, Any]) -> None:
        settings[f"pipeline-identity:{name}" if ":" not in name else name] = value

    return apply


def change_site(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(settings: dict[str, Any]) -> None:
        settings["pipeline-identity:pipelines"]["site"][name] = value

    return apply


@pytest.mark.parametrize(
    ("apply", "message"),
    [
        (change("accountId", "1111"), "Pulumi.dev.yaml: accountId: '1111' is not an AWS account id; use its 12 digits"),
        (change("accountId", ""), "accountId: '' is empty"),
        (change("aws:region", ""), "aws:region: '' is empty"),
        (change("path", "pipelines"), "path: 'pipelines' is not a path that IAM accepts; begin and end it"),
        (change("partition", "mars"), "partition: 'mars' is not an AWS partition"),
        (change("permissionsBoundary", "x"), "permissionsBoundary: 'x' is not the ARN of one policy"),
        (change("tags", {"aws:x": "y"}), "has a tag key 'aws:x' that AWS keeps for itself"),
        (change("pipelines", {}), "pipelines: {} has no pipelines; add at least one"),
        (change("pipelines", ["site"]), "pipelines: ['site'] is not a mapping"),
        (change("pipelines", {"my site": {}}), "has the name 'my site'; begin names with a letter"),
        (change("pipelines", {"site": None}), "is not a mapping; write names and values"),
        (change("identityProviders", {"github": {}}), "identityProviders.github.issuer: is missing; set it to the"),
        (change("identityProviders", "github"), "identityProviders: 'github' is not a mapping"),
        (change_site("roleName", "a b"), "Pulumi.dev.yaml: pipelines.site.roleName: 'a b' is not a name"),
        (change_site("maxSessionDuration", 60), "pipelines.site.maxSessionDuration: 60 is not a session duration"),
        (change_site("permissions", []), "pipelines.site.permissions: is missing or empty; write at least one"),
        (change_site("permission", []), "pipelines.site.permission: [] is not an argument here; did you mean"),
        (change_site("watch", {"emails": ["ops"]}), "pipelines.site.watch.emails[0]: 'ops' is not an e-mail address"),
        (change("watch", {"watchName": "all"}), "orders.watch.watchName: 'all' is taken by the pipeline site"),
        (change("trail", {"trailName": "pipelines"}), "trail.bucketName: is missing; set it to the name"),
        (change_site("keys", {"rotation": -1}), "pipelines.site.keys.rotation: -1 is not a step of a rotation"),
        (change_site("suspended", "now"), "pipelines.site.suspended: 'now' is not a moment in UTC"),
        (change_site("tags", "web"), "pipelines.site.tags: 'web' is not a mapping"),
        (change_site("userName", "Orders-Pipeline"), "is taken by the pipeline site; choose a name of its own"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused(apply: Callable[[dict[str, Any]], None], message: str) -> None:
    settings = settings_of("dev")
    apply(settings)

    with pytest.raises(ArgumentError) as error:
        run(settings)
    assert message in str(error.value)


def test_the_problems_of_all_pipelines_are_told_at_once() -> None:
    settings = settings_of("dev")
    for pipeline in settings["pipeline-identity:pipelines"].values():
        pipeline["maxSessionDuration"] = 60

    with pytest.raises(ArgumentError) as error:
        run(settings)
    assert "pipelines.site.maxSessionDuration: 60" in str(error.value)
    assert "pipelines.orders.maxSessionDuration: 60" in str(error.value)
