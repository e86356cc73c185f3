"""What a snippet is to say."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.web_identity import trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity_cli.sessions import SessionRequest


@dataclass(frozen=True)
class Settings:
    """A snippet that is asked for.

    Attributes:
        name: The pipeline's name.
        wanted: The session that the job opens, checked.
        region: The AWS region that the job works in.
        from_keys: Whether the job starts from keys, or from a token of its CI system.
        trusted: Whose tokens the role takes, as far as the outputs say it.
        audience: The audience of the token; None takes the one that the role trusts, else the system's usual one.
        service_connection: The id of the service connection that Azure DevOps makes the token for, if it is for one.
        keys: The key id and the secret, if they were asked for; they are written into the snippet.
    """

    name: str
    wanted: SessionRequest
    region: str
    from_keys: bool
    trusted: Sequence[trust.Trusted] = ()
    audience: str | None = None
    service_connection: str | None = None
    keys: tuple[str, str] | None = None

    def arguments(self) -> str:
        """The arguments of `pipeline-identity assume` that open this session, quoted for a POSIX shell."""
        wanted = self.wanted
        pairs = [
            ("--role-arn", wanted.role_arn),
            ("--duration", str(wanted.duration)),
            ("--session-name", wanted.session_name),
            ("--external-id", wanted.external_id if self.from_keys else None),
            ("--source-identity", wanted.source_identity),
            *(("--tag", f"{key}={value}") for key, value in wanted.tags.items()),
            ("--region", self.region),
        ]
        return " ".join(f"{option} {shlex.quote(value)}" for option, value in pairs if value)

    def no_more_than_a_role(self, system: str, instead: str) -> None:
        """Refuse session tags and a source identity where a system cannot send them.

        Raises:
            Stopped: One was asked for.
        """
        if self.wanted.tags or self.wanted.source_identity:
            problem = f"{system} cannot send session tags or a source identity"
            raise Stopped(problem, f"leave them out, or use {instead}")

    def asked_claims(self, issuer: str, optional: Sequence[str]) -> list[str]:
        """Those claims that the role compares, of the ones that an issuer writes only when it is asked.

        Args:
            issuer: The issuer, without `https://`.
            optional: The claims that the job must ask for.
        """
        of_issuer = [one for one in self.trusted if one.issuer == issuer]
        return [name for name in optional if any(one.compares(f"{issuer}:{name}") for one in of_issuer)]

    def asked_audience(self, host: str | None, usual: str = trust.AWS_AUDIENCE) -> str:
        """The audience to ask a system for.

        Args:
            host: The host of its issuer, if it has always the same.
            usual: What its own guide for AWS asks for.
        """
        return self.audience or trust.audience(self.trusted, host, usual)
