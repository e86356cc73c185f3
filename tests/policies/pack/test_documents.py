"""The table of documents against the provider's SDK: a type that gains a policy must not slip through."""

from __future__ import annotations

import re
from typing import Any

import pytest
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.sources.resource_types import NOT_JUDGED, PLACES, Kind, documents_in

from tests.policies.pack import installed_sdk

# Text, or a typed policy document; lists of ARNs; never an object with fields of its own.
_LOOKS_LIKE_A_POLICY = re.compile(
    r"policy|assumeRolePolicy|inlinePolicy|.*[pP]olicy|.*[pP]olicyDocument|accessPolicies|policyBody|policyTemplate|policyText"
    r"|.*[pP]olicyArns?|permissionsBoundary|inlinePolicies|content|document"
)
_TAKES_TEXT = re.compile(r"_builtins\.str|PolicyDocumentArgs|InlinePolicyArgs")

# Properties of any type that no IAM policy stands in.
_NEVER = {
    "alpnPolicy",
    "archivePolicy",
    "autoImportPolicy",
    "autoscalingPolicy",
    "browserPolicy",
    "dataDeletionPolicy",
    "defaultPolicy",
    "deletePropagationPolicy",
    "deliveryPolicy",
    "dnsRecordClientRoutingPolicy",
    "excessCapacityTerminationPolicy",
    "filterPolicy",
    "firewallPolicyArn",
    "gameServerProtectionPolicy",
    "lifecyclePolicy",
    "newGameSessionProtectionPolicy",
    "notificationPolicy",
    "redriveAllowPolicy",
    "redrivePolicy",
    "replayPolicy",
    "schedulingPolicyArn",
    "securityPolicy",
    "snapshotPolicy",
    "sslPolicy",
    "tlsPolicy",
    "userContextPolicy",
    "webAppEndpointPolicy",
}
# Names that version 6 of the provider had and version 7 has not.
_OF_VERSION_6 = {("aws:s3/bucket:Bucket", "policy"), ("aws:s3/bucketV2:BucketV2", "policy")}


# Within an object of a resource: those the table goes into, and those that no IAM policy stands in.
_NESTED_IN_TABLE = {
    ("budgets", "BudgetActionDefinitionIamActionDefinitionArgs", "policyArn"),
    ("fsx", "S3AccessPointAttachmentS3AccessPointArgs", "policy"),
    ("iam", "RoleInlinePolicyArgs", "policy"),
    ("s3control", "MultiRegionAccessPointPolicyDetailsArgs", "policy"),
    ("ssoadmin", "PermissionsBoundaryAttachmentPermissionsBoundaryArgs", "managedPolicyArn"),
}
_NESTED_OTHERS = {
    ("odb", "NetworkManagedServiceKmsAccessArgs", "kmsPolicyDocument"),
    ("odb", "NetworkManagedServiceS3AccessArgs", "s3PolicyDocument"),
    ("odb", "NetworkManagedServiceStsAccessArgs", "stsPolicyDocument"),
    ("quicksight", "DataSetRowLevelPermissionDataSetArgs", "permissionPolicy"),
    ("cfg", "RuleSourceCustomPolicyDetailsArgs", "policyText"),
}
_NEVER_NESTED = re.compile(
    r"actionFailurePolicy|autoscalingPolicy|contentSecurityPolicy|dnsPolicy|imagePullPolicy|languageSelectionPolicy"
    r"|paddingPolicy|protocolPolicy|.*ProtocolPolicy|referrerPolicy|routingPolicy|.*[sS]ecurityPolicy|sizingPolicy"
    r"|streamExceptionPolicy|tlsPolicy|httpsPolicy|content|document"
)


def _suspects() -> set[tuple[str, str]]:
    return {
        (resource_type, name)
        for resource_type, properties in installed_sdk.inputs().items()
        for name, annotation in properties.items()
        if _LOOKS_LIKE_A_POLICY.fullmatch(name) and _TAKES_TEXT.search(annotation)
    }


def _in_table() -> set[tuple[str, str]]:
    return {
        (resource_type, path.partition("[")[0].partition(".")[0])
        for resource_type, places in PLACES.items()
        for path in places
    }


def test_every_property_of_the_sdk_that_looks_like_a_policy_is_in_the_table_or_explained():
    missing = {(kind, name) for kind, name in _suspects() - _in_table() - NOT_JUDGED.keys() if name not in _NEVER}
    assert missing == set()


def test_no_exception_is_left_over():
    explained = {row for row in NOT_JUDGED if row[0].startswith("aws:")}
    assert explained - _suspects() == set()
    assert NOT_JUDGED.keys() & _in_table() == set()


def test_every_row_of_the_table_exists_in_the_sdk():
    rows = {row for row in _in_table() if row[0].startswith("aws:")} - _OF_VERSION_6
    missing = {row for row in rows if row[1] not in installed_sdk.inputs().get(row[0], {})}
    assert missing == set()


@pytest.mark.long
def test_every_nested_property_that_looks_like_a_policy_is_in_the_table_or_known_as_something_else():
    suspects = {
        (module, name, path)
        for (module, name), properties in installed_sdk.nested_inputs().items()
        for path, annotation in properties.items()
        if _LOOKS_LIKE_A_POLICY.fullmatch(path) and _TAKES_TEXT.search(annotation) and not _NEVER_NESTED.fullmatch(path)
    }
    assert suspects == _NESTED_IN_TABLE | _NESTED_OTHERS


def test_a_type_that_gains_a_policy_would_be_noticed(monkeypatch: pytest.MonkeyPatch):
    new = {**installed_sdk.inputs(), "aws:new/thing:Thing": {"policy": "pulumi.Input[_builtins.str]"}}
    monkeypatch.setattr(installed_sdk, "inputs", lambda: new)
    assert ("aws:new/thing:Thing", "policy") in _suspects()


def _places(resource_type: str, properties: dict[str, Any]) -> dict[str, tuple[Kind, Any]]:
    return {found.place: (found.kind, found.value) for found in documents_in(resource_type, properties)}


def test_documents_are_found_inside_lists_and_objects():
    role = {"assumeRolePolicy": "{}", "inlinePolicies": [{"name": "a", "policy": "1"}, {"name": "b", "policy": "2"}]}
    assert _places("aws:iam/role:Role", role) == {
        "assumeRolePolicy": (Kind.TRUST, "{}"),
        "inlinePolicies[0].policy": (Kind.IDENTITY, "1"),
        "inlinePolicies[1].policy": (Kind.IDENTITY, "2"),
    }
    native = {"policies": [{"policyName": "a", "policyDocument": {"Version": "2012-10-17"}}]}
    assert _places("aws-native:iam:User", native) == {
        "policies[0].policyDocument": (Kind.IDENTITY, {"Version": "2012-10-17"})
    }


def test_a_list_or_an_item_that_is_not_known_yet_is_found_as_such():
    assert _places("aws:iam/role:Role", {"inlinePolicies": UNKNOWN}) == {"inlinePolicies": (Kind.IDENTITY, UNKNOWN)}
    assert _places("aws:iam/role:Role", {"inlinePolicies": [UNKNOWN]}) == {
        "inlinePolicies[0]": (Kind.IDENTITY, UNKNOWN)
    }


def test_what_is_not_set_is_not_found():
    assert _places("aws:sqs/queue:Queue", {"name": "jobs", "policy": ""}) == {}
    assert _places("aws:sqs/queue:Queue", {"name": "jobs", "policy": None}) == {}
    assert _places("aws:ec2/instance:Instance", {"policy": "{}"}) == {}
