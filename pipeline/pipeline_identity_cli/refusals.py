"""Why AWS said no, or could not be asked: in one line, with what to look at, from the exact error.

AWS reveals little to a caller that it denies: a role that is not there, a trust that does not match and a policy that
does not allow are one message. The lines below say what can be behind each.

Whatever AWS, a credential process, a proxy or a configuration file says is shown without secrets (`one_line`); what a
credential process writes is not shown at all.

Sources: "Common errors", `AssumeRole` and `AssumeRoleWithWebIdentity` in the STS API reference; "Troubleshoot access
denied error messages" in the IAM user guide for what a message says after "because" and "with an explicit deny";
"Understanding and resolving AWS CLI errors" for errors of the credential chain.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli.outcome import AGAINST, NO_VERDICT, Stopped, one_line, shown

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@dataclass(frozen=True)
class _Reason:
    """What an error of AWS means.

    Attributes:
        kind: Its stable id, for programs.
        code: The error's code, as a pattern.
        message: What its message holds, as a pattern.
        fix: What to look at, or what to do.
    """

    kind: str
    code: str
    message: str
    fix: str


DENIED = "denied"
"""The stable id of a call that AWS denies."""
_DENIED_CODES = "AccessDenied(Exception)?|UnauthorizedAccess|NotAuthorized"

_REASONS = (
    _Reason(
        "denied",
        _DENIED_CODES,
        "with an explicit deny",
        "a Deny forbids it: look for it where the message says, and for a suspension of the pipeline",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        "permissions boundary",
        "the permissions boundary does not allow it: look at the boundary of the user or role that calls",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        "no session policy",
        "the session was opened with a policy that does not allow it: open it without, or with a wider one",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        "sts:TagSession",
        "tagging sessions must be allowed at both ends: name the tags' keys under session_tags, or send no tags",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        "sts:SetSourceIdentity",
        "setting a source identity must be allowed at both ends: trust and own policy, or send none",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        r"(?s)sts:AssumeRole\b.*no identity-based policy",
        "the caller's own policy does not allow it: name this role's ARN in the user's policy",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        r"(?s)\biam:(Get|List|Simulate).*no identity-based policy",
        "these credentials may not read IAM: take some that may, for example with the AWS policy IAMReadOnlyAccess",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        "no identity-based policy",
        "the caller's own policy does not allow it: allow the action that the message names",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        "sts:AssumeRoleWithWebIdentity",
        "look at, in this order: the role's ARN (is it there?), and issuer, audience and subject that its trust policy"
        " names",
    ),
    _Reason(
        "denied",
        _DENIED_CODES,
        r"sts:AssumeRole\b",
        "look at, in this order: the role's ARN (is it there?), its trust policy (is the caller named in it?), the"
        " caller's own policy, external id, session name, networks and MFA that the trust asks for",
    ),
    _Reason("denied", _DENIED_CODES, "", "the caller's policies do not allow it: look at what they name"),
    _Reason(
        "invalid-request",
        "ValidationError",
        "MaxSessionDuration",
        "ask for less with --duration, or raise max_session_duration of the role",
    ),
    _Reason(
        "invalid-request",
        "ValidationError",
        "role chaining",
        "a role that assumes a role gets 3600 seconds at most: ask for less with --duration, or start from the user",
    ),
    _Reason(
        "unknown-key",
        "InvalidClientTokenId|UnrecognizedClientException",
        "",
        "AWS does not know this access key, or it is inactive or deleted: look at the user's keys, and at the account"
        " and partition they belong to",
    ),
    _Reason(
        "clock",
        "SignatureDoesNotMatch|RequestExpired|InvalidSignatureException",
        "expired|not yet current|earlier than|later than",
        "this machine's clock is off by more than 5 minutes: set it, for example by NTP",
    ),
    _Reason(
        "wrong-secret",
        "SignatureDoesNotMatch|InvalidSignatureException",
        "",
        "the secret is not the one of this access key: look for a character that was lost or added in the CI's secret",
    ),
    _Reason(
        "invalid-token",
        "InvalidIdentityToken",
        "(?i)audience",
        "the identity provider in IAM does not list the token's audience: add it there, or ask for another token",
    ),
    _Reason(
        "invalid-token",
        "InvalidIdentityToken",
        "No OpenIDConnect provider",
        "the account has no identity provider for the token's issuer: make one in the role's account",
    ),
    _Reason(
        "invalid-token",
        "InvalidIdentityToken",
        "verification key",
        "AWS cannot read the issuer's keys: its addresses must be open to the internet, its certificate valid",
    ),
    _Reason(
        "invalid-token",
        "InvalidIdentityToken|IDPRejectedClaim",
        "",
        "AWS takes the token for none of this issuer: look at who made it, and whether it came here whole",
    ),
    _Reason("issuer-unreachable", "IDPCommunicationError", "", "the token's issuer did not answer AWS: try again"),
    _Reason(
        "expired-token",
        "ExpiredToken(Exception)?",
        "Token expired",
        "the token has expired: ask for a new one in the same job",
    ),
    _Reason(
        "expired-session",
        "ExpiredToken(Exception)?",
        "",
        "the session that these credentials are of has expired: open a new one",
    ),
    _Reason(
        "throttled",
        "Throttling.*|RequestLimitExceeded|TooManyRequestsException",
        "",
        "AWS asks to call less often: try later, or for longer with --retry-for",
    ),
    _Reason(
        "region-disabled",
        "RegionDisabledException",
        "",
        "the region's STS is not activated in the account: choose another --region",
    ),
    _Reason("not-found", "ResourceNotFoundException", "", "it is not there: make it first, or correct its name"),
    _Reason(
        "invalid-request",
        "PackedPolicyTooLarge",
        "",
        "the session's tags are too large together: send fewer or shorter ones",
    ),
    _Reason(
        "invalid-credentials",
        "IncompleteSignature|MissingAuthenticationToken",
        "",
        "the key id is not as AWS made it: look for white space, quotes and line breaks in AWS_ACCESS_KEY_ID",
    ),
    _Reason(
        "invalid-request", "MalformedPolicyDocument", "", "the session policy is not a policy: correct what AWS names"
    ),
    _Reason("not-found", "NoSuchEntity", "", "there is no such user or role: correct its name or path"),
    _Reason("limit", "LimitExceeded", "", "IAM's limit is reached: delete what nobody uses, or wait for another run"),
    _Reason(
        "aws-down", "ServiceUnavailable|InternalFailure|InternalError|ServiceFailure", "", "AWS is not well: try later"
    ),
)

_PROXY = "look at network, proxy (HTTPS_PROXY), region and AWS_ENDPOINT_URL"
_LOGIN = "log in again with: aws sso login"
_FILES = "correct the profile in your AWS configuration files (~/.aws/config, ~/.aws/credentials)"
_UNREACHED = {
    "NoCredentialsError": ("no-credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a --profile"),
    "PartialCredentialsError": ("no-credentials", "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    "ProfileNotFound": ("invalid-profile", "name a profile of your AWS configuration file with --profile"),
    "InvalidConfigError": ("invalid-profile", _FILES),
    "InfiniteLoopConfigError": ("invalid-profile", _FILES),
    "ConfigParseError": ("invalid-profile", _FILES),
    "ConfigNotFound": ("invalid-profile", _FILES),
    "UnknownCredentialError": ("invalid-profile", _FILES),
    "NoRegionError": ("no-region", "set AWS_REGION, or name a region with --region"),
    "InvalidRegionError": ("no-region", "name a region such as eu-central-1 with --region"),
    "EndpointConnectionError": ("unreachable", _PROXY),
    "ConnectTimeoutError": ("unreachable", _PROXY),
    "ReadTimeoutError": ("unreachable", "AWS was reached but did not answer: try again, and look at HTTPS_PROXY"),
    "ConnectionClosedError": ("unreachable", "AWS was reached but hung up: try again, and look at HTTPS_PROXY"),
    "ProxyConnectionError": ("unreachable", "look at HTTPS_PROXY: the proxy does not answer"),
    "SSLError": ("unreachable", "name the certificate of your proxy with AWS_CA_BUNDLE"),
    "HTTPClientError": ("unreachable", _PROXY),
    "InvalidProxiesConfigError": ("unreachable", "look at HTTPS_PROXY: it is not an address"),
    "TokenRetrievalError": ("expired-session", _LOGIN),
    "SSOTokenLoadError": ("expired-session", _LOGIN),
    "UnauthorizedSSOTokenError": ("expired-session", _LOGIN),
    "SSOError": ("expired-session", _LOGIN),
    "LoginTokenLoadError": ("expired-session", "log in again with: aws login"),
    "LoginError": ("expired-session", "log in again with: aws login"),
    "MetadataRetrievalError": ("no-credentials", "the credentials of this machine cannot be had: look at its role"),
    "MissingDependencyException": (
        "missing-dependency",
        "sessions of `aws login` need botocore[crt]: install pipeline-identity-cli[aws-login]",
    ),
}
"""What the errors of botocore are that come before AWS has answered, and what to do about each, by class."""


def code_of(error: ClientError) -> str:
    """The code of AWS's error, such as `AccessDenied`."""
    return str(_error(error).get("Code", "unknown"))


