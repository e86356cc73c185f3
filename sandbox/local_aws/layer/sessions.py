"""How long a session may last, what it may be called, what it keeps of the call that opened it, and letting time pass.

Sources: ``AssumeRole`` in the STS API reference (DurationSeconds, RoleSessionName, ExternalId) and "IAM and STS
quotas" in the IAM user guide; role chaining is limited to one hour.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from sandbox.local_aws.layer import (
    assuming,
    constraints,
    emulator,
    entities,
    mfa,
    outbound_tokens,
    requests,
    saml,
    web_identity,
)
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Answer, Headers, Params, Record, ServiceHandler

_LONGEST_CHAINED = 3600


def install() -> None:
    """Make STS keep these limits."""
    emulator.replace("services.sts", "handle_request", _checking_requests)
    emulator.replace("services.sts", "register_session", _checking_sessions)


def _checking_requests(original: ServiceHandler) -> ServiceHandler:
    async def handle_request(method: str, path: str, headers: Headers, body: bytes, query: Params) -> Answer:
        params: Params = {**query, **parse_qs(body.decode("utf-8", errors="replace"))}
        requests.present().parameters = params
        try:
            check_request(params)
            if value(params, "Action") == "AssumeRoleWithSAML":
                return saml.assume_role(params)
            return _with_source_identity(await original(method, path, headers, body, query))
        except Refused as refused:
            return refused.answer("sts")

    return handle_request


def _checking_sessions(original: Callable[[str, Record], None]) -> Callable[[str, Record], None]:
    def register_session(access_key: str, session: Record) -> None:
        # Here trust and permissions have been judged: AWS tells a role's maximum only to those who may assume it.
        check_session(session)
        original(access_key, session | _kept(session))

    return register_session


def _kept(session: Record) -> Record:
    """What a session keeps of the call that opens it."""
    kept: Record = {}
    asked = assuming.asked()
    if session.get("PrincipalType") == "AssumedRole":
        kept |= {"SourceIdentity": asked.source_identity} if asked.source_identity else {}
        kept["SessionTags"] = [{"Key": key, "Value": tag} for key, tag in asked.tags.items()]
    if requests.present().authenticated is not None:
        kept["AuthenticatedAt"] = requests.present().authenticated
    return kept


def _with_source_identity(answer: Answer) -> Answer:
    """The answer, telling the source identity as AWS does."""
    status, headers, text = answer
    given = assuming.asked().source_identity.encode()
    if status >= 400 or not given:
        return answer
    told = re.sub(
        rb"(</AssumeRole(?:WithWebIdentity)?Result>)", rb"<SourceIdentity>" + given + rb"</SourceIdentity>\1", text
    )
    return status, headers, told


def check_request(params: Params) -> None:
    """Refuse what AWS refuses whoever asks: durations, names and external ids out of bounds."""
    constraints.check("sts", params)
    if value(params, "Action") == "GetWebIdentityToken":
        outbound_tokens.check_token()
    if value(params, "Action") == "AssumeRoleWithWebIdentity":
        web_identity.check_token(params)
        web_identity.add_what_it_asks(params)
    assuming.check_source_identity(params)
    requests.present().authenticated = mfa.authenticated(params, requests.present().credential)


def check_session(session: Record) -> None:
    """Refuse a session that would outlive what its role, or role chaining, allows."""
    role = entities.role_of_session(str(session["Arn"]))
    if role is None:
        return
    seconds = round(session["Expiration"] - time.time())
    source = emulator.sessions.get(str(session.get("SourceAccessKeyId")), {})
    if source.get("PrincipalType") == "AssumedRole" and seconds > _LONGEST_CHAINED:
        raise Refused(
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    if seconds > int(role.get("MaxSessionDuration") or 3600):
        raise Refused(
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def let_time_pass(seconds: int) -> None:
    """Bring the end of every open session nearer, as if it had been opened that much earlier."""
    for session in emulator.sessions.values():
        for moment in ("Expiration", "IssuedAt", "AuthenticatedAt"):
            if moment in session:
                session[moment] -= seconds
