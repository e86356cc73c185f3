"""From options to an open session: which role, started from what, opened as often as it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.aws import Reach
from pipeline_identity_cli.options import AwsOptions
from pipeline_identity_cli.session_options import RoleOptions, SessionOptions, request
from pipeline_identity_cli.sessions import assume, assume_with

if TYPE_CHECKING:
    from pipeline_identity_cli.sessions import Session, SessionRequest
    from pipeline_identity_cli.stack import Identity


@dataclass(frozen=True, kw_only=True)
class OpeningOptions(RoleOptions, SessionOptions, AwsOptions):
    """The options of a command that opens a session."""


@dataclass(frozen=True)
class Opening:
    """A session that can be opened, and opened again when it nears its end.

    Attributes:
        options: The options.
        identity: Whose session it is.
        request: The session that is asked for, checked.
    """

    options: OpeningOptions
    identity: Identity
    request: SessionRequest

    @classmethod
    def of(cls, options: OpeningOptions) -> Opening:
        """What the options ask for.

        Raises:
            Stopped: No role is named, or AWS would reject the session.
        """
        identity = options.identity()
        return cls(options, identity, request(options, identity))

    def open(self) -> Session:
        """Open the session, from the token of this moment or the credentials of this moment.

        Raises:
            Stopped: AWS denies it, or cannot be asked.
        """
        from pipeline_identity_cli.web_identity.job import token_for

        options, reach = self.options, Reach.of(self.options)
        token = token_for(self.identity, options.token(), other_credentials=options.profile is not None)
        if token is None:
            return assume(self.request, reach, options.settle)
        self.request.check_token(options.external_id)
        return assume_with(token, self.request, reach, options.settle)
