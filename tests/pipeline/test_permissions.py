"""`permissions`: from a preview to a policy, and whether a role has what it takes."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.pipeline.deploy_permissions.compact import STACKS, preview, step, urn_of

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command
    from tests.support.sandboxes import Sandbox

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
QUEUE, FUNCTION = "aws:sqs/queue:Queue", "aws:lambda/function:Function"
ORDERS = preview(step(QUEUE, "orders", {"name": "orders"}))


@pytest.fixture
def given(tmp_path: Path) -> str:
    """A preview of a queue."""
    file = tmp_path / "preview.json"
    file.write_text(ORDERS)
    return str(file)


def policy_file(tmp_path: Path, *statements: dict[str, Any], name: str = "policy.json") -> str:
    file = tmp_path / name
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return str(file)


def test_a_policy_is_all_that_is_on_standard_output(command: Command, given: str) -> None:
    ran = command("permissions", given, "--account", ACCOUNT, "--format", "policy")
    assert ran.code == 0
    document = json.loads(ran.out)
    assert set(document) == {"Version", "Statement"}
    (queue,) = [one for one in document["Statement"] if "sqs:CreateQueue" in one["Action"]]
    assert queue["Resource"] == f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"


def test_a_preview_is_read_from_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ORDERS.encode())))
    ran = command("permissions", "-", "--format", "policy", "--account", ACCOUNT)
    assert "sqs:CreateQueue" in ran.out


def test_people_are_told_who_asks_what_is_covered_and_what_the_guardrails_say(command: Command, given: str) -> None:
    ran = command("permissions", given, "--account", ACCOUNT)
    assert "QueueOrders: asked for by Queue orders" in ran.out
    assert "Coverage: 1 of 1 resources of AWS, 1 of 1 types" in ran.out
    assert "The guardrails accept it." in ran.out
    assert "(AWS has no single resources for these)" in ran.out


def test_what_is_unknown_is_named_in_every_form(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(preview(step("aws:made/up:Up", "x"), step("random:index:Id", "y")))
    assert "unknown type aws:made/up:Up (1)" in command("permissions", str(file)).out
    assert "unknown type aws:made/up:Up (1)" in command("permissions", str(file), "--format", "policy").err
    data = json.loads(command("permissions", str(file), "--format", "json").out)
    assert data["coverage"]["unknown"] == {"aws:made/up:Up": 1}
    assert data["coverage"]["other_providers"] == {"random": 1}
    assert not data["coverage"]["complete"]


def test_json_has_the_statements_with_who_asks_and_the_policies_that_fit(command: Command, given: str) -> None:
    data = json.loads(command("permissions", given, "--account", ACCOUNT, "--format", "json").out)
    assert (data["format"], data["exit_code"], data["account"], data["region"]) == (1, 0, ACCOUNT, "eu-west-1")
    assert any(urn_of(QUEUE, "orders") in one["asked_by"] for one in data["statements"])
    assert len(data["policies"]) == 1


def test_an_action_is_explained(command: Command, given: str) -> None:
    ran = command("permissions", given, "--why", "sqs:DeleteQueue")
    assert ran.out.startswith("sqs:DeleteQueue: Queue orders, delete (sqs:DeleteQueue), on arn:aws:sqs:")
    assert command("permissions", given, "--why", "sqs:Purge*").code == 1


def test_python_and_a_pair_of_roles_say_the_same(command: Command, given: str) -> None:
    written = command("permissions", given, "--account", ACCOUNT, "--format", "python").out
    found: dict[str, Any] = {}
    exec(written, found)  # noqa: S102 - it is what we wrote
    assert any("sqs:CreateQueue" in one["actions"] for one in found["permissions"])
    pair = json.loads(command("permissions", given, "--account", ACCOUNT, "--format", "roles").out)
    reads, all_of_it = json.dumps(pair["preview"]), json.dumps(pair["update"])
    assert "sqs:GetQueueAttributes" in reads
    assert "sqs:CreateQueue" not in reads
    assert "sqs:CreateQueue" in all_of_it


def test_typed_permissions_are_what_the_components_take(command: Command, given: str) -> None:
    written = command("permissions", given, "--account", ACCOUNT, "--format", "permissions").out
    statements = yaml.safe_load(written)["permissions"]
    assert all(set(one) <= {"sid", "actions", "resources", "conditions"} for one in statements)
    assert "# Queue orders" in written


SETTINGS = """\
# Ours.
config:
  pipeline-identity:accountId: "111122223333"  # quoted
  pipeline-identity:pipelines:
    # The site.
    site:
      permissions:
        - sid: Old
          actions: [s3:GetObject]
          resources: ["arn:aws:s3:::a/*"]
      # Kept.
      maxSessionDuration: 3600
    orders:
      maxSessionDuration: 900   # short
  # The end.
