"""What the policies that apply to one request come to.

Sources, pages of the IAM user guide: `reference_policies_evaluation-logic_policy-eval-denyallow` (the order, and what
resource policies give to whom), `reference_policies_evaluation-logic_policy-eval-basics` (one account),
`reference_policies_evaluation-logic-cross-account` (two accounts), `reference_policies_elements_principal` (an account
delegates; a role's ARN leaves boundary and session policy in force; everyone needs no more in the same account). An
Allow at every level: `orgs_manage_policies_scps_evaluation` of the AWS Organizations user guide. Resource control
policies (the services, whom they hold for, and that AWS's own `RCPFullAWSAccess` allows everything beside them):
`orgs_manage_policies_rcps` there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from iam_guardrails.evaluation.callers import Named
from iam_guardrails.evaluation.layers import Judged, Layer, Policy, judged
from iam_guardrails.evaluation.matching import Request, both, either
from iam_guardrails.language import arns
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.language.principals import Kind

NEEDS_NO_PERMISSION = "sts:getcalleridentity"
"""The action that AWS answers to everybody, a Deny notwithstanding (STS API reference, `GetCallerIdentity`)."""
RCP_SERVICES = frozenset(
    ("s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "cognito-identity", "logs", "dynamodb", "ecr", "aoss")
)
"""The prefixes of the services whose resources resource control policies hold for."""


class Verdict(str, Enum):
    """What AWS would answer."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True)
class Policies:
    """The policies that apply to a request.

    Attributes:
        identity: of the user and its groups, or of the role.
        boundary: its permissions boundary; None without one.
        session: what the session was opened with; None without session policies.
        scps: service control policies, a sequence for each level from the organisation's root down to the account; none
            where there are none.
        resource: the policy of the resource; None without one.
        trust: the trust policy, where the resource is a role that is assumed.
        rcps: resource control policies of all levels above the resource's account; each of them only denies. They hold
            for whoever calls, and for the services of `RCP_SERVICES` alone.
    """

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    scps: Sequence[Sequence[Policy]] = ()
    resource: Policy | None = None
    trust: Policy | None = None
    rcps: Sequence[Policy] = ()


