"""Trust in other AWS accounts, with external ids.

An external id keeps a third party, which assumes roles for many customers, from being talked into using this one for
somebody else (the confused deputy). It is not a secret. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from pipeline_identity import _arns as arns
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, flag, late, one_of, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late
from pipeline_identity.trust.principals import PrincipalForm, PrincipalFormInput, trust_principals
from pipeline_identity.trust.statement import ASSUME_ROLE, TrustStatement

_EXTERNAL_ID = re.compile(r"[A-Za-z0-9+=,.@:/_-]{2,1224}")


class AccountTrust(TypedDict):
    """Trust in another AWS account, or in some of its users and roles."""

    account_id: Input[str]
    """The account's 12 digits, in quotes."""

    external_ids: NotRequired[Input[Sequence[Input[str]]]]
    """
    The external ids of which the caller must give one, 2 to 1,224 characters; two for the time of a change. Required
    unless the account is your own.
    """

    owned: NotRequired[bool]
    """Whether the account is your own, so that no external id is needed. False by default."""

    principals: NotRequired[Input[Sequence[Input[str]]]]
    """
    ARNs of the account's users and roles that may assume the role. By default the whole account: all that its
    administrators allow.
    """

    principal_form: NotRequired[PrincipalFormInput]
    """How users and roles are named. `arn` by default."""

    further: NotRequired[dict[str, dict[str, list[str]]]]
    """Other conditions for this account alone: operator, condition key, values. None by default."""


def read_account(arguments: Arguments, account: arns.Account) -> list[TrustStatement]:
    """Reads one `AccountTrust`.

    Args:
        arguments: The arguments.
        account: The account of the role.
    """
    other = arguments.required("account_id", late(arns.account_id), meaning="the account's 12 digits in quotes")
    external_ids = arguments.texts("external_ids", late(external_id))
    owned = arguments.optional("owned", flag, default=False)
    principals = arguments.texts("principals", late(arns.principal_arn))
    form = arguments.optional("principal_form", one_of(PrincipalForm), PrincipalForm.ARN)
    arguments.no_others()
    if not external_ids and not owned:
        arguments.refuse(
            ("external_ids",),
            None,
            "is missing, and accounts of others must give one",
            "list one, or set owned to true",
        )
    if other and other == account.account_id:
        arguments.refuse(
            ("account_id",), other, "is the role's own account", "name its users and roles under users and roles"
        )
    refuse_principals(arguments, "principals", principals, arns.Account(account.partition, other))
    conditions = [Condition("StringEquals", "sts:ExternalId", external_ids)] if external_ids else []
    return [_statement(f"arn:{account.partition}:iam::{other}:root", principals, form).and_also(conditions)]


def external_id(value: object) -> str:
    """Checks an external id: 2 to 1,224 letters, digits and `+=,.@:/_-`."""
    written = text(value)
    if not _EXTERNAL_ID.fullmatch(written):
        raise Refusal("is not an external id that AWS accepts", "use 2 to 1224 letters, digits and + = , . @ : / _ -")
    return written


def refuse_principals(arguments: Arguments, name: str, principals: Sequence[str], account: arns.Account) -> None:
    """Refuses the ARNs under an argument that lie outside an account."""
    for place, arn in enumerate(principals):
        if is_late(arn):
            continue
        if arns.partition_of(arn) != account.partition:
            arguments.refuse(
                (name, place),
                arn,
                "lies in another partition, which no role can trust",
                f"name one in {account.partition}",
            )
        elif account.account_id and not is_late(account.account_id) and arns.account_of(arn) != account.account_id:
            arguments.refuse(
                (name, place),
                arn,
                f"is not of the account {account.account_id}",
                "name it under accounts, by its account",
            )


def _statement(root: str, principals: Sequence[str], form: PrincipalForm) -> TrustStatement:
    if not principals:
        return TrustStatement("Account", {"AWS": root}, (ASSUME_ROLE,))
    return trust_principals("Account", principals, form)
