"""From options to an open session: which role, started from what, opened as often as it takes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_identity_cli.aws import Reach, say
from pipeline_identity_cli.options import DURATION, FILE, AwsOptions, option
from pipeline_identity_cli.outcome import AGAINST, Stopped
from pipeline_identity_cli.refusals import DENIED
from pipeline_identity_cli.session_options import RoleOptions, SessionOptions, request
from pipeline_identity_cli.sessions import assume, assume_with, current
from pipeline_identity_cli.texts import UNREADABLE, named, read_json

if TYPE_CHECKING:
    from pipeline_identity_cli.sessions import Session, SessionRequest
    from pipeline_identity_cli.stack import Identity
    from pipeline_identity_cli.web_identity.token import Token


@dataclass(frozen=True, kw_only=True)
class OpeningOptions(RoleOptions, SessionOptions, AwsOptions):
    """The options of a command that opens a session."""

    reuse_if_valid: int | None = option(
        "--reuse-if-valid",
        kind=DURATION,
        metavar="TIME",
        help="Take the session that is in the environment, if it is of this role and valid for so long.",
    )
    allowed_accounts: tuple[str, ...] = option(
        "--allowed-account", multiple=True, metavar="ID", help="Stop if the role is in no such account."
    )
    session_policy: str | None = option(
        "--session-policy", kind=FILE, metavar="FILE", help="A policy as JSON that narrows what the session may do."
    )
    policy_arns: tuple[str, ...] = option(
        "--policy-arn", multiple=True, metavar="ARN", help="A managed policy that narrows it; up to 10."
    )


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
        asked = request(options, identity)
        if options.session_policy or options.policy_arns:
            policy = _policy(options.session_policy) if options.session_policy else None
            asked = replace(asked, policy=policy, policy_arns=options.policy_arns)
            asked.check()
        if options.allowed_accounts and asked.account not in options.allowed_accounts:
            problem = f"the role is in account {asked.account}, which --allowed-account does not name"
            raise Stopped(problem, "correct the role, or the accounts that are allowed", AGAINST, "other-account")
        return cls(options, identity, asked)

    def open(self) -> Session:
        """Open the session, from the token of this moment or the credentials of this moment.

        Raises:
            Stopped: AWS denies it, or cannot be asked.
        """
        from pipeline_identity_cli.web_identity.job import token_for

        options, reach = self.options, Reach.of(self.options)
        token = token_for(self.identity, options.token(), other_credentials=options.profile is not None)
        if token is not None:
            self.request.check_token(options.external_id)
            return self._open_with(token, reach)
        if options.reuse_if_valid is not None and self.request.is_plain:
            session = current(self.request, reach)
            if session and session.lasts(options.reuse_if_valid):
                return session
        return self._from_credentials(reach)

    def _from_credentials(self, reach: Reach) -> Session:
        """A new session, or the one that the credentials are of already."""
        known: list[Session] = []

        def is_session_of_role() -> bool:
            known.extend(filter(None, [self._already(reach)]))
            return bool(known)

        try:
            return assume(self.request, reach, self.options.settle, is_session_of_role)
        except Stopped as stopped:
            # A Deny is not waited for, so nobody has looked yet.
            if stopped.kind != DENIED or not (known or is_session_of_role()):
                raise
            if not self.request.is_plain:
                problem = "these credentials are a session of this role, and AWS lets it open no other one of the role"
                fix = "start from the user's key or a token, or leave out tags, source identity and session policies"
                raise Stopped(problem, fix, AGAINST, DENIED) from None
        say("these credentials are a session of this role already, so they are used")
        return known[0]

    def _open_with(self, token: Token, reach: Reach) -> Session:
        """Open it with a token; where AWS denies that without a reason, look for one in the role, if it can be read."""
        from pipeline_identity_cli.web_identity import comparison

        try:
            return assume_with(token, self.request, reach, self.options.settle)
        except Stopped as stopped:
            if stopped.kind != DENIED or self.identity.trust_policy is not None:
                raise
            role = self.identity.role_arn
            raise comparison.explained(stopped, token, role, self._trust_at_aws(reach)) from None

    def _trust_at_aws(self, reach: Reach) -> str | None:
        """The role's trust policy, where there are credentials in the environment that may read it."""
        from pipeline_identity_cli import iam

        if not (self.options.profile or os.environ.get("AWS_ACCESS_KEY_ID")):
            # Credentials of the machine itself are not looked for: that takes its time where it has none.
            return None
        try:
            client, _ = iam.client(reach, 1)
            role = client.get_role(RoleName=self.identity.role_arn.rpartition("/")[2])["Role"]
        except Exception:
            # It would only have told more.
            return None
        return json.dumps(role["AssumeRolePolicyDocument"]) if role["Arn"] == self.identity.role_arn else None

    def _already(self, reach: Reach) -> Session | None:
        """The session that the credentials are of, if it is of this role; a role seldom trusts its own sessions."""
        try:
            return current(self.request, reach)
        except Stopped:
            return None


def _policy(file: str) -> str:
    """A session policy, without the white space that counts at AWS.

    Raises:
        Stopped: The file cannot be read, or holds no policy.
    """
    option, fix = "--session-policy", "name a file with a policy document as JSON"
    document = read_json(file, option, fix)
    if not isinstance(document, dict) or "Statement" not in document:
        raise Stopped(f"{named(file, option)} is not a policy: it has no Statement", fix, kind=UNREADABLE)
    return json.dumps(document, separators=(",", ":"))
