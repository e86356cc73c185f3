"""Tokens of AWS for services outside it: AWS STS signs who the role is, for an audience and for minutes.

The account must have its issuer of such tokens switched on (`PipelineTokenIssuer`). A token is a power outside AWS:
whoever is its audience takes it for the role. So the audience, how long it lasts and how it is signed are conditions of
the permission. A request that leaves the duration out is denied: the key is not there then.
Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_policies.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, late, one_of, whole_number
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.permissions.statement import PolicyStatement
from pipeline_identity.trust.subjects import claim_text, is_pattern

_SHORTEST, _LONGEST, _DEFAULT = 60, 3_600, 300
_LONGEST_AUDIENCE = 1_000


class TokenSigning(str, Enum):
    """How AWS STS signs a token."""

    ES384 = "ES384"
    """By an elliptic curve, ECDSA with P-384 and SHA-384."""

    RS256 = "RS256"
    """By RSA with SHA-256, for services that know nothing else."""


# Pulumi's schema knows enums, and Python's users write their values as text as well.
if TYPE_CHECKING:
    from typing import Literal

    TokenSigningInput = TokenSigning | Literal["ES384", "RS256"]
else:
    TokenSigningInput = TokenSigning


class OutboundTokenSet(TypedDict):
    """Asking AWS STS for tokens that services outside AWS take (`sts:GetWebIdentityToken`)."""

    audiences: Input[Sequence[Input[str]]]
    """The audiences that tokens may be asked for, compared exactly, such as `https://api.example.com`: at least one."""

    max_duration: NotRequired[int]
    """
    How long a token may last, in seconds: 60 to 3,600. 300 by default. The request must say how long, and is denied
    otherwise.
    """

    signing: NotRequired[TokenSigningInput]
    """How tokens are signed. `ES384` by default."""


def read_outbound_tokens(arguments: Arguments, partition: str) -> list[PolicyStatement]:
    """Reads an `OutboundTokenSet`."""
    del partition
    audiences = arguments.texts("audiences", late(_audience))
    seconds = arguments.optional("max_duration", _duration, _DEFAULT)
    signing = arguments.optional("signing", one_of(TokenSigning), TokenSigning.ES384)
    arguments.no_others()
    if not audiences and not arguments.failed:
        arguments.refuse(("audiences",), None, "is missing or empty", "list who the tokens are for")
    # ForAllValues holds for a request without audiences, too, so their presence is asked for beside it.
    conditions = (
        Condition("ForAllValues:StringEquals", "sts:IdentityTokenAudience", audiences),
        Condition("Null", "sts:IdentityTokenAudience", ("false",)),
        Condition("NumericLessThanEquals", "sts:DurationSeconds", (str(seconds),)),
        Condition("StringEquals", "sts:SigningAlgorithm", (signing.value,)),
    )
    action = ("sts:GetWebIdentityToken",)
    return [PolicyStatement(sid="TokensForOthers", actions=action, resources=("*",), conditions=conditions)]


def _audience(value: object) -> str:
    written = claim_text(value)
    if is_pattern(written):
        raise Refusal("holds a wildcard, so that tokens could be for others", "write the audience in full")
    if len(written) > _LONGEST_AUDIENCE:
        raise Refusal(f"has {len(written)} characters", f"use at most {_LONGEST_AUDIENCE}")
    return written


def _duration(value: object) -> int:
    seconds = whole_number(value)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise Refusal("is not how long a token can last", f"use {_SHORTEST} to {_LONGEST} seconds")
    return seconds
