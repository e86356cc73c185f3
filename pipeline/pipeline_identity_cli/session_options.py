"""The options that say which session is meant, shared by all commands that open one or write how to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import DURATION, FILE, Choice, PipelineOptions, option
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.texts import UNREADABLE, named, read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity_cli.options import StackOptions
    from pipeline_identity_cli.sessions import SessionRequest
    from pipeline_identity_cli.stack import Identity, Source
    from pipeline_identity_cli.web_identity.sources import Asked

_DEFAULT_DURATION = 3600


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """What the session is like."""

    duration: int | None = option(
        "--duration", kind=DURATION, metavar="TIME", help="15m to 12h. [default: the role's maximum, else 1h]"
    )
    session_name: str | None = option(
        "--session-name", metavar="NAME", help="What CloudTrail shows. [default: as the outputs say]"
    )
    external_id: str | None = option(
        "--external-id", metavar="ID", help="The external id that the trust asks for. [default: as the outputs say]"
    )
    source_identity: str | None = option("--source-identity", metavar="NAME", help="Who is behind the session.")
    tags: tuple[str, ...] = option(
        "--tag", multiple=True, metavar="KEY=VALUE", help="A session tag; may be given several times."
    )


@dataclass(frozen=True, kw_only=True)
class RoleOptions(PipelineOptions):
    """Which role is meant, and the token to start from, if it is one."""

    role_arn: str | None = option(
        "--role-arn", metavar="ARN", help="The role, where there are no outputs of its stack.", steers=True
    )
    token_file: str | None = option(
        "--token-file",
        metavar="FILE",
        help="Start from the CI system's token in this file, not from keys.",
        steers=True,
    )
    token_env: str | None = option(
        "--token-env", metavar="NAME", help="Start from the token in this environment variable.", steers=True
    )
    token_from: str | None = option(
        "--token-from",
        kind=Choice(["github", "azure-devops"]),
        help="Start from a token that this system gives.",
        steers=True,
    )
    audience: str | None = option(
        "--audience", metavar="TEXT", help="The audience to ask GitHub for. [default: the one the role trusts]"
    )
    service_connection: str | None = option(
        "--service-connection",
        metavar="ID",
        help="Azure DevOps: whose token to ask for. [default: the job's own]",
        steers=True,
    )
    trust_policy: str | None = option(
        "--trust-policy",
        kind=FILE,
        metavar="FILE",
        help="The role's trust policy, to compare a token with before AWS is asked. [default: as the outputs say]",
    )
    settle: int = option(
        "--settle",
        kind=DURATION,
        metavar="TIME",
        default=15,
        help="How long to try again while IAM may not have settled. [default: 15s]",
    )

    def token(self) -> Asked:
        """The token that the options name, if they do."""
        from pipeline_identity_cli.web_identity.sources import Asked

        return Asked(self.token_file, self.token_env, self.token_from, self.audience, self.service_connection)

    def identity(self) -> Identity:
        """The identity that the options name, which may be a role's ARN alone.

        Raises:
            Stopped: No role is named, two are, or the outputs cannot be read.
        """
        from pipeline_identity_cli.stack import Identity, identity

        of_stack = source(self)
        if self.role_arn and (of_stack.given or self.pipeline):
            problem = "--role-arn and a pipeline of a stack name two roles"
            raise Stopped(problem, "leave out --role-arn, or --outputs, --stack and --pipeline", kind="usage")
        trust_policy = _trust_policy(self.trust_policy) if self.trust_policy else None
        if self.role_arn:
            name = _named_after(self.role_arn)
            return Identity("", self.role_arn, session_name=name, max_session_duration=0, trust_policy=trust_policy)
        if not of_stack.given:
            raise Stopped("no role is named", "name it with --role-arn, or with --outputs or --stack", kind="usage")
        found = identity(of_stack, self.pipeline)
        return replace(found, trust_policy=trust_policy) if trust_policy else found


def _trust_policy(file: str) -> str:
    """A trust policy from a file, as JSON.

    Raises:
        Stopped: The file cannot be read, or holds no policy.
    """
    option, fix = "--trust-policy", "name a file with the role's trust policy as JSON"
    document = read_json(file, option, fix)
    if not isinstance(document, dict) or "Statement" not in document:
        raise Stopped(f"{named(file, option)} is not a policy: it has no Statement", fix, kind=UNREADABLE)
    return json.dumps(document)


def source(options: StackOptions) -> Source:
    """Where the outputs come from. A file goes first where both are set: it can be read without Pulumi."""
    from pipeline_identity_cli.stack import Source

    return Source(options.outputs, None if options.outputs else options.stack)


def request(options: SessionOptions, identity: Identity) -> SessionRequest:
    """The session that the options ask for, checked.

    Raises:
        Stopped: AWS would reject it.
    """
    from pipeline_identity_cli.sessions import SessionRequest
    from pipeline_identity_cli.stack import LONGEST

    longest = identity.max_session_duration
    asked = SessionRequest(
        role_arn=identity.role_arn,
        session_name=options.session_name or identity.session_name,
        duration=(longest or _DEFAULT_DURATION) if options.duration is None else options.duration,
        external_id=options.external_id or identity.external_id,
        source_identity=options.source_identity,
        tags=_pairs(options.tags),
        longest=longest or LONGEST,
    )
    asked.check()
    return asked


def _named_after(role_arn: str) -> str:
    name = re.sub(r"[^\w+=,.@-]", "", role_arn.rpartition("/")[2], flags=re.ASCII)
    return name[:64] if len(name) > 1 else "pipeline"


def _pairs(tags: Sequence[str]) -> dict[str, str]:
    split = [one.partition("=") for one in tags]
    pairs = {key: value for key, _, value in split}
    if len(pairs) < len(tags) or not all(between for _, between, _ in split):
        raise Stopped("the session tags cannot be used", "write each as KEY=VALUE, each key once", kind="usage")
    return pairs
