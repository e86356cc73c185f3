"""Objects of Kubernetes that other tools carry, and modules whose resources nobody shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.sources.finding import OURS, errors, unknown

FOREIGN = "999988887777"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def plan(kind: str, values: dict[str, Any], after_unknown: Any = None) -> str:
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": after_unknown or {}}
    resource = {"address": f"{kind}.it", "mode": "managed", "type": kind, "name": "it", "change": change}
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [resource]})


def aws_auth(account: str) -> dict[str, Any]:
    roles = json.dumps([{"rolearn": f"arn:aws:iam::{account}:role/it", "groups": ["viewers"]}])
    return {"metadata": [{"name": "aws-auth", "namespace": "kube-system"}], "data": {"mapRoles": roles}}


@pytest.mark.parametrize("kind", ["kubernetes_config_map", "kubernetes_config_map_v1_data"])
def test_whom_terraform_lets_into_a_cluster_is_read(kind: str) -> None:
    assert [one.rule for one in errors(plan(kind, aws_auth(FOREIGN)), "plan.json")] == ["trusted-principals-only"]
    assert errors(plan(kind, aws_auth(OURS)), "plan.json") == []
    later = plan(kind, {**aws_auth(OURS), "data": {}}, {"data": {"mapRoles": True}})
    assert "whom mapRoles of aws-auth lets into the cluster" in unknown(later, "plan.json")


def attachment(policy: str) -> dict[str, Any]:
    made = {"apiVersion": "iam.aws.upbound.io/v1beta1", "kind": "RolePolicyAttachment", "metadata": {"name": "it"}}
    return {**made, "spec": {"forProvider": {"policyArn": policy, "role": "it"}}}


def test_an_object_in_a_manifest_of_terraform_or_a_composition_is_read() -> None:
    def composition(policy: str) -> str:
        spec = {"resources": [{"name": "it", "base": attachment(policy)}]}
        made = {"apiVersion": "apiextensions.crossplane.io/v1", "kind": "Composition", "metadata": {"name": "it"}}
        return json.dumps({**made, "spec": spec})

    def manifest(policy: str) -> str:
        return plan("kubernetes_manifest", {"manifest": attachment(policy)})

    for text in (composition, manifest):
        assert [one.rule for one in errors(text(ADMIN), "it.json")] == ["no-admin-attachment"]
        assert errors(text(READ), "it.json") == []


def test_the_resources_of_a_module_of_cloudformation_are_unknown() -> None:
    text = "Resources:\n  M: {Type: 'Acme::Iam::Role::MODULE'}\n"
    assert "M: the resources of M: the module Acme::Iam::Role::MODULE makes them" in unknown(text, "t.yaml")
    assert unknown("Resources:\n  B: {Type: AWS::S3::Bucket}\n", "t.yaml") == ""