"""


@pytest.mark.parametrize("pipeline", ["site", "orders"])
def test_a_patch_changes_the_permissions_of_one_pipeline_and_keeps_every_comment_beside(
    command: Command, given: str, tmp_path: Path, pipeline: str
) -> None:
    from deploy_permissions import every_handler, read, required, statements
    from pipeline_identity_cli.permissions.forms import patched

    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(SETTINGS)
    ran = command("permissions", given, "--account", ACCOUNT, "--patch", str(file), "--pipeline", pipeline)
    assert ran.out.startswith("--- a/Pulumi.dev.yaml\n+++ b/Pulumi.dev.yaml\n")
    new = patched(SETTINGS, statements(required(every_handler(read(ORDERS))).needs), pipeline)
    before, after = (yaml.safe_load(text)["config"]["pipeline-identity:pipelines"] for text in (SETTINGS, new))
    assert [one["sid"] for one in after[pipeline]["permissions"]] == ["QueueOrders", "PulumiProvidersAws"]
    del after[pipeline]["permissions"]
    before[pipeline].pop("permissions", None)
    assert before == after
    assert all(comment in new for comment in re.findall("#.*", SETTINGS))


def test_a_patch_needs_a_pipeline_that_is_there(command: Command, given: str, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(SETTINGS)
    assert "choose one of: site, orders" in command("permissions", given, "--patch", str(file), "--pipeline", "x").err
    assert "name one with --pipeline: site, orders" in command("permissions", given, "--patch", str(file)).err


def test_a_role_that_has_all_of_it_passes_and_what_it_has_besides_is_advice(
    command: Command, given: str, tmp_path: Path
) -> None:
    policy = json.loads(command("permissions", given, "--account", ACCOUNT, "--format", "policy").out)
    more = {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "*"}
    file = policy_file(tmp_path, *policy["Statement"], more)
    ran = command("permissions", given, "--account", ACCOUNT, "--check", "--policy", file)
    assert ran.code == 0, ran.out
    assert "0 lacking" in ran.out
    assert "advice: nothing in the plan needs sqs:PurgeQueue" in ran.out


def test_a_role_that_lacks_something_is_told_resource_by_resource(command: Command, given: str, tmp_path: Path) -> None:
    allowed = {"Effect": "Allow", "Action": ["sqs:Get*", "sqs:List*"], "Resource": "*"}
    file = policy_file(tmp_path, allowed)
    ran = command("permissions", given, "--account", ACCOUNT, "--check", "--planned", "--policy", file)
    assert ran.code == 1
    assert "Queue orders\n  lacks sqs:CreateQueue on arn:aws:sqs:eu-west-1:111122223333:orders" in ran.out
    assert "sqs:DeleteQueue" not in ran.out, "nothing is deleted in this update"
    data = json.loads(
        command("permissions", given, "--account", ACCOUNT, "--check", "--policy", file, "--format", "json").out
    )
    assert data["exit_code"] == 1
    assert {one["action"] for one in data["rows"]} >= {"sqs:CreateQueue", "sqs:DeleteQueue"}


@pytest.mark.parametrize("limit", ["--boundary", "--scp"])
def test_what_limits_the_role_counts(command: Command, given: str, tmp_path: Path, limit: str) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    file = policy_file(tmp_path, everything)
    denied = {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"}
    limited = policy_file(tmp_path, everything, denied, name="limit.json")
    arguments = ("permissions", given, "--account", ACCOUNT, "--check", "--policy", file)
    assert command(*arguments).code == 0
    ran = command(*arguments, limit, limited)
    assert ran.code == 1
    assert "lacks sqs:DeleteQueue" in ran.out


def test_a_name_that_is_not_known_yet_must_be_allowed_whatever_it_becomes(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(preview(step(QUEUE, "q", {"name": "q-1a2b3c4", "__defaults": ["name"]})))
    exact = {"Effect": "Allow", "Action": "sqs:*", "Resource": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q-1a2b3c4"}
    arguments = ("permissions", str(file), "--account", ACCOUNT, "--check", "--policy")
    assert command(*arguments, policy_file(tmp_path, exact)).code == 1
    assert command(*arguments, policy_file(tmp_path, {**exact, "Resource": f"{exact['Resource'][:-7]}*"})).code == 0


def test_the_role_that_outputs_declare_is_checked(command: Command, given: str, tmp_path: Path) -> None:
    allowed = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"site": {"roleArn": ROLE, "permissionsPolicies": {"p": json.dumps(allowed)}}}))
    assert command("permissions", given, "--account", ACCOUNT, "--check", "--outputs", str(outputs)).code == 0
    outputs.write_text(json.dumps({"site": {"roleArn": ROLE}}))
    ran = command("permissions", given, "--check", "--outputs", str(outputs))
    assert ran.stopped == 2
    assert "do not say what the role may do" in ran.err


def event(source: str, name: str, **more: Any) -> dict[str, Any]:
    issuer = {"sessionContext": {"sessionIssuer": {"arn": ROLE}}, "arn": f"{ROLE}/job"}
    fixed = {"userIdentity": issuer, "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT}
    return {**fixed, "eventSource": f"{source}.amazonaws.com", "eventName": name, **more}


def test_what_was_done_becomes_statements_and_is_held_against_what_was_planned(
    command: Command, given: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.json"
    called = [event("sqs", "CreateQueue", requestParameters={"queueName": "orders"}), event("iam", "ListRoles")]
    file.write_text(json.dumps({"Records": called}))
    arguments = ("permissions", "--from-events", str(file), "--role-arn", ROLE)
    alone = json.loads(command(*arguments, "--format", "policy").out)
    assert {str(one["Action"]) for one in alone["Statement"]} == {"sqs:CreateQueue", "iam:ListRoles"}
    text = command(*arguments, given).out
    assert "called, not planned: iam:ListRoles" in text
    assert "never called: sqs:DeleteQueue" in text
    data = json.loads(command(*arguments, given, "--format", "json").out)["events"]
    assert data["not_planned"] == ["iam:ListRoles"]


def test_state_and_secrets_are_added_on_request(command: Command, given: str) -> None:
    asked = ("--state-backend", "s3://acme-state", "--secrets-provider", "awskms://alias/pulumi", "--account", ACCOUNT)
    written = command("permissions", given, "--format", "policy", *asked).out
    assert "arn:aws:s3:::acme-state/.pulumi/*" in written
    assert "kms:ResourceAliases" in written
    assert "acme-state" not in command("permissions", given, "--format", "policy").out


def test_a_stack_that_makes_roles_is_told_which_boundary_makes_it_safe(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(preview(step("aws:iam/role:Role", "run", {"name": "run", "assumeRolePolicy": "{}"})))
    assert "makes roles or users without a boundary (Role run)" in command("permissions", str(file)).out
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limits"
    limited = json.loads(command("permissions", str(file), "--made-with-boundary", arn, "--format", "policy").out)
    created = [one for one in limited["Statement"] if "iam:CreateRole" in one["Action"]]
    assert all(one["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": arn}} for one in created)
    boundary = json.loads(command("permissions", str(file), "--format", "made-boundary").out)
    assert boundary["Statement"][-1]["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "no FILE is named"),
        (("nowhere.json",), "nowhere.json cannot be read"),
        (("PREVIEW", "--account", "12"), "--account '12' is not valid; write the account's 12 digits"),
        (("PREVIEW", "--region", "europe"), "--region 'europe' is not valid"),
        (("PREVIEW", "--state-backend", "gs://x"), "is no state backend in S3"),
        (("PREVIEW", "--check"), "no role is named to check"),
        (("PREVIEW", "--assumed-role", ROLE), "no provider assumes"),
        (("--check",), "--check needs a FILE"),
    ],
)
def test_what_cannot_be_answered_is_rejected_with_the_fix(
    command: Command, given: str, arguments: tuple[str, ...], told: str
) -> None:
    ran = command("permissions", *(given if one == "PREVIEW" else one for one in arguments))
    assert ran.stopped == 2
    assert told in ran.err


@pytest.mark.parametrize("stack", STACKS, ids=lambda one: one.stem)
def test_a_generated_policy_passes_its_own_check(command: Command, tmp_path: Path, stack: Path) -> None:
    named = ("permissions", str(stack), "--account", ACCOUNT)
    file = tmp_path / "policy.json"
    file.write_text(command(*named, "--format", "policy").out)
    ran = command(*named, "--check", "--policy", str(file))
    assert ran.code == 0, ran.out


def test_the_role_that_is_deployed_is_checked(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    iam: Any = sandbox.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": sandbox.account}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="deployer", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    file = tmp_path / "preview.json"
    file.write_text(ORDERS)
    command.environment({name: value for name, value in sandbox.variables.items() if name.startswith("AWS_")})
    arguments = ("permissions", str(file), "--account", sandbox.account)
    lacking = command(*arguments, "--check", "--role-arn", role)
    assert lacking.code == 1
    assert f"lacks sqs:CreateQueue on arn:aws:sqs:eu-west-1:{sandbox.account}:orders" in lacking.out
    policy = command(*arguments, "--format", "policy").out
    iam.put_role_policy(RoleName="deployer", PolicyName="generated", PolicyDocument=policy)
    assert command(*arguments, "--check", "--role-arn", role).code == 0


def test_every_type_that_the_sandbox_deploys_is_known() -> None:
    """So every example and starter stack of this repository is covered."""
    from deploy_permissions import Place, every_handler, read, required

    from sandbox.provider import registry

    steps = [step(token, "one", {}) for token in registry.tokens()]
    coverage = required(every_handler(read(preview(*steps))), Place(account=ACCOUNT)).coverage
    assert coverage.is_complete
    assert sum(coverage.known.values()) == len(steps)
