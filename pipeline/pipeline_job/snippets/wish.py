"""What a snippet is to say."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_job.outcome import Stopped

if TYPE_CHECKING:
    from pipeline_job.assume import Wanted


@dataclass(frozen=True)
class Wish:
    """A snippet that is asked for.

    Attributes:
        name: The pipeline's name.
        wanted: The session that the job opens, checked.
        region: The AWS region that the job works in.
        from_keys: Whether the job starts from keys, or from a token of its CI system.
        audience: The audience of that token; None takes the system's usual one.
        keys: The key id and the secret, if they were asked for; they are written into the snippet.
    """

    name: str
    wanted: Wanted
    region: str
    from_keys: bool
    audience: str | None = None
    keys: tuple[str, str] | None = None

    def arguments(self) -> str:
        """The arguments of `pipeline-identity assume` that open this session, quoted for a POSIX shell."""
        wanted = self.wanted
        pairs = [
            ("--role-arn", wanted.role_arn),
            ("--duration", str(wanted.duration)),
            ("--session-name", wanted.session_name),
            ("--external-id", wanted.external_id),
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

    def no_token(self, system: str, fix: str) -> None:
        """Refuse a job without keys where a system has no token that is known here.

        Raises:
            Stopped: The job does not start from keys.
        """
        if not self.from_keys:
            raise Stopped(f"{system} without keys is not known here", fix)
