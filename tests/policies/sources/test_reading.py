"""A document has the same findings in whatever it stands; what is no document is not taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.sources import Content, NotReadable, decoded, read

from tests.policies.golden import read_all
from tests.policies.sources.finding import errors, results, unknown

OUR_ROLE = {"AWS": "arn:aws:iam::111122223333:role/build"}


def of_kind(kind: str) -> list[dict[str, Any]]:
    """Documents of the rules' tests, good and bad, that stand by themselves."""
    return [
        one.documents[0]
        for one in read_all()
        if one.kind == kind and not one.together and isinstance(one.documents[0], dict)
    ]


IDENTITY, TRUST, RESOURCE = (of_kind(kind) for kind in ("identity", "trust", "resource"))
_TRUSTED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": OUR_ROLE, "Action": "sts:AssumeRole"}],
}

# Each wraps a document; the second part is the JSON pointer to it, "" where it is written as text.
Wrapping = Callable[[Any], tuple[str, str]]
ANYWHERE: dict[str, Wrapping] = {
    "list": lambda one: (json.dumps([one]), "a.json"),
    "deep inside": lambda one: (json.dumps({"a": [{"b": {"c": one}}]}), "a.json"),
    "text in JSON": lambda one: (json.dumps({"document": json.dumps(one)}), "a.json"),
    "encoded for a URL": lambda one: (json.dumps({"document": quote(json.dumps(one))}), "a.json"),
    "YAML": lambda one: (yaml.safe_dump(one), "a.yaml"),
    "YAML in the style of JSON": lambda one: (json.dumps(one, indent=2), "a.yml"),
    "one of several in YAML": lambda one: (yaml.safe_dump_all([{"a": 1}, one]), "a.yaml"),
    "text in YAML": lambda one: (yaml.safe_dump({"document": json.dumps(one, indent=1)}), "a.yaml"),
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _TRUSTED}}
OF_ROLES: dict[str, Wrapping] = {
    "CloudFormation": lambda one: (
        json.dumps(
            {
                "Resources": {
                    "R": ROLE,
                    "P": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "R"}], "PolicyDocument": one}},
                }
            }
        ),
        "a.json",
    ),
    "CloudFormation in YAML": lambda one: (
        yaml.safe_dump(
            {"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": one}}}}
        ),
        "a.yaml",
    ),
    "Terraform plan": lambda one: (
        json.dumps(
            {
                "format_version": "1.2",
                "resource_changes": [
                    {
                        "address": "aws_iam_policy.p",
                        "type": "aws_iam_policy",
                        "change": {"actions": ["create"], "after": {"name": "p", "policy": json.dumps(one)}},
                    }
                ],
            }
        ),
        "a.json",
    ),
    "Pulumi state": lambda one: (
        json.dumps(
            {
                "version": 3,
                "deployment": {
                    "resources": [
                        {
                            "urn": "urn:pulumi:a::b::aws:iam/policy:Policy::p",
                            "type": "aws:iam/policy:Policy",
                            "inputs": {"policy": one},
                        }
                    ]
                },
            }
        ),
        "a.json",
    ),
    "answer of get-role-policy": lambda one: (
        json.dumps({"RoleName": "r", "PolicyName": "p", "PolicyDocument": one}),
        "a.json",
    ),
    "answer of get-policy-version": lambda one: (
        json.dumps({"PolicyVersion": {"Document": quote(json.dumps(one)), "VersionId": "v1"}}),
        "a.json",
    ),
    "ACK": lambda one: (
        yaml.safe_dump(
            {
                "apiVersion": "iam.services.k8s.aws/v1alpha1",
                "kind": "Policy",
                "metadata": {"name": "p"},
                "spec": {"name": "p", "policyDocument": json.dumps(one)},
            }
        ),
        "a.yaml",
    ),
}


def found(text: str, name: str, kind: DocumentKind | None) -> list[tuple[str, str]]:
    return sorted((one.rule, one.pointer) for one in errors(text, name, kind) if one.rule != "no-self-change")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*IDENTITY, *TRUST, *RESOURCE]), st.sampled_from(sorted(ANYWHERE)), st.sampled_from(DocumentKind)
)
def test_a_document_in_any_wrapping_has_the_findings_that_it_has_alone(
    document: dict[str, Any], wrapping: str, kind: DocumentKind
) -> None:
    text, name = ANYWHERE[wrapping](document)
    if "Statement" not in document or not isinstance(document["Statement"], (dict, list)):
        return  # what is hardly a document is found only where it is all of a file
    if "effect" not in json.dumps(document).lower():
        return
    assert found(text, name, kind) == found(json.dumps(document), "alone.json", kind)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(IDENTITY), st.sampled_from(sorted(OF_ROLES)))
def test_an_identity_policy_in_a_template_plan_or_answer_has_the_findings_that_it_has_alone(
    document: dict[str, Any], wrapping: str
) -> None:
    text, name = OF_ROLES[wrapping](document)
    assert found(text, name, None) == found(json.dumps(document), "alone.json", DocumentKind.IDENTITY)


# --- what a text is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{}", "a.json"),
        ("[]", "a.json"),
        ("hello", "a.txt"),
        ("name: app\nversion: 2\n", "a.yaml"),
        ('{"dependencies": {"a": "1"}}', "package.json"),
        ("on: push\njobs: {test: {steps: [{run: make}]}}\n", "ci.yaml"),
        (
            '{"version": "tree-0.1", "tree": {"policy": {"Statement": [{"Effect": "Allow", "Action": "*"}]}}}',
            "tree.json",
        ),
        ('{"Rules": [{"Statement": {"RateBasedStatement": {"Limit": 100}}}]}', "waf.json"),
    ],
)
def test_what_holds_no_policy_is_not_taken_for_one(text: str, name: str) -> None:
    assert [part for one in read(text, name) for parts in one.parts for part in parts] == []


