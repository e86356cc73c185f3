"""Trying it out where that is harmless: opening sessions with the pipeline's own key, and throwing them away.

`GetCallerIdentity` and `AssumeRole` change nothing, and no other call can leave the client. CloudTrail records them,
those that are refused too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_identity_cli import refusals
from pipeline_identity_cli.iam import MayNotChange
from pipeline_identity_cli.outcome import one_line
from pipeline_identity_cli.verify.rows import LIVE, Check, Row, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.stack import Identity

_SHORTEST = 900
_HARMLESS = ("GetCallerIdentity", "AssumeRole")
# Valid as an external id, and surely none that somebody has chosen.
_WRONG = "pipeline-identity-verify-wrong-external-id"


def only_sessions(model: Any, **_: object) -> None:
    """A hook of botocore, before any call: refuses everything but opening a session and asking who one is.

    Raises:
        MayNotChange: It is another operation.
    """
    if str(model.name) not in _HARMLESS:
        raise MayNotChange(str(model.name))


class SessionsOnly:
    """Makes clients of STS that can do nothing but open sessions."""

    def __init__(self, reach: Reach) -> None:
        self._session: Any = reach.session()

    def client(self, key_id: str, secret: str, token: str | None = None) -> Any:
        """A client with these credentials."""
        from botocore.config import Config

        sts = self._session.client(
            "sts",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(connect_timeout=5, read_timeout=20),
        )
        sts.meta.events.register_first("before-call.sts", only_sessions)
        return sts


def tried(identity: Identity, sts: SessionsOnly) -> list[Row]:
    """The rows of what was tried with the key of a pipeline's user; none for a pipeline without one."""
    if not identity.user_arn:
        return []
    if not identity.access_key_id or not identity.secret_access_key:
        why = "the outputs do not show its key: write them with pulumi stack output pipelines --json --show-secrets"
        return [Row(identity.name, "user", "session of the role, tried", State.UNKNOWN, why, LIVE, Check.LIVE_SESSION)]
    client = sts.client(identity.access_key_id, identity.secret_access_key)
    return list(_tried(identity, client, sts))


def _tried(identity: Identity, client: Any, sts: SessionsOnly) -> Iterator[Row]:
    def row(check: Check, words: str, look: Callable[[], str]) -> Row:
        state, wrong = _outcome(look)
        return Row(identity.name, "user", words, state, wrong, LIVE, check)

    def assume(external_id: str | None) -> Any:
        given = {"ExternalId": external_id} if external_id else {}
        name, role = identity.session_name, identity.role_arn
        return client.assume_role(RoleArn=role, RoleSessionName=name, DurationSeconds=_SHORTEST, **given)

    def is_user() -> str:
        seen = str(client.get_caller_identity()["Arn"])
        return "" if seen == identity.user_arn else f"AWS takes it for {seen}"

    def session() -> str:
        made = assume(identity.external_id)["Credentials"]
        opened = sts.client(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        seen = str(opened.get_caller_identity()["Arn"])
        wanted = f":assumed-role/{identity.role_arn.rpartition('/')[2]}/{identity.session_name}"
        return "" if seen.endswith(wanted) else f"AWS takes it for {seen}"

    yield row(Check.LIVE_USER, "key, tried", is_user)
    yield row(Check.LIVE_SESSION, "session of the role, tried", session)
    if identity.external_id:
        words = "session without the external id, tried"
        yield row(Check.LIVE_NO_EXTERNAL_ID, words, lambda: _refused(lambda: assume(None)))
        words = "session with another external id, tried"
        yield row(Check.LIVE_OTHER_EXTERNAL_ID, words, lambda: _refused(lambda: assume(_WRONG)))


def _refused(call: Callable[[], object]) -> str:
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        if refusals.code_of(error) == "AccessDenied":
            return ""
        raise
    return "AWS opened one, and must not"


def _outcome(look: Callable[[], str]) -> tuple[State, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        wrong = look()
    except ClientError as error:
        # That AWS refuses is an answer; that it could not answer is none.
        answered = refusals.code_of(error) in ("AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch")
        return State.FAILED if answered else State.UNKNOWN, one_line(str(refusals.stopped(error)))
    except BotoCoreError as error:
        return State.UNKNOWN, one_line(str(refusals.stopped(error)))
    return (State.FAILED, wrong) if wrong else (State.PASSED, "")
