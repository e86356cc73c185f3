"""Functions and APIs that a template opens to everybody, in the short forms of SAM and the Serverless Framework."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.sources.finding import OURS, errors, unknown

FOREIGN = "999988887777"
SAM = "Transform: AWS::Serverless-2016-10-31\nResources:\n"


def statement(principal: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}


def policy(principal: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement(principal)]}


def rules(text: str, name: str = "t.yaml") -> set[str]:
    return {one.rule for one in errors(text, name)}


def sam_function(auth: str) -> str:
    url = f"{{Handler: x, FunctionUrlConfig: {{AuthType: {auth}}}}}"
    return f"{SAM}  F: {{Type: AWS::Serverless::Function, Properties: {url}}}\n"


def serverless(provider: str = "", url: str = "false") -> str:
    return f"service: x\nprovider:\n  name: aws\n{provider}functions:\n  a: {{handler: x, url: {url}}}\n"


def test_a_function_url_without_authorization_is_open_to_everybody() -> None:
    assert rules(sam_function("NONE")) == {"trusted-principals-only"}
    assert rules(sam_function("AWS_IAM")) == set()
    assert rules(serverless(url="true"), "serverless.yml") == {"trusted-principals-only"}
    assert rules(serverless(url="{cors: true}"), "serverless.yml") == {"trusted-principals-only"}
    assert rules(serverless(url="{authorizer: aws_iam}"), "serverless.yml") == set()


@pytest.mark.parametrize("account", [FOREIGN, OURS])
def test_the_policy_of_an_api_is_read_wherever_it_is_written(account: str) -> None:
    expected = {"trusted-principals-only"} if account == FOREIGN else set[str]()
    one = json.dumps([statement({"AWS": account})])
    defined = json.dumps({"openapi": "3.0.1", "x-amazon-apigateway-policy": policy({"AWS": account})})
    for properties in (
        f"{{StageName: x, DefinitionBody: {defined}}}",
        f'{{StageName: x, Auth: {{ResourcePolicy: {{AwsAccountWhitelist: ["{account}"]}}}}}}',
        f"{{StageName: x, Auth: {{ResourcePolicy: {{CustomStatements: {one}}}}}}}",
    ):
        assert rules(f"{SAM}  A: {{Type: AWS::Serverless::Api, Properties: {properties}}}\n") == expected
    plain = f"Resources:\n  A: {{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {defined}}}}}\n"
    assert rules(plain) == expected
    assert rules(serverless(f"  apiGateway: {{resourcePolicy: {one}}}\n"), "serverless.yml") == expected


def test_a_document_that_a_template_writes_as_text_may_have_unknown_parts() -> None:
    trust = {**policy({"AWS": {"Fn::ImportValue": "x"}})}
    trust["Statement"][0].update(Action="sts:AssumeRole")
    del trust["Statement"][0]["Resource"]
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Fn::ToJsonString": trust}}}
    text = json.dumps({"Resources": {"R": role}})
    assert errors(text, "t.json") == []
    assert "/Statement/0/Principal/AWS of the trust policy" in unknown(text, "t.json")
