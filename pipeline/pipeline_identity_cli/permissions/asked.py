"""What the command `permissions` is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline_identity_cli.outcome import Stopped, shown


@dataclass(frozen=True)
class Asked:
    """The question.

    Attributes:
        files: Documents about the deployment; `-` is standard input.
        account: The account; None as the documents say.
        region: The region; None as the documents say.
        partition: The partition.
        planned: Whether only the planned steps count.
        assumed: The role, that a provider assumes, whose permissions are meant; None the pipeline's own.
        state_backend: The URL of the state; None without it.
        secrets_provider: The URL of the secrets provider; None without it.
        events: Files with events of CloudTrail.
        role_arn: The role whose events count; None all.
        boundary_arn: The boundary that identities must have which the stack makes; None without one.
    """

    files: tuple[str, ...]
    account: str | None = None
    region: str | None = None
    partition: str = "aws"
    planned: bool = False
    assumed: str | None = None
    state_backend: str | None = None
    secrets_provider: str | None = None
    events: tuple[str, ...] = ()
    role_arn: str | None = None
    boundary_arn: str | None = None

    def checked(self) -> Asked:
        """The question, where it can be meant.

        Raises:
            Stopped: An option has a value that is none.
        """
        _like("--account", self.account, r"\d{12}", "write the account's 12 digits")
        _like("--region", self.region, r"[a-z]{2}(-[a-z]+)+-\d", "write it like eu-west-1")
        _like("--partition", self.partition, r"aws(-[a-z]+)*", "write aws, aws-cn or aws-us-gov")
        role = r"arn:aws[a-z-]*:iam::\d{12}:role/[!-~]+"
        _like("--assumed-role", self.assumed, role, "write the ARN of a role")
        _like("--role-arn", self.role_arn, role, "write the ARN of a role")
        policy = r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[!-~]+"
        _like("--made-with-boundary", self.boundary_arn, policy, "write the ARN of a managed policy")
        return self


def _like(option: str, value: str | None, pattern: str, fix: str) -> None:
    if value is not None and not re.fullmatch(pattern, value, re.ASCII):
        raise Stopped(f"{option} {shown(value, 100)} is not valid", fix, kind="invalid-option")
