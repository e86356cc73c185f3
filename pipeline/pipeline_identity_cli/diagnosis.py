"""What keeps a job from its role: looked at one by one, from the variables of the job to the answer of AWS.

Each look is a `Finding`. Those that need AWS come last, so that a machine without a network still gets the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from pipeline_identity_cli import credential_check, refusals
from pipeline_identity_cli.aws import Reach, expiry, sts, used
from pipeline_identity_cli.outcome import AGAINST, AS_ASKED, NO_VERDICT, Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_identity_cli.opening import Opening

Status = Literal["ok", "warning", "problem"]
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_LOOKED_AT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)
_CREDENTIALS = _LOOKED_AT[:3]
_ALLOWED_SKEW = 300
"""By how many seconds AWS lets a machine's clock differ: "Signature Version 4" in the IAM user guide."""
_NOTABLE_SKEW = 30
_FILES = {"shared-credentials-file": "credentials_file", "config-file": "config_file", "custom-process": "config_file"}
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


@dataclass(frozen=True)
class Finding:
    """What one look came to.

    Attributes:
        id: A stable id, such as `clock`.
        status: `ok`; `warning` for what may surprise; `problem` for what keeps the role from being assumed.
        text: What was seen.
        fix: What to do about it; empty where nothing is to be done.
        code: The exit code that a problem has.
    """

    id: str
    status: Status
    text: str
    fix: str = ""
    code: int = NO_VERDICT

    @classmethod
    def of(cls, id: str, stopped: Stopped) -> Finding:  # noqa: A002 - the name of the field
        """A problem that has stopped a look."""
        return cls(id, "problem", stopped.problem, stopped.fix, stopped.code)


def diagnose(reach: Reach, opening: Opening | None) -> list[Finding]:
    """Look at everything.

    Args:
        reach: How AWS is reached.
        opening: The session that is wanted; None looks at the credentials alone.
    """
    found = [*_variables(os.environ), *_proxy(os.environ), *_region(reach, opening)]
    starts_from_token = opening is not None and _starts_from_token(opening)
    if not starts_from_token:
        found += _credentials(reach)
    if opening is not None:
        found.append(_role(opening))
    # One cause may stop several looks; it is reported once.
    return list({one.text: one for one in reversed(found)}.values())[::-1]


def code(findings: Sequence[Finding]) -> int:
    """The exit code: what keeps AWS from being asked weighs more than its answer."""
    codes = {one.code for one in findings if one.status == "problem"}
    return NO_VERDICT if NO_VERDICT in codes else AGAINST if codes else AS_ASKED


