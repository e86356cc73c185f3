"""From a question to its answer."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from iam_guardrails.evaluation import RCP_SERVICES, Decision, Policies, Policy, Request, Verdict, evaluate
from iam_guardrails.evaluation import PrincipalKind as Kind

from pipeline_identity_cli.explain import resources
from pipeline_identity_cli.explain.gathered import caller_of, from_files, gather, trust
from pipeline_identity_cli.explain.organization import checked_rcps
from pipeline_identity_cli.explain.report import Report
from pipeline_identity_cli.iam import client

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.explain.asked import Asked
    from pipeline_identity_cli.explain.gathered import Gathered


def explain(asked: Asked, reach: Reach) -> Report:
    """Why AWS would allow or deny a call.

    Args:
        asked: The call; it must have been checked.
        reach: How AWS is reached; the credentials must be allowed to read IAM, unless all policies are from files.

    Raises:
        Stopped: AWS cannot be asked, or the caller or the role is not there.
    """
    iam: Any = None
    account = ""
    bearer = caller_of(asked.principal_arn) if asked.principal_arn else None
    if bearer is not None and bearer.kind is Kind.OIDC and asked.resource_policy is not None:
        # Who shows a token has no policies: the role's trust decides alone.
        found = gather(bearer, None, "", lasting=True)
    elif asked.identity_policies is None:
        iam, here = client(reach, 1)
        account = here.split(":")[4]
        caller = caller_of(asked.principal_arn or here)
        lasting = bool(asked.principal_arn) or not _is_temporary(reach)
        found = gather(caller, iam, account, lasting=lasting)
    else:
        found = from_files(caller_of(asked.principal_arn or ""), asked.identity_policies, asked.boundary)
    request = Request(
        found.caller,
        asked.action,
        asked.target,
        {**_of_now(), **_region(asked), **found.context, **asked.context, **dict.fromkeys(asked.absent, ())},
        absent=tuple(found.absent),
        resource_account=asked.resource_account or found.caller.account,
    )
    policies, unseen = _policies(asked, found, iam, account, reach)
    if found.caller.kind is Kind.OIDC and policies.trust is not None:
        request = request._replace(context={**request.context, **_never_read(found.caller.arn, policies.trust)})
    decision = _without_policies(request) or _decided(request, policies)
    return Report(request, decision, [*_not_looked_at(asked, found), *unseen, "VPC endpoint policies"], asked.said)


def _never_read(provider_arn: str, trust: Policy) -> dict[str, tuple[str, ...]]:
    """The claims that a trust policy compares and AWS never reads of this issuer's tokens: no call has them."""
    from iam_guardrails import issuer_of

    from pipeline_identity_cli.web_identity.trust import condition_keys

    host = provider_arn.partition(":oidc-provider/")[2]
    text = trust.document if isinstance(trust.document, str) else json.dumps(trust.document)
    read = {f"{host}:{name}".lower() for name in issuer_of(host).claims}
    own = (key for key in condition_keys(text) if key.startswith(f"{host}:".lower()))
    return {key: () for key in own if key not in read}


def _decided(request: Request, policies: Policies) -> Decision:
    """What the policies say to the call, and to what AWS asks for besides."""
    decision = evaluate(request, policies)
    if decision.verdict is not Verdict.ALLOWED or request.action.lower() not in _ASSUMING:
        return decision
    for action, is_asked in _BESIDES.items():
        if not any(is_asked(key) and values for key, values in request.context.items()):
            continue
        more = evaluate(request._replace(action=action), policies)
        if more.verdict is not Verdict.ALLOWED:
            return more._replace(reason=f"the call needs {action}, too: {more.reason}")
    return decision


_ASSUMING = ("sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
_BESIDES: dict[str, Callable[[str], bool]] = {
    "sts:TagSession": lambda key: key.startswith("aws:requesttag/") or key == "aws:tagkeys",
    "sts:SetSourceIdentity": lambda key: key == "sts:sourceidentity",
}
"""What AWS asks for when a role is assumed with session tags or a source identity. Source: "Passing session tags in AWS
STS" and "Monitor and control actions taken with assumed roles" in the IAM user guide."""


def _without_policies(request: Request) -> Decision | None:
    """What is decided before any policy is looked at; None where policies decide.

    Source: `GetSessionToken` in the STS API reference: no permissions are required, no policy can deny it, and it must
    be called with a key of a user.
    """
    partition, resource = request.caller.arn.split(":")[1], request.resource
    if resource != "*" and resource.split(":")[1] != partition:
        why = f"the caller is of the partition {partition}, and the resource of {resource.split(':')[1]}"
        return Decision(Verdict.REFUSED, why)
    if request.action.lower() != "sts:getsessiontoken":
        return None
    if request.caller.kind is Kind.USER:
        return Decision(Verdict.ALLOWED, "AWS asks for no permission for this call, and no policy can deny it")
    return Decision(Verdict.REFUSED, "only a user with an access key of its own may call it")


_GLOBAL = frozenset(("iam", "organizations", "route53", "cloudfront", "globalaccelerator", "waf", "shield", "support"))
"""Services that are called in us-east-1 from everywhere, as the global condition keys' page has it."""


def _region(asked: Asked) -> dict[str, tuple[str, ...]]:
    """The region of the call, where the service or the ARN says it."""
    service = asked.action.partition(":")[0].lower()
    named = asked.target.split(":")[3] if asked.target != "*" else ""
    region = "us-east-1" if service in _GLOBAL else named
    return {"aws:requestedregion": (region,)} if region else {}


def _policies(asked: Asked, found: Gathered, iam: Any, account: str, reach: Reach) -> tuple[Policies, list[str]]:
    """The policies that apply, and what of the resource's could not be looked at."""
    resource: Policy | None = asked.resource_policy
    of_role: Policy | None = None
    unseen: list[str] = []
    if asked.assumes:
        of_role, resource = resource, None
        if of_role is None and iam is not None:
            of_role = trust(asked.target, iam, account)
    elif resource is None and asked.target != "*":
        if iam is None:
            unseen.append("the policy of the resource (--resource-policy)")
        else:
            resource, why = resources.policy(asked.target, reach)
            unseen += [why] if why else []
    session = None if asked.session_policy is None else [asked.session_policy]
    rcps = checked_rcps(asked.rcps)
    policies = Policies(found.policies, found.boundary, session, asked.scps, resource, of_role, rcps)
    return policies, unseen


def _is_temporary(reach: Reach) -> bool:
    credentials = reach.session().get_credentials()
    return bool(credentials and credentials.get_frozen_credentials().token)


def _of_now() -> dict[str, tuple[str, ...]]:
    now = datetime.now(timezone.utc)
    return {
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
    }


def _not_looked_at(asked: Asked, found: Gathered) -> list[str]:
    """What may deny the call all the same."""
    unseen: list[str] = []
    if not asked.scps:
        unseen.append("service control policies (--scp)")
    if not asked.rcps and asked.action.partition(":")[0].lower() in RCP_SERVICES:
        unseen.append("resource control policies (--rcp)")
    if found.caller.kind in (Kind.ROLE, Kind.SESSION) and asked.session_policy is None:
        unseen.append("the session's own policy (--session-policy)")
    return unseen
