"""Templates of which CloudFormation makes more than is written: loops, macros, included files."""

from __future__ import annotations

import pytest

from tests.policies.sources.finding import Seen, errors, results, unknown

HEAD = """
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "build, deploy-2"}
  Late: {Type: CommaDelimitedList}
Resources:
"""
QUEUE = """
  Queue:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [jobs]
      PolicyDocument:
        Version: "2012-10-17"
"""


def loop(values: str, action: str) -> str:
    return f"""{HEAD}
  Fn::ForEach::Roles:
    - Name
    - {values}
    - Role&{{Name}}:
        Type: AWS::IAM::Role
        Properties:
          RoleName: !Sub "${{Name}}-role"
          Tags: [{{Key: of, Value: !Ref Name}}]
          Policies:
            - PolicyName: all
              PolicyDocument:
                Version: "2012-10-17"
                Statement: [{{Effect: Allow, Action: "{action}", Resource: "arn:aws:s3:::${{Name}}/x"}}]
"""


@pytest.mark.parametrize("values", ["!Ref Names", "[build, deploy-2]"])
def test_a_loop_is_written_out(values: str) -> None:
    bad = {one for one in errors(loop(values, "s3:*"), "t.yaml") if one.rule == "no-wildcard-actions"}
    assert {one.where for one in bad} == {"Rolebuild", "Roledeploy2"}
    assert errors(loop(values, "s3:GetObject"), "t.yaml") == []
    assert unknown(loop(values, "s3:GetObject"), "t.yaml") == ""


def test_a_loop_over_values_that_nobody_knows_is_unknown() -> None:
    text = loop("!Ref Late", "s3:*")
    assert errors(text, "t.yaml") == []
    assert "Fn::ForEach::Roles: the resources of Fn::ForEach::Roles: a loop" in unknown(text, "t.yaml")


@pytest.mark.parametrize(
    "resource",
    [
        "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}",
        "  Role:\n    Type: AWS::IAM::Role\n    Fn::Transform: {Name: Mine}",
        "  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: x\n      Fn::Transform: {Name: Mine}",
        "  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Fn::Transform: {Name: Mine}",
    ],
)
def test_what_a_macro_adds_to_a_template_is_unknown(resource: str) -> None:
    text = f"Resources:\n  Bucket: {{Type: AWS::S3::Bucket}}\n{resource}\n"
    assert errors(text, "t.yaml") == []
    assert unknown(text, "t.yaml")
    assert unknown("Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n", "t.yaml") == ""


def test_a_template_that_is_nothing_but_an_included_file_is_unknown() -> None:
    assert "Fn::Transform" in unknown("Resources:\n  Fn::Transform: {Name: AWS::Include}\n", "t.yaml")


def test_a_macro_over_the_whole_template_is_unknown_and_one_of_sam_is_not() -> None:
    text = "Transform: [{}]\nResources:\n  Bucket: {{Type: AWS::S3::Bucket}}\n"
    assert "the transform Mine rewrites the template" in unknown(text.format("Mine"), "t.yaml")
    assert unknown(text.format("AWS::Serverless-2016-10-31"), "t.yaml") == ""


def test_a_document_that_a_macro_adds_to_is_judged_as_far_as_it_is_written() -> None:
    included = "        Fn::Transform: {Name: AWS::Include}\n"
    assert errors(f"Resources:{QUEUE}{included}", "t.yaml") == []
    assert "Queue: /Fn::Transform of the resource policy" in unknown(f"Resources:{QUEUE}{included}", "t.yaml")
    everybody = '        Statement: [{Effect: Allow, Principal: "*", Action: sqs:SendMessage, Resource: "*"}]\n'
    expected = [Seen("Queue", "trusted-principals-only", "/Statement/0/Principal")]
    assert errors(f"Resources:{QUEUE}{everybody}{included}", "t.yaml") == expected


def test_a_statement_that_a_macro_adds_to_may_be_held_by_what_it_adds() -> None:
    partly = (
        '        Statement: [{Effect: Allow, Principal: "*", Action: sqs:SendMessage, Resource: "*", '
        "Fn::Transform: {Name: AWS::Include}}]\n"
    )
    text = f"Resources:{QUEUE}{partly}"
    assert errors(text, "t.yaml") == []
    assert "/Statement/0/Fn::Transform of the resource policy" in unknown(text, "t.yaml")
    assert results(text, "t.yaml").failed == []