def _variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that are empty, padded, end in a carriage return, or contradict each other."""
    wrong = False
    for name in _LOOKED_AT:
        value = environment.get(name)
        if value is None:
            continue
        if not value.strip():
            wrong = True
            yield Finding("variables", "warning", f"{name} is set to nothing", "unset it, or give the job the value")
        elif name not in _CREDENTIALS and value != value.strip():
            wrong = True
            what = "a carriage return" if "\r" in value else "a line break" if "\n" in value else "white space"
            yield Finding("line-ends", "problem", f"{name} holds {what}", "set it again without")
    try:
        credential_check.check_environment(environment)
    except Stopped as stopped:
        wrong = True
        yield Finding.of("variables", stopped)
    if environment.get("AWS_ACCESS_KEY_ID"):
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
            if environment.get(name):
                wrong = True
                text = f"{name} and AWS_ACCESS_KEY_ID are both set, and AWS's tools do not agree on which goes first"
                yield Finding("variables", "warning", text, "unset one of them")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"):
        if environment.get(name):
            wrong = True
            yield Finding("endpoint", "warning", f"{name} is {one_line(environment[name])}", "unset it to ask AWS")
    if not wrong:
        yield Finding("variables", "ok", "no variable is empty, padded or in another's way")


def _proxy(environment: Mapping[str, str]) -> Iterator[Finding]:
    named = [f"{name}={one_line(environment[name])}" for name in _PROXIES if environment.get(name)]
    is_set = any(not one.upper().startswith("NO_PROXY") for one in named)
    yield Finding("proxy", "ok", f"a proxy is used: {', '.join(named)}" if is_set else "no proxy is set")


def _region(reach: Reach, opening: Opening | None) -> Iterator[Finding]:
    try:
        region = reach.chosen_region() or reach.botocore_session().get_config_variable("region")
    except Exception as error:
        yield Finding.of("region", _as_stopped(error))
        return
    if not region:
        yield Finding("region", "problem", "no region is set", "set AWS_REGION, or name a region with --region")
        return
    partition = next((one for prefix, one in _PARTITIONS.items() if str(region).startswith(prefix)), "aws")
    wanted = opening.request.role_arn.split(":")[1] if opening else partition
    if wanted != partition:
        text = f"the region {one_line(str(region), 40)} is in the partition {partition}, and the role in {wanted}"
        yield Finding("region", "problem", text, f"name a region of {wanted} with --region")
    else:
        yield Finding("region", "ok", f"region {one_line(str(region), 40)}, partition {partition}")


def _credentials(reach: Reach) -> Iterator[Finding]:
    """Where the credentials come from, whose they are, and whether this machine's clock is right."""
    try:
        client = sts(reach)
        credentials, frozen = used(client)
    except Exception as error:
        yield Finding.of("credentials", _as_stopped(error))
        return
    if frozen is None:
        fix = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
        yield Finding("credentials", "problem", "there are no credentials", fix)
        return
    yield _source(reach, credentials, bool(frozen.token))
    try:
        answer = client.get_caller_identity()
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        yield _clock(headers)
        yield Finding("caller", "ok", f"AWS takes them for {one_line(str(answer['Arn']))}")
    except Exception as error:
        response: Any = getattr(error, "response", {})
        if headers := response.get("ResponseMetadata", {}).get("HTTPHeaders"):
            yield _clock(headers)
        yield Finding.of("caller", _as_stopped(error))


def _source(reach: Reach, credentials: Any, is_session: bool) -> Finding:
    session = reach.botocore_session()
    method = str(credentials.method)
    profile = session.get_config_variable("profile") or "default"
    place = "the environment" if method == "env" else f"the profile {one_line(str(profile), 80)}"
    if method in _FILES:
        place += f" in {one_line(str(session.get_config_variable(_FILES[method])))}"
    ends = expiry(credentials)
    lasting = f", until {ends:%Y-%m-%d %H:%M} UTC" if ends else ""
    kind = f"a session{lasting}" if is_session else "the key of a user"
    return Finding("credentials", "ok", f"{kind} from {place} ({method})")


def _clock(headers: Mapping[str, str]) -> Finding:
    try:
        there = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return Finding("clock", "warning", "AWS did not say what time it is")
    seconds = round((datetime.now(timezone.utc) - there).total_seconds())
    text = f"this machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} AWS's"
    fix = "set it, for example by NTP"
    if abs(seconds) > _ALLOWED_SKEW:
        return Finding("clock", "problem", text, fix)
    return Finding("clock", "warning", text, fix) if abs(seconds) > _NOTABLE_SKEW else Finding("clock", "ok", text)


def _role(opening: Opening) -> Finding:
    try:
        session = opening.open()
    except Stopped as stopped:
        return Finding.of("role", stopped)
    return Finding("role", "ok", f"the role can be assumed: {one_line(session.arn)}")


def _starts_from_token(opening: Opening) -> bool:
    from pipeline_identity_cli.web_identity import trust

    return opening.options.token().given or trust.only_tokens(opening.identity.trust_policy)


def _as_stopped(error: Exception) -> Stopped:
    try:
        return refusals.stopped(error)
    except Exception as unknown:
        return Stopped(f"AWS could not be asked: {type(unknown).__name__}", "look at your AWS configuration")
