"""Why AWS said no, in one line, and what to look at: told from the exact error.

AWS tells little to who is refused: a role that is not there, a trust that does not match and a policy that does not
allow are one message. The lines below say what can be behind each.

Sources: "Common errors", `AssumeRole` and `AssumeRoleWithWebIdentity` in the STS API reference; "Troubleshoot access
denied error messages" in the IAM user guide for what a message says after "because" and "with an explicit deny".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli.outcome import AGAINST, NO_VERDICT, Stopped, one_line

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@dataclass(frozen=True)
class _Reason:
    """What an error means.

    Attributes:
        code: The error's code, as a pattern.
        message: What its message holds, as a pattern.
        fix: What to look at, or what to do.
    """

    code: str
    message: str
    fix: str


_REASONS = (
    _Reason(
        "AccessDenied",
        "with an explicit deny",
        "a Deny forbids it: look for it where the message says, and for a suspension of the pipeline",
    ),
    _Reason(
        "AccessDenied",
        "permissions boundary",
        "the permissions boundary does not allow it: look at the boundary of the user or role that calls",
    ),
    _Reason(
        "AccessDenied",
        "no session policy",
        "the session was opened with a policy that does not allow it: open it without, or with a wider one",
    ),
    _Reason(
        "AccessDenied",
        "sts:TagSession",
        "tagging sessions must be allowed at both ends: name the tags' keys under session_tags, or send no tags",
    ),
    _Reason(
        "AccessDenied",
        "sts:SetSourceIdentity",
        "setting a source identity must be allowed at both ends: trust and own policy, or send none",
    ),
    _Reason(
        "AccessDenied",
        "no identity-based policy",
        "the caller's own policy does not allow it: name this role's ARN in the user's policy",
    ),
    _Reason(
        "AccessDenied",
        "sts:AssumeRoleWithWebIdentity",
        "look at, in this order: the role's ARN (is it there?), and issuer, audience and subject that its trust policy"
        " names",
    ),
    _Reason(
        "AccessDenied",
        "sts:AssumeRole",
        "look at, in this order: the role's ARN (is it there?), its trust policy (is the caller named in it?), the"
        " caller's own policy, external id, session name, networks and MFA that the trust asks for",
    ),
    _Reason("AccessDenied", "", "the caller's policies do not allow it: look at what they name"),
    _Reason(
        "ValidationError",
        "MaxSessionDuration",
        "ask for less with --duration, or raise max_session_duration of the role",
    ),
    _Reason(
        "ValidationError",
        "role chaining",
        "a role that assumes a role gets 3600 seconds at most: ask for less with --duration, or start from the user",
    ),
    _Reason(
        "InvalidClientTokenId|UnrecognizedClientException",
        "",
        "AWS does not know this access key, or it is inactive or deleted: look at the user's keys, and at the account"
        " and partition they belong to",
    ),
    _Reason(
        "SignatureDoesNotMatch|RequestExpired|InvalidSignatureException",
        "expired|not yet current|earlier than|later than",
        "this machine's clock is off by more than 5 minutes: set it, for example by NTP",
    ),
    _Reason(
        "SignatureDoesNotMatch|InvalidSignatureException",
        "",
        "the secret is not the one of this access key: look for a character that was lost or added in the CI's secret",
    ),
    _Reason(
        "InvalidIdentityToken",
        "(?i)audience",
        "the identity provider in IAM does not list the token's audience: add it there, or ask for another token",
    ),
    _Reason(
        "InvalidIdentityToken",
        "No OpenIDConnect provider",
        "the account has no identity provider for the token's issuer: make one in the role's account",
    ),
    _Reason(
        "InvalidIdentityToken",
        "verification key",
        "AWS cannot read the issuer's keys: its addresses must be open to the internet, its certificate valid",
    ),
    _Reason(
        "InvalidIdentityToken|IDPRejectedClaim",
        "",
        "AWS takes the token for none of this issuer: look at who made it, and whether it came here whole",
    ),
    _Reason("IDPCommunicationError", "", "the token's issuer did not answer AWS: try again"),
    _Reason("ExpiredToken(Exception)?", "Token expired", "the token is over: ask for a new one in the same job"),
    _Reason("ExpiredToken(Exception)?", "", "the session these credentials are of is over: open a new one"),
    _Reason("Throttling.*|RequestLimitExceeded|TooManyRequestsException", "", "AWS asks to call less often: try later"),
    _Reason("RegionDisabledException", "", "the region's STS is not activated in the account: choose another --region"),
    _Reason("ResourceNotFoundException", "", "it is not there: make it first, or correct its name"),
    _Reason("PackedPolicyTooLarge", "", "the session's tags are too large together: send fewer or shorter ones"),
)

_UNREACHED = {
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile",
    "PartialCredentialsError": "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "ProfileNotFound": "name a profile of your AWS configuration file with --profile",
    "NoRegionError": "set AWS_REGION, or name a region with --region",
    "InvalidRegionError": "name a region such as eu-central-1 with --region",
    "EndpointConnectionError": "look at network, proxy (HTTPS_PROXY), region and AWS_ENDPOINT_URL",
    "ConnectTimeoutError": "look at network, proxy (HTTPS_PROXY), region and AWS_ENDPOINT_URL",
    "ReadTimeoutError": "AWS was reached but did not answer: try again, and look at the proxy (HTTPS_PROXY)",
    "ConnectionClosedError": "AWS was reached but hung up: try again, and look at the proxy (HTTPS_PROXY)",
    "ProxyConnectionError": "look at HTTPS_PROXY: the proxy does not answer",
    "SSLError": "name the certificate of your proxy with AWS_CA_BUNDLE",
    "TokenRetrievalError": "log in again with: aws sso login",
    "CredentialRetrievalError": "run the profile's credential_process by itself, and look at its error",
    "MetadataRetrievalError": "the machine's own credentials cannot be had: look at its role",
}
"""What to do about the errors of botocore that come before AWS has answered, by their class."""


def code_of(error: ClientError) -> str:
    """The code of AWS's error, such as `AccessDenied`."""
    return str(_error(error).get("Code", "unknown"))


def stopped(error: Exception, said: str = "") -> Stopped:
    """An error of boto3 as one line.

    Args:
        error: What a call of boto3 raised.
        said: What was told AWS, put behind its refusal.

    Returns:
        The line, to be raised. An error of no known kind is named by its class alone: its text may quote what it was
        given.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ResponseParserError):
        # A page of a proxy, for example; its text is not repeated.
        problem = "what answered in AWS's place does not speak as AWS does"
        return Stopped(problem, "look at the proxy (HTTPS_PROXY), and at AWS_ENDPOINT_URL", NO_VERDICT)
    if isinstance(error, ClientError):
        code, message = code_of(error), one_line(str(_error(error).get("Message", "")))
        return Stopped(f"AWS refused: {code}: {message}", _fix(code, message) + said, AGAINST)
    if isinstance(error, BotoCoreError):
        name = type(error).__name__
        told = f": {one_line(str(error))}" if name in _UNREACHED else ""
        fix = _UNREACHED.get(name, "look at your AWS configuration")
        return Stopped(f"AWS could not be asked: {name}{told}".rstrip("."), fix, NO_VERDICT)
    raise error


def _fix(code: str, message: str) -> str:
    for reason in _REASONS:
        if re.fullmatch(reason.code, code) and re.search(reason.message, message):
            return reason.fix
    return "look this code up in AWS's documentation of the call"


def _error(error: ClientError) -> dict[str, Any]:
    return cast("dict[str, Any]", error.response).get("Error", {})
