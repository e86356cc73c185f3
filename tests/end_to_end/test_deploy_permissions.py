"""What is said of a deployment beforehand is what it takes: calls are recorded, and only the policy is allowed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deploy_permissions import (
    Answer,
    Place,
    covers,
    every_handler,
    made_identities,
    policy,
    read,
    required,
    statements,
    with_boundary,
)
from iam_guardrails.evaluation import Caller, Policies, Policy, Request, Verdict, evaluate

from sandbox.folders import CHECKOUT

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox, Stack

PROGRAM = Path(__file__).parent / "programs" / "ordinary"
BEFORE, AFTER = {"ordinary:change": "before"}, {"ordinary:change": "after"}


class Ordinary:
    """An ordinary stack, deployed by a role that has a policy of ours and nothing else."""

    def __init__(self, sandbox: Sandbox, stack: Stack | None = None) -> None:
        self.sandbox = sandbox
        self.stack = stack or sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region, **BEFORE})

    def preview(self) -> str:
        """What Pulumi says of both forms of the program, as the account's root sees it."""
        return self.json("preview", "--json", "--show-sames")

    def json(self, *arguments: str) -> str:
        run = self.stack.engine.quiet(*arguments, "--config-file", str(self.stack.settings))
        assert run.returncode == 0, run.stderr + run.stdout
        return run.stdout

    def answer(self) -> Answer:
        """What both forms of the program ever need."""
        deployment = read(self.preview())
        self.stack.configure(AFTER)
        deployment += read(self.preview())
        self.stack.configure(BEFORE)
        return required(every_handler(deployment), Place(account=self.sandbox.account))

    def role_with(self, document: dict[str, Any]) -> tuple[Stack, str]:
        """The stack as a new role deploys it that has this policy alone, and the id of the role's key."""
        iam: Any = self.sandbox.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": self.sandbox.account}, "Action": "sts:AssumeRole"}
        iam.create_role(
            RoleName="deployer",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        self.allow(document)
        user = iam.create_user(UserName="starter")["User"]
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        assuming = json.dumps({"Version": "2012-10-17", "Statement": [assume]})
        iam.put_user_policy(UserName=user["UserName"], PolicyName="assume", PolicyDocument=assuming)
        key = iam.create_access_key(UserName=user["UserName"])["AccessKey"]
        sts = self.sandbox.client("sts", (key["AccessKeyId"], key["SecretAccessKey"]))
        role = f"arn:aws:iam::{self.sandbox.account}:role/deployer"
        session = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
        variables = {
            **self.stack.engine.variables,
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }
        engine = dataclasses.replace(self.stack.engine, variables=variables)
        return dataclasses.replace(self.stack, engine=engine), session["AccessKeyId"]

    def allow(self, document: dict[str, Any]) -> None:
        iam: Any = self.sandbox.client("iam")
        iam.put_role_policy(RoleName="deployer", PolicyName="generated", PolicyDocument=json.dumps(document))


@pytest.mark.long
def test_a_deployment_lives_with_nothing_but_the_generated_policy(sandbox: Sandbox) -> None:
    """Through preview, update, refresh, change and destroy; and what was called is what was said."""
    ordinary = Ordinary(sandbox)
    answer = ordinary.answer()
    assert answer.coverage.is_complete
    stack, key = ordinary.role_with(policy(statements(answer.needs)))
    for step in (stack.preview, stack.up, stack.preview, stack.refresh):
        finished = step()
        assert finished.succeeded, finished.output
    stack.configure(AFTER)
    for step in (stack.preview, stack.up, stack.refresh, stack.destroy):
        finished = step()
        assert finished.succeeded, finished.output
    calls = sandbox.aws.calls(key)
    assert calls
    assert {call["action"] for call in calls if not call["allowed"]} == set()
    said = {(need.action, resource) for need in answer.needs for resource in need.resources}
    unsaid = {
        call["action"]
        for call in calls
        if not any(action == call["action"] and covers(arn, call["resource"]) for action, arn in said)
        and not _allowed(answer, call, sandbox.account)
    }
    assert unsaid == set()


@pytest.mark.long
def test_an_example_that_makes_identities_is_deployed_with_their_boundary_alone(sandbox: Sandbox) -> None:
    example = Ordinary(sandbox, sandbox.stack(CHECKOUT / "examples" / "keys"))
    deployment = every_handler(read(example.preview()))
    (boundary,) = set(made_identities(deployment).values())
    needs = with_boundary(required(deployment, Place(account=sandbox.account)).needs, boundary)
    stack, _ = example.role_with(policy(statements(needs)))
    for step in (stack.preview, stack.up, stack.refresh, stack.destroy):
        finished = step()
        assert finished.succeeded, finished.output


def _allowed(answer: Answer, call: dict[str, Any], account: str) -> bool:
    """Whether the policy allows a call, where the ARNs are not compared as text."""
    role = Caller.of(f"arn:aws:iam::{account}:role/deployer")
    context = {key.lower(): values[:1] for need in answer.needs for _, key, values in need.conditions}
    request = Request(role, call["action"], call["resource"], context, resource_account=account)
    whole = Policies([Policy("generated", policy(statements(answer.needs)))])
    return evaluate(request, whole).verdict is Verdict.ALLOWED


@pytest.mark.long
@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "sns:GetTopicAttributes", "events:PutTargets"])
def test_with_one_action_less_an_update_is_denied(sandbox: Sandbox, action: str) -> None:
    ordinary = Ordinary(sandbox)
    answer = ordinary.answer()
    less = [need for need in answer.needs if need.action != action]
    assert len(less) < len(answer.needs)
    stack, key = ordinary.role_with(policy(statements(less)))
    finished = stack.up()
    assert not finished.succeeded
    assert action in {call["action"] for call in sandbox.aws.calls(key) if not call["allowed"]}
