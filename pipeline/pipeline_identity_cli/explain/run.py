"""From a question to its answer."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from iam_guardrails.evaluation import Policies, Policy, Request, evaluate
from iam_guardrails.evaluation import PrincipalKind as Kind

from pipeline_identity_cli.explain.gathered import caller_of, gather, trust
from pipeline_identity_cli.explain.report import Report
from pipeline_identity_cli.iam import client

if TYPE_CHECKING:
    from typing import Any

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.explain.asked import Asked
    from pipeline_identity_cli.explain.gathered import Gathered


def explain(asked: Asked, reach: Reach) -> Report:
    """Why AWS would allow or refuse a call.

    Args:
        asked: The call; it must have been checked.
        reach: How AWS is reached; the credentials must be allowed to read IAM.

    Raises:
        Stopped: AWS cannot be asked, or the caller or the role is not there.
    """
    iam, here = client(reach, 1)
    account = here.split(":")[4]
    caller = caller_of(asked.principal_arn or here)
    found = gather(caller, iam, account, lasting=bool(asked.principal_arn) or not _is_temporary(reach))
    request = Request(
        found.caller,
        asked.action,
        asked.resource,
        {**_of_now(), **found.context, **asked.context, **dict.fromkeys(asked.absent, ())},
        absent=tuple(found.absent),
        resource_account=asked.resource_account or found.caller.account,
    )
    return Report(request, evaluate(request, _policies(asked, found, iam, account)), _not_looked_at(asked, found))


def _policies(asked: Asked, found: Gathered, iam: Any, account: str) -> Policies:
    resource: Policy | None = asked.resource_policy
    of_role: Policy | None = None
    if asked.assumes:
        of_role, resource = resource or trust(asked.resource, iam, account), None
    session = None if asked.session_policy is None else [asked.session_policy]
    return Policies(found.policies, found.boundary, session, asked.scps, resource, of_role)


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
    """What may refuse the call all the same."""
    unseen: list[str] = []
    if not asked.scps:
        unseen.append("service control policies (--scp)")
    if found.caller.kind in (Kind.ROLE, Kind.SESSION) and asked.session_policy is None:
        unseen.append("the session's own policy (--session-policy)")
    if not asked.assumes and asked.resource_policy is None and asked.resource != "*":
        unseen.append("the resource's own policy (--resource-policy)")
    return [*unseen, "resource control policies", "VPC endpoint policies"]