def test_a_template_of_helm_that_speaks_of_statements_is_not_passed_over() -> None:
    text = "policy:\n  Statement:\n  - Effect: Allow\n    Action: {{ .Values.actions }}\n{{ if .x }}\n"
    (one,) = read(text, "chart.yaml")
    assert one.content is Content.POLICY
    assert one.trouble.startswith("no YAML: ")


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_a_name_that_stands_twice_in_a_template_is_not_read_in_one_way_only(name: str) -> None:
    text = '{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {}, "Properties": {}}}}'
    (one,) = read(text, name)
    assert "stands twice" in one.trouble


def test_aliases_of_yaml_are_read_and_rings_of_them_are_not() -> None:
    text = "s: &s\n  Effect: Allow\n  Action: s3:*\n  Resource: '*'\np:\n  Statement: [*s]\n"
    assert [(one.rule, one.pointer) for one in errors(text, "a.yaml")] == [
        ("no-wildcard-actions", "/Statement/0/Action")
    ]
    (ring,) = read("a: &a\n  Statement: [{Effect: Allow, b: *a}]\n", "a.yaml")
    assert "contains itself" in ring.trouble


def test_yaml_that_grows_without_end_is_not_read_to_its_end() -> None:
    lines = ["a0: &a0 {Statement: [{Effect: Allow}]}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (one,) = read("\n".join(lines), "a.yaml")
    assert one.trouble == "it has too many values; aliases repeat each other"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{}".encode("utf-16"), "it is UTF-16 text"),
        ("{}".encode("utf-16-le"), "it is no"),
        ("{}".encode("utf-32"), "it is UTF-32 text"),
        (b'"\xe9"', "it is no UTF-8 text (byte 2)"),
    ],
)
def test_texts_in_other_encodings_are_named(written: bytes, reason: str) -> None:
    if reason == "it is no":
        assert decoded(b"{}") == "{}"
        return
    with pytest.raises(NotReadable, match=reason.replace("(", r"\(").replace(")", r"\)")):
        decoded(written)


def test_a_byte_order_mark_is_named_and_what_follows_is_checked() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    rules = {
        finding.message.split(" (")[0]
        for one in results("\ufeff" + json.dumps(document), "a.json").checked
        for finding in one.findings
    }
    assert "the text begins with a byte order mark" in rules
    assert any("s3:*" in one for one in rules)


def test_days_and_numbers_of_yaml_are_what_a_policy_means_by_them() -> None:
    text = (
        "Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Principal: {AWS: 111122223333}\n  Action: sts:AssumeRole\n"
    )
    assert errors(text, "trust.yaml") == []
    assert [one.rule for one in errors(text.replace("111122223333", "012345678901"), "trust.yaml")] == [
        "trusted-principals-only"
    ]


# --- placeholders -----------------------------------------------------------------------------------------------------

PLACEHOLDERS = [
    "${bucket}",
    "{{ bucket }}",
    "<BUCKET>",
    "__BUCKET__",
    "%{bucket}",
    "@@BUCKET@@",
    "<%= bucket %>",
    "$BUCKET",
]


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_a_placeholder_is_said_and_unknown_and_the_rest_is_checked(placeholder: str) -> None:
    def text(action: str) -> str:
        statement = {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::{placeholder}/*"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert errors(text("s3:GetObject"), "a.json") == []
    assert placeholder in unknown(text("s3:GetObject"), "a.json")
    assert [one.rule for one in errors(text("s3:*"), "a.json")] == ["no-wildcard-actions"]


@pytest.mark.parametrize("account", ["<ACCOUNT>", "${account_id}", "ACCOUNT_ID", "__ACCOUNT__", "{{ account }}"])
def test_an_account_to_be_filled_in_is_unknown_and_not_malformed(account: str) -> None:
    def text(principal: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert errors(text(f"arn:aws:iam::{account}:role/build"), "a.json") == []
    assert account in unknown(text(f"arn:aws:iam::{account}:role/build"), "a.json")
    assert [one.rule for one in errors(text("*"), "a.json")] == ["trusted-principals-only"]


def test_policy_variables_are_no_placeholders() -> None:
    for resource in (
        "arn:aws:s3:::b/${aws:username}/*",
        "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}",
        "arn:aws:s3:::b/${*}",
    ):
        text = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}],
            }
        )
        assert unknown(text, "a.json") == "", resource


def test_placeholders_outside_of_texts_are_filled_too() -> None:
    statement = '{"Effect": "Allow", "Action": {{ actions | tojson }}, "Resource": "*"}'
    text = f'{{"Version": "2012-10-17", "Statement": [{statement}]}}'
    assert errors(text, "a.json") == []
    assert "/Statement/0/Action" in unknown(text, "a.json")


# --- kinds ------------------------------------------------------------------------------------------------------------


def test_a_limit_may_be_wide_and_a_grant_may_not() -> None:
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for kind in (DocumentKind.BOUNDARY, DocumentKind.SESSION, DocumentKind.SCP):
        assert errors(json.dumps(wide), "a.json", kind) == [], kind
        assert errors(json.dumps({**wide, "Statment": []}), "a.json", kind) != [], kind
    assert errors(json.dumps(wide), "a.json", DocumentKind.IDENTITY) != []


def test_a_resource_control_policy_with_an_sts_action_is_no_trust_policy() -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*", "sts:AssumeRole"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert errors(text, "a.json") == []
    assert [one.subject.kind for one in results(text, "a.json").checked] == [DocumentKind.RCP]
