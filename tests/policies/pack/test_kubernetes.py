"""Kubernetes objects of a stack that let principals of AWS into a cluster, or hold AWS resources themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.pack.resources import ACCOUNT, LATER, resource, rules_of, said_in_all, said_of, urn_of

FOREIGN = "999988887777"
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ROLE_OF_ACK = {
    "apiVersion": "iam.services.k8s.aws/v1alpha1",
    "kind": "Role",
    "metadata": {"name": "app"},
    "spec": {"name": "app", "inlinePolicies": {"all": ADMIN}},
}


def mapped(account: str, *groups: str) -> str:
    return json.dumps([{"rolearn": f"arn:aws:iam::{account}:role/it", "username": "it", "groups": list(groups)}])


def aws_auth(kind: str = "kubernetes:core/v1:ConfigMap", name: str = "aws-auth", **data: Any) -> Any:
    return resource(kind, "auth", {"metadata": {"name": name, "namespace": "kube-system"}, "data": data})


@pytest.mark.parametrize("kind", ["kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ConfigMapPatch"])
def test_a_foreign_role_in_aws_auth_is_rejected_and_a_node_role_of_the_account_is_not(kind: str) -> None:
    assert rules_of(said_of(aws_auth(kind, mapRoles=mapped(FOREIGN, "viewers")))) == ["trusted-principals-only"]
    assert said_of(aws_auth(kind, mapRoles=mapped(ACCOUNT, "system:nodes", "system:bootstrappers"))) == []
    assert said_of(aws_auth(kind, "other", mapRoles=mapped(FOREIGN, "viewers"))) == []


def test_an_administrator_of_the_cluster_is_rejected_whoever_it_is() -> None:
    assert rules_of(said_of(aws_auth(mapRoles=mapped(ACCOUNT, "system:masters")))) == ["no-admin-attachment"]
    both = said_of(aws_auth(mapRoles=mapped(FOREIGN, "system:masters")))
    assert rules_of(both) == ["no-admin-attachment", "trusted-principals-only"]


def test_users_and_whole_accounts_in_aws_auth_count_too() -> None:
    users = json.dumps([{"userarn": f"arn:aws:iam::{FOREIGN}:user/ann", "groups": []}])
    assert rules_of(said_of(aws_auth(mapUsers=users))) == ["trusted-principals-only"]
    assert rules_of(said_of(aws_auth(mapAccounts=f"- {FOREIGN}"))) == ["trusted-principals-only"]
    assert said_of(aws_auth(mapAccounts=f'["{ACCOUNT}"]')) == []


@pytest.mark.parametrize("written", [LATER, "a: {", "plain text"])
def test_what_of_aws_auth_cannot_be_read_is_named_as_unknown(written: str) -> None:
    (said,) = said_in_all([aws_auth(mapRoles=written)])
    assert (said.rule, said.level) == ("iam-guardrails", "note")
    assert "whom mapRoles of aws-auth lets into the cluster" in said.message


@pytest.mark.parametrize("kind", ["kubernetes:yaml/v2:ConfigGroup", "kubernetes:yaml:ConfigGroup"])
def test_objects_that_stand_in_the_program_are_read(kind: str) -> None:
    written = f"---\nkind: ConfigMap\napiVersion: v1\nmetadata: {{name: x}}\n---\n{json.dumps(ROLE_OF_ACK)}\n"
    found = {"no-privilege-escalation", "no-wildcard-actions"}
    for properties in ({"yaml": written}, {"yaml": [written]}, {"objs": [ROLE_OF_ACK]}):
        assert found <= set(rules_of(said_of(resource(kind, "objects", properties))))
    harmless = {"yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}"}
    assert said_in_all([resource(kind, "objects", harmless)]) == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("kubernetes:yaml/v2:ConfigFile", {"file": "app.yaml"}),
        ("kubernetes:yaml/v2:ConfigGroup", {"files": ["*.yaml"]}),
        ("kubernetes:kustomize/v2:Directory", {"directory": "./overlay"}),
    ],
)
def test_objects_in_files_are_unknown_unless_they_are_resources_of_the_stack(kind: str, properties: Any) -> None:
    group = resource(kind, "objects", properties)
    (said,) = said_in_all([group])
    assert "the objects of its files" in said.message
    inside = resource(f"{kind}$kubernetes:core/v1:ConfigMap", "x", {"metadata": {"name": "x"}})
    assert inside.urn == urn_of(f"{kind}$kubernetes:core/v1:ConfigMap", "x")
    assert said_in_all([group, inside]) == []


def test_yaml_that_is_known_only_later_is_unknown() -> None:
    (said,) = said_in_all([resource("kubernetes:yaml/v2:ConfigGroup", "objects", {"yaml": LATER})])
    assert "the objects of its YAML" in said.message