def stopped(error: Exception, said: str = "", *, denial_is_verdict: bool = False) -> Stopped:
    """An error of boto3 as one line.

    Args:
        error: What a call of boto3 raised.
        said: What AWS was told, put behind its answer.
        denial_is_verdict: Whether the question was just this: may the call be made? Exit code 1 then answers no.
            Elsewhere a denial keeps the command from its answer, and the exit code is 2.

    Returns:
        The line, to be raised. An error of no known kind is raised as it is: its text may quote what it was given.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, Stopped):
        return error
    if isinstance(error, ResponseParserError | KeyError):
        # A page of a proxy, for example; its text is not repeated. Of one that is XML, botocore makes an empty answer.
        problem = "what answered in AWS's place does not speak as AWS does"
        return Stopped(problem, _PROXY, kind="unreachable")
    if isinstance(error, ClientError):
        code, message = code_of(error), one_line(str(_error(error).get("Message", "")))
        if code.isdecimal() or "Code" not in _error(error):
            # A proxy or a load balancer answers with a status and a page; the page is not repeated.
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", code)
            problem = f"what answered in AWS's place does not speak as AWS does (HTTP {status})"
            return Stopped(problem, _PROXY, kind="unreachable")
        kind, fix = _reason(code, message)
        verdict = AGAINST if kind == DENIED and denial_is_verdict else NO_VERDICT
        answer = "AWS denies the call" if kind == DENIED else "AWS rejects the call"
        return Stopped(f"{answer}: {code}: {message}".rstrip(": ."), fix + said, verdict, kind)
    if isinstance(error, BotoCoreError):
        return _unreached(error)
    return _before_the_call(error)


def _unreached(error: Exception) -> Stopped:
    """An error of botocore that came before AWS has answered."""
    name = type(error).__name__
    if name == "CredentialRetrievalError":
        return _not_retrieved(error)
    if name == "ProxyConnectionError" and (status := _proxy_status(error)):
        if status == "407":
            return Stopped("the proxy asks for a password (HTTP 407)", "name it in HTTPS_PROXY", kind="unreachable")
        fix = "look at HTTPS_PROXY, and whether the proxy lets AWS be reached"
        return Stopped(f"the proxy does not connect to AWS (HTTP {status})", fix, kind="unreachable")
    if name == "InvalidRegionError":
        # What is wrong with it is often what a terminal does not show.
        region = shown(str(getattr(error, "kwargs", {}).get("region_name", "")), 80)
        return Stopped(f"AWS could not be asked: {region} is not a region", _UNREACHED[name][1], kind="no-region")
    known = [one.__name__ for one in type(error).__mro__ if one.__name__ in _UNREACHED]
    if not known:
        return Stopped(f"AWS could not be asked: {name}: {one_line(str(error))}".rstrip("."), _FILES)
    kind, fix = _UNREACHED[known[0]]
    if name == "NoCredentialsError":
        empty = [one for one in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if os.environ.get(one) == ""]
        fix = f"{' and '.join(empty)} is set to nothing: does this job get the secret?" if empty else fix
    return Stopped(f"AWS could not be asked: {name}: {one_line(str(error))}".rstrip("."), fix, kind=kind)


def _proxy_status(error: Exception) -> str:
    """The status that a proxy has answered with; "" where it has not answered. Only the cause says it."""
    found = re.search(r"Tunnel connection failed: (\d{3})", str(getattr(error, "kwargs", {}).get("error")))
    return found[1] if found else ""


def _not_retrieved(error: Exception) -> Stopped:
    """Credentials that another program or another machine should have handed out."""
    provider = str(getattr(error, "kwargs", {}).get("provider", ""))
    if provider == "custom-process":
        # What the program wrote is not repeated: it may be the secret.
        problem = "AWS could not be asked: the profile's credential_process failed"
        return Stopped(problem, "run it by itself, and look at its error", kind="no-credentials")
    problem = f"AWS could not be asked: {one_line(str(error))}".rstrip(".")
    fix = f"look at what should hand out these credentials ({one_line(provider, 60)})" if provider else _FILES
    return Stopped(problem, fix, kind="no-credentials")


def _before_the_call(error: Exception) -> Stopped:
    """What Python raises in the credential chain: for files that are not there, and addresses that are none.

    Raises:
        Exception: The error itself, where its kind is not known.
    """
    text = str(error)
    if isinstance(error, RuntimeError) and "expired" in text:
        problem = "the session that these credentials are of has expired"
        return Stopped(problem, "open a new one from the user's key or a token", kind="expired-session")
    if isinstance(error, ValueError) and "endpoint" in text.lower():
        problem = f"the address of AWS cannot be used: {one_line(text)}"
        return Stopped(problem, "write AWS_ENDPOINT_URL like https://host:port, or unset it", kind="unreachable")
    if isinstance(error, OSError) and error.filename is not None:
        problem = f"AWS could not be asked: {one_line(str(error.filename))}: {error.strerror}"
        fix = "it is named in the environment or your AWS configuration files: correct its name"
        return Stopped(problem, fix, kind="no-credentials")
    if isinstance(error, JSONDecodeError | UnicodeError):
        problem = "AWS could not be asked: what should hand out credentials does not write them as JSON"
        fix = "run the profile's credential_process by itself, and look at what it prints"
        return Stopped(problem, fix, kind="no-credentials")
    if isinstance(error, ValueError):
        # Its text is not repeated: it quotes the value.
        problem = "AWS could not be asked: a value in the environment or in your AWS configuration files cannot be read"
        fix = "look at endpoints, numbers of attempts and AWS_CREDENTIAL_EXPIRATION"
        return Stopped(problem, fix, kind="invalid-configuration")
    raise error


def _reason(code: str, message: str) -> tuple[str, str]:
    for reason in _REASONS:
        if re.fullmatch(reason.code, code) and re.search(reason.message, message):
            return reason.kind, reason.fix
    return "aws-error", "look this code up in AWS's documentation of the call"


def _error(error: ClientError) -> dict[str, Any]:
    return cast("dict[str, Any]", error.response).get("Error", {})
