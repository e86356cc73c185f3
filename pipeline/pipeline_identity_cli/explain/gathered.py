"""What IAM says of the caller: its policies, and the condition keys that AWS sets for it.

Sources: IAM user guide, "AWS global condition context keys" (`reference_policies_condition-keys`) for which keys a
request carries, and "IAM policy elements: Variables and tags" (`reference_policies_variables`) for their values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iam_guardrails.evaluation import Caller, Policy, UnknownCaller
from iam_guardrails.evaluation import PrincipalKind as Kind

from pipeline_identity_cli import iam as read
from pipeline_identity_cli import refusals
from pipeline_identity_cli.outcome import AGAINST, NO_VERDICT, Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Context = dict[str, tuple[str, ...]]
_TYPES = {Kind.USER: "User", Kind.ROLE: "AssumedRole", Kind.SESSION: "AssumedRole", Kind.ACCOUNT: "Account"}
# A call that no service makes for the caller, over TLS as all SDKs do.
_DIRECT: Context = {
    "aws:viaawsservice": ("false",),
    "aws:principalisawsservice": ("false",),
    "aws:securetransport": ("true",),
}
_BY_SERVICES = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:principalservicename")
_OF_SESSIONS = (
    "aws:tokenissuetime",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:federatedprovider",
    "aws:sourceidentity",
    "aws:assumedroot",
)


@dataclass(frozen=True)
class Gathered:
    """The caller, as IAM knows it.

    Attributes:
        caller: Who it is.
        policies: Its identity policies; one that could not be read says why.
        boundary: Its permissions boundary; None without one.
        context: The condition keys that AWS sets for it, in lower case.
        absent: The keys that a call of it lacks.
    """

    caller: Caller
    policies: Sequence[Policy] = ()
    boundary: Policy | None = None
    context: Context = field(default_factory=Context)
    absent: Sequence[str] = ()


def caller_of(arn: str) -> Caller:
    """The caller of an ARN.

    Raises:
        Stopped: It is nobody's whose calls can be explained.
    """
    try:
        return Caller.of(arn)
    except UnknownCaller as unknown:
        fix = "name a user, a role, a role's session or an identity provider with --principal-arn"
        raise Stopped(one_line(str(unknown)), fix) from None


def gather(caller: Caller, iam: Any, account: str, *, lasting: bool) -> Gathered:
    """What IAM says of a caller.

    Args:
        caller: Who it is.
        iam: A client that reads IAM.
        account: The account that it reads.
        lasting: Whether a user calls with a key of its own, not with a session that was made from it.

    Raises:
        Stopped: The caller is not there, is in another account, or AWS cannot be asked.
    """
    if not caller.has_policies or caller.kind is Kind.ACCOUNT:
        return Gathered(caller, context=_keys(caller), absent=_BY_SERVICES)
    if caller.account != account:
        fix = "take credentials of that account, which may read its IAM"
        raise Stopped(f"{caller.arn} is in account {caller.account}, and these credentials are of {account}", fix)
    return _user(caller, iam, lasting=lasting) if caller.kind is Kind.USER else _session(caller, iam)


def from_files(caller: Caller, policies: Sequence[Policy], boundary: Policy | None) -> Gathered:
    """A caller whose policies are in files: what only IAM knows of it, such as tags, is not known."""
    name = {"aws:username": (caller.arn.rpartition("/")[2],)} if caller.kind is Kind.USER else {}
    return Gathered(caller, policies, boundary, _keys(caller) | name, _BY_SERVICES)


def trust(role_arn: str, iam: Any, account: str) -> Policy:
    """The trust policy of a role; of another account's, that it could not be read.

    Raises:
        Stopped: The role is not there.
    """
    name = "of " + role_arn
    its = role_arn.split(":")[4]
    if its != account:
        return Policy(name, None, f"it is in account {its}; hand it over with --resource-policy FILE")
    role = _entity(lambda: iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"], role_arn, AGAINST)
    if isinstance(role, str):
        return Policy(name, None, role)
    if role["Arn"] != role_arn:
        raise Stopped(f"there is no {role_arn}", f"AWS refuses such a call; there is {role['Arn']}", AGAINST)
    return Policy(name, read.parsed(role["AssumeRolePolicyDocument"]))


def _user(caller: Caller, iam: Any, *, lasting: bool) -> Gathered:
    name = caller.arn.rpartition("/")[2]
    user = _entity(lambda: iam.get_user(UserName=name)["User"], caller.arn)
    policies = _read(lambda: read.of_user(iam, name), f"all of user {name}")
    if isinstance(user, str):
        return Gathered(caller, policies, _hidden_boundary(user), _keys(caller) | {"aws:username": (name,)})
    _same_path(caller.arn, user["Arn"])
    return as_user(user, policies, boundary(iam, user), lasting=lasting)


def as_user(user: Any, policies: Sequence[Policy], boundary: Policy | None, *, lasting: bool = True) -> Gathered:
    """A user that was read.

    Args:
        user: What `GetUser` says of it.
        policies: Its policies, its groups' among them.
        boundary: Its permissions boundary.
        lasting: Whether it calls with a key of its own.
    """
    known = Caller.of(user["Arn"], unique_id=user["UserId"])
    context = _keys(known) | {"aws:username": (user["UserName"],), "aws:userid": (user["UserId"],)}
    context |= {f"aws:principaltag/{tag['Key']}".lower(): (tag["Value"],) for tag in user.get("Tags", ())}
    absent = (*_BY_SERVICES, *(_OF_SESSIONS if lasting else ()), "aws:principaltag/")
    return Gathered(known, policies, boundary, context, absent)


def _session(caller: Caller, iam: Any) -> Gathered:
    name = caller.role_arn.rpartition("/")[2]
    role = _entity(lambda: iam.get_role(RoleName=name)["Role"], caller.role_arn)
    policies = _read(lambda: read.of_role(iam, name), f"all of role {name}")
    if isinstance(role, str):
        return Gathered(caller, policies, _hidden_boundary(role), _keys(caller), (*_BY_SERVICES, "aws:username"))
    if caller.kind is Kind.ROLE:
        _same_path(caller.arn, role["Arn"])
    return as_session(role, policies, boundary(iam, role), "" if caller.kind is Kind.ROLE else caller.arn)


def as_session(role: Any, policies: Sequence[Policy], boundary: Policy | None, arn: str = "") -> Gathered:
    """A session of a role that was read. Its tags, source identity and session policies are not to be had from IAM.

    Args:
        role: What `GetRole` says of it.
        policies: Its policies.
        boundary: Its permissions boundary.
        arn: The session's ARN; "" for any session.
    """
    known = Caller.of(arn or role["Arn"], role_arn=role["Arn"], unique_id=role["RoleId"])
    context = _keys(known)
    if arn:
        context["aws:userid"] = (f"{role['RoleId']}:{arn.rpartition('/')[2]}",)
    return Gathered(known, policies, boundary, context, (*_BY_SERVICES, "aws:username"))


def _same_path(asked: str, found: str) -> None:
    """IAM finds users and roles by name; with another path it is another ARN, which policies do not match."""
    if asked != found:
        raise Stopped(f"there is no {asked}", f"name one that is there, such as {found}")


def _keys(caller: Caller) -> Context:
    if not caller.has_policies:
        return dict(_DIRECT)
    return _DIRECT | {
        "aws:principalarn": (caller.role_arn or caller.arn,),
        "aws:principalaccount": (caller.account,),
        "aws:principaltype": (_TYPES[caller.kind],),
    }


def _entity(look: Callable[[], Any], arn: str, code: int | None = None) -> Any:
    """A user or role, or why it could not be read."""
    from botocore.exceptions import ClientError

    try:
        return look()
    except ClientError as error:
        if refusals.code_of(error) == read.ABSENT:
            fix = "AWS refuses such a call; name one that is there" if code else "name one that is there"
            raise Stopped(f"there is no {arn}", fix, NO_VERDICT if code is None else code) from None
        return one_line(str(refusals.stopped(error)))
    except Exception as error:
        raise refusals.stopped(error) from None


def _read(look: Callable[[], read.Policies], name: str) -> list[Policy]:
    from botocore.exceptions import ClientError

    try:
        return [Policy(where, document) for where, document in look().documents.items()]
    except ClientError as error:
        return [Policy(name, None, one_line(str(refusals.stopped(error))))]
    except Exception as error:
        raise refusals.stopped(error) from None


def boundary(iam: Any, entity: Any) -> Policy | None:
    """The permissions boundary of a user or role that was read; None without one."""
    arn = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    if not arn:
        return None
    return _read(lambda: read.Policies({arn: read.managed(iam, arn)}), arn)[0]


def _hidden_boundary(why: str) -> Policy:
    """Whether there is one could not be seen, so there may be one that allows nothing."""
    return Policy("if there is one", None, why)
