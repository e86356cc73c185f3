"""Trust in identities of a SAML 2.0 identity provider, by the subject of their assertions.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity._arns import Account
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.oidc import audience
from pipeline_identity.trust.statement import ASSUME_ROLE_WITH_SAML, TrustStatement
from pipeline_identity.trust.subjects import part

_PROVIDER = re.compile(r"[A-Za-z0-9._-]{1,128}")
_AUDIENCES = {
    "aws": "https://signin.aws.amazon.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
    "aws-us-gov": "https://signin.amazonaws-us-gov.com/saml",
}


class SamlTrust(TypedDict):
    """Trust in identities of a SAML identity provider that exists in the role's account."""

    provider_name: Input[str]
    """The name of the account's SAML provider."""

    subjects: Sequence[str]
    """The subjects (`SAML:sub`) of the identities that may assume the role, compared exactly: at least one."""

    audience: NotRequired[str]
    """The audience of the assertions. The sign-in address of the partition by default."""

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for this provider alone: operator, condition key, values. None by default."""


def read_saml(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `SamlTrust`."""
    provider = arguments.required("provider_name", late(_provider), meaning="the name of the account's SAML provider")
    subjects = arguments.texts("subjects", part)
    default = _AUDIENCES.get(account.partition)
    audience_ = arguments.optional("audience", audience, default or "")
    arguments.no_others()
    if not subjects:
        arguments.refuse(("subjects",), None, "is missing or empty", "list the subject of at least one identity")
    if not audience_:
        arguments.refuse(
            ("audience",), None, f"has no default in {account.partition}", "set it to the assertions' audience"
        )
    conditions = (
        Condition("StringEquals", "SAML:aud", (audience_,)),
        Condition("StringEquals", "SAML:sub", subjects),
    )
    arn = f"arn:{account.partition}:iam::{account.account_id}:saml-provider/{provider}"
    return [TrustStatement("Saml", {"Federated": arn}, (ASSUME_ROLE_WITH_SAML,), conditions)]


def _provider(value: object) -> str:
    name = text(value)
    if not _PROVIDER.fullmatch(name):
        raise Refusal("is not the name of a SAML provider", "use its name alone: up to 128 letters, digits and . _ -")
    return name
