"""Trust in service accounts of Google Cloud.

A service account's token has the account's numeric id as its subject and, in `azp`, as the party it is for. AWS knows
the issuer `https://accounts.google.com` by itself: the principal is its bare name, and an account needs no identity
provider for it. `azp` becomes the condition key `aud`, and the audience that was asked for becomes `oaud`. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html (available keys for AWS
OIDC federation) and https://cloud.google.com/docs/authentication/get-id-token.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from pulumi import Input
from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.claims import GOOGLE, GoogleClaims, read_claims
from pipeline_identity.trust.oidc import audience
from pipeline_identity.trust.statement import ASSUME_ROLE_WITH_WEB_IDENTITY, TrustStatement
from pipeline_identity.trust.workloads import WorkloadTrust

_ISSUER = "accounts.google.com"
_UNIQUE_ID = re.compile(r"[1-9][0-9]{5,29}")


class GoogleTrust(WorkloadTrust):
    """Trust in service accounts of Google Cloud, by the ids that are never used again."""

    service_account_ids: Input[Sequence[Input[str]]]
    """
    Unique ids of the service accounts, in quotes (`gcloud iam service-accounts describe NAME --format
    'value(uniqueId)'`): at least one.
    """

    audience: NotRequired[str]
    """The audience that the token is asked for. `sts.amazonaws.com` by default."""

    claims: NotRequired[GoogleClaims]
    """Claims of the tokens that must fit besides: the organization's number. None by default."""


def read_google(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `GoogleTrust`."""
    del account
    ids = arguments.texts("service_account_ids", late(_unique_id))
    wanted = arguments.optional("audience", audience, "sts.amazonaws.com")
    claims = read_claims(arguments, _ISSUER, GOOGLE)
    arguments.no_others()
    if not ids:
        arguments.refuse(("service_account_ids",), None, "is missing or empty", "list the id of at least one account")
    conditions = (
        Condition("StringEquals", f"{_ISSUER}:oaud", (wanted,)),
        Condition("StringEquals", f"{_ISSUER}:sub", ids),
        *claims,
    )
    return [TrustStatement("Google", {"Federated": _ISSUER}, (ASSUME_ROLE_WITH_WEB_IDENTITY,), conditions)]


def _unique_id(value: object) -> str:
    written = text(value)
    if not _UNIQUE_ID.fullmatch(written):
        raise Refusal(
            "is not the unique id of a service account", 'write its digits in quotes, such as "108642097531864209753"'
        )
    return written
