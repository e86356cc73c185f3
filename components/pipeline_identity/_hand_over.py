"""A role as a document and as commands, for an administrator who makes it in an account that Pulumi does not reach."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_identity._settings.role import RoleSettings


def hand_over_document(role: RoleSettings) -> str:
    """Returns everything about the role as JSON, each policy as a policy document."""
    return json.dumps(
        {
            "AccountId": role.entity.account.account_id,
            "RoleName": role.name,
            "RoleArn": role.arn,
            "Path": role.entity.path,
            **({"Description": role.description} if role.description else {}),
            "MaxSessionDuration": role.max_session_duration,
            "PermissionsBoundary": role.boundary_arn,
            "Tags": role.entity.tags,
            "AssumeRolePolicyDocument": json.loads(role.trust.document),
            "InlinePolicies": {name: json.loads(text) for name, text in role.inline_documents.items()},
            "ManagedPolicies": {
                role.policy_name(name): json.loads(text) for name, text in role.permissions.managed_documents.items()
            },
            "AttachedPolicyArns": list(role.permissions.attached.values()),
        },
        indent=2,
    )


def hand_over_commands(role: RoleSettings) -> str:
    """Returns the commands of the AWS CLI that make the role, one a line, after two lines of comment."""
    create = ["create-role", "--role-name", role.name, "--path", role.entity.path]
    create += ["--max-session-duration", str(role.max_session_duration)]
    create += ["--assume-role-policy-document", role.trust.document]
    if role.description:
        create += ["--description", role.description]
    if role.boundary_arn:
        create += ["--permissions-boundary", role.boundary_arn]
    # As JSON: the CLI's own notation ends a value at the first comma, and takes no = at its beginning.
    tags = json.dumps([{"Key": key, "Value": value} for key, value in role.entity.tags.items()])
    tagged = ["--tags", tags] if role.entity.tags else []
    create += tagged
    commands = [create]
    for name, text in role.permissions.managed_documents.items():
        policy = ["create-policy", "--policy-name", role.policy_name(name), "--path", role.entity.path]
        commands.append([*policy, "--policy-document", text, *tagged])
        commands.append(["attach-role-policy", "--role-name", role.name, "--policy-arn", role.policy_arn(name)])
    for name, text in role.inline_documents.items():
        put = ["put-role-policy", "--role-name", role.name, "--policy-name", name, "--policy-document", text]
        commands.append(put)
    attach = ["attach-role-policy", "--role-name", role.name, "--policy-arn"]
    commands += [[*attach, arn] for arn in role.permissions.attached.values()]
    lines = [shlex.join(["aws", "iam", *command]) for command in commands]
    account = role.entity.account.account_id
    hints = [
        f"# Run with an administrator's credentials of the account {account},",
        "# after the user that the trust names exists.",
    ]
    return "\n".join([*hints, *lines]) + "\n"