class Decision(NamedTuple):
    """The answer.

    Attributes:
        verdict: allowed, refused, or not to be told from what is known.
        reason: why, in one line.
        statements: every statement of every policy, and what it says.
        unknown: the condition keys whose values would have to be known for a certain answer.
    """

    verdict: Verdict
    reason: str
    statements: tuple[Judged, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Layers:
    """All policies, judged, by what they are for."""

    identity: Layer
    boundary: Layer | None
    session: Layer | None
    scps: tuple[Layer, ...]
    rcps: Layer | None
    resource: Layer | None

    @property
    def caps(self) -> tuple[Layer, ...]:
        """What limits the identity beside its own policies."""
        return tuple(one for one in (self.boundary, self.session) if one is not None)

    @property
    def all(self) -> tuple[Layer, ...]:
        of_resource = tuple(one for one in (self.rcps, self.resource) if one is not None)
        return (*self.scps, *of_resource, *self.caps, self.identity)


def evaluate(request: Request, policies: Policies) -> Decision:
    """What AWS answers to a request.

    Args:
        request: the call.
        policies: what applies to it. What is not handed over counts as not there, but for the policy of a resource in
            another account, of a role that is assumed and of a KMS key: those must allow the call, so that without
            them nothing can be told.

    Returns:
        The answer. Nothing is raised for a document that cannot be read: it makes the answer unknown.
    """
    request = request._replace(has_boundary=policies.boundary is not None)
    layers = _judged(request, policies)
    statements = tuple(one for layer in layers.all for one in layer.statements)
    if request.action.lower() == NEEDS_NO_PERMISSION:
        return Decision(Verdict.ALLOWED, "AWS asks for no permission for it", statements)
    if request.caller.kind is Kind.ACCOUNT and policies.trust is not None:
        return Decision(Verdict.REFUSED, "a root user cannot assume roles", statements)
    denied = next((one for one in statements if one.allow is False and one.applies), None)
    if denied:
        return Decision(Verdict.REFUSED, f"denied by {denied.place}", statements)
    required = policies.trust is not None or request.action.lower().startswith("kms:")
    crosses = _crosses(request)
    allowed = _allowed(request, layers, crosses, required=required)
    if allowed is False:
        return Decision(Verdict.REFUSED, _missing(layers), statements)
    if allowed and either(one.denies for one in layers.all) is False:
        return Decision(Verdict.ALLOWED, _grounds(request, layers), statements)
    open_ones = [one for one in statements if one.applies is None and not (allowed and one.allow)]
    keys = tuple(dict.fromkeys(key for one in open_ones for key in one.unknown))
    needs_resource = layers.resource is None and (required or crosses is not False)
    return Decision(Verdict.UNKNOWN, _open(open_ones, keys, crosses, needs_resource), statements, keys)


def _judged(request: Request, policies: Policies) -> _Layers:
    def of_identity(name: str, of: Sequence[Policy]) -> Layer:
        return judged(name, of, request, DocumentKind.IDENTITY)

    resource = None
    if policies.trust is not None:
        resource = judged("trust policy", [policies.trust], request, DocumentKind.TRUST)
    elif policies.resource is not None:
        resource = judged("resource policy", [policies.resource], request, DocumentKind.RESOURCE)
    return _Layers(
        of_identity("identity policy", policies.identity),
        None if policies.boundary is None else of_identity("permissions boundary", [policies.boundary]),
        None if policies.session is None else of_identity("session policy", policies.session),
        tuple(of_identity("service control policy", level) for level in policies.scps),
        _resource_control(request, policies.rcps),
        resource,
    )


def _resource_control(request: Request, policies: Sequence[Policy]) -> Layer | None:
    """What resource control policies deny; None where they do not hold."""
    if not policies or request.action.partition(":")[0].lower() not in RCP_SERVICES:
        return None
    found = judged("resource control policy", policies, request, DocumentKind.RCP)
    # What allows in them is AWS's own `RCPFullAWSAccess`, which gives nothing to anybody.
    return found._replace(statements=tuple(one for one in found.statements if one.allow is not True))


def _crosses(request: Request) -> bool | None:
    """Whether the request goes into another account; None where that is not known."""
    parts = arns.split(request.resource)
    account = parts.account if parts and parts.account.isdigit() else request.resource_account
    if account is None:
        return False if request.resource == "*" else None
    return account != request.caller.account


def _allowed(request: Request, layers: _Layers, crosses: bool | None, *, required: bool) -> bool | None:
    """Whether what must allow the request does, any Deny aside.

    Args:
        request: the call.
        layers: the policies.
        crosses: whether it goes into another account.
        required: whether the resource's policy must allow it in the same account, too.
    """
    if crosses is None:
        same = _allowed(request, layers, False, required=required)
        return same if same == _allowed(request, layers, True, required=required) else None
    resource = layers.resource
    if not request.caller.has_policies:
        return resource.allows if resource else None
    scps = both(*(one.allows for one in layers.scps))
    caps = both(*(one.allows for one in layers.caps))
    is_root = request.caller.kind is Kind.ACCOUNT
    own = True if is_root else both(layers.identity.allows, caps)
    if resource is None:
        return both(scps, None if required and not crosses else own, None if crosses else True)
    if crosses:
        return both(scps, own, resource.allows)
    directly = resource.allows_as(Named.DIRECTLY)
    by_role = both(resource.allows_as(Named.AS_ROLE), caps)
    return both(scps, either((directly, by_role, both(own, resource.allows) if required else own)))


def _missing(layers: _Layers) -> str:
    """Where an Allow is missing."""
    empty = [one.name for one in layers.all if one is not layers.rcps and one.allows is False]
    return f"no Allow applies in: {', '.join(dict.fromkeys(empty))}" if empty else "nothing allows it"


def _grounds(request: Request, layers: _Layers) -> str:
    """The first Allow of each kind of policy."""
    found = [next((one for one in layer.statements if one.allow and one.applies), None) for layer in layers.all]
    places = [one.place for one in found if one]
    if request.caller.kind is Kind.ACCOUNT:
        return "a root user may do everything in its account"
    return f"allowed by {', and by '.join(places)}"


def _open(open_ones: Sequence[Judged], keys: Sequence[str], crosses: bool | None, needs_resource: bool) -> str:
    """What would have to be known."""
    wanted: list[str] = []
    if crosses is None:
        wanted.append("the account of the resource")
    if needs_resource:
        wanted.append("the policy of the resource, which must allow it")
    wanted += keys
    wanted += [f"{one.place}: {one.reason}" for one in open_ones if not one.unknown]
    return f"not known: {'; '.join(dict.fromkeys(wanted))}"
