"""The ways by which a service runs code with a role, made from the table of escalation paths (`data/`).

A row of kind "pass-role" hands a role to something that is made or changed in the same breath; one of kind
"existing-compute" puts code where a role runs already, so that it depends on what there is: the inventory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from iam_guardrails.reasoning import tables
from iam_guardrails.reasoning.escalation_table import Path, table
from iam_guardrails.reasoning.permissions import RequiredPermission

_GRAVE = ("critical", "high")
"""Severities of the rows that give a role's full power; rows below give a part of it."""

_INVENTORY = {
    "autoscaling:autoscalinggroup": "autoscaling:group",
    "batch:jobdefinitionrevision": "batch:jobdefinition",
    "bedrockagentcore:browsercustom": "bedrockagentcore:browser",
    "bedrockagentcore:codeinterpretercustom": "bedrockagentcore:codeinterpreter",
    "bedrockagentcore:runtimeendpoint": "bedrockagentcore:runtime",
    "ec2instanceconnect:instance": "ec2:instance",
    "ssm:instance": "ec2:instance",
    "ssm:managedinstance": "ec2:instance",
    "elasticmapreduce:cluster": "emr:cluster",
    "ssm:task": "ecs:service",
    "ecs:task": "ecs:service",
}
"""Resource type of the table to the kind of an inventory, where that is another; in lower case, without hyphens."""

_ALSO_IN: Mapping[str, tuple[str, ...]] = {
    "codedeploy:deploymentgroup": ("ec2:instance",),
    "ec2:launchtemplate": ("autoscaling:group",),
    "ecs:cluster": ("ecs:service",),
    "ssm:association": ("ec2:instance",),
    "ssm:maintenancewindow": ("ec2:instance",),
    "ssm:windowtask": ("ec2:instance",),
}
"""Kind of an inventory to other kinds by whose objects it runs code with their roles."""

_NOT_LISTED = frozenset(("ssm:document", "sagemaker:notebookinstancelifecycleconfig", "sagemaker:domain", "*"))
"""Resource types that run nothing themselves, or of which no inventory is kept."""

_SERVICES: Mapping[str, tuple[str, ...]] = {
    "apprunner:service": ("tasks.apprunner.amazonaws.com",),
    "autoscaling:group": ("ec2.amazonaws.com",),
    "batch:jobdefinition": ("ecs-tasks.amazonaws.com",),
    "codedeploy:deploymentgroup": ("ec2.amazonaws.com", "lambda.amazonaws.com"),
    "emr:cluster": ("ec2.amazonaws.com",),
    "elasticbeanstalk:environment": ("ec2.amazonaws.com",),
    "ec2:instance": ("ec2.amazonaws.com",),
    "ecs:cluster": ("ecs-tasks.amazonaws.com",),
    "ecs:containerinstance": ("ecs-tasks.amazonaws.com", "ec2.amazonaws.com"),
    "ecs:service": ("ecs-tasks.amazonaws.com",),
    "ecs:taskdefinition": ("ecs-tasks.amazonaws.com",),
    "imagebuilder:imagepipeline": ("ec2.amazonaws.com",),
    "servicecatalog:product": ("servicecatalog.amazonaws.com", "cloudformation.amazonaws.com"),
    "ssm:association": ("ec2.amazonaws.com", "ssm.amazonaws.com"),
    "ssm:maintenancewindow": ("ec2.amazonaws.com", "ssm.amazonaws.com"),
    "ssm:windowtask": ("ec2.amazonaws.com", "ssm.amazonaws.com"),
}
"""Kind of an inventory to the services that take the role of its objects, where that is not the service itself."""

_MADE = ("create", "register", "put", "request", "allocate")
"""How the actions begin that make what they are about."""

_CLUSTER = (("ecs:cluster", "ecs:CreateCluster"),)
_EXISTING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ecs-create-service": _CLUSTER,
    "ecs-register-task-definition-run-task": _CLUSTER,
    "ecs-run-task": _CLUSTER,
    "ecs-register-task-definition-start-task": _CLUSTER,
    "ecs-start-task": _CLUSTER,
    "emr-serverless-start-job-run": (("emrserverless:application", "emr-serverless:CreateApplication"),),
}
"""Id of a row to what has to be there beside, as a kind of an inventory, and the action that makes one.

Source: the prerequisites of the paths on pathfinding.cloud (ecs-001 and ecs-003, emrserverless-001).
"""


@dataclass(frozen=True, eq=False)
class Way:
    """A way by which code of the caller comes to run with a role.

    Attributes:
        path: the row of the table.
        services: the services of which one must be able to get the role.
        passes: the permission to pass the role; None where the role is there already.
        runs: kinds of an inventory whose objects run the code; for a row that passes a role, kinds of which one object
            must be there.
        indirect: those of them on which the permissions are not: what they are on leads to them.
        needs: the other permissions.
        beside: what else has to be there: a kind of an inventory, and the action that makes one.
        condition: what else has to be so, that no inventory tells, as a clause; "" for nothing.
    """

    path: Path
    services: tuple[str, ...]
    passes: RequiredPermission | None
    runs: tuple[str, ...]
    indirect: tuple[str, ...]
    needs: tuple[RequiredPermission, ...]
    beside: tuple[tuple[str, str], ...]
    condition: str


@cache
def ways() -> Mapping[str, Way]:
    """Every way, by the id of its row."""
    found = (_way(path) for path in table().paths if path.severity in _GRAVE or path.id in _EXISTING)
    return {one.path.id: one for one in found if one is not None}


def is_making(action: str) -> bool:
    """Whether an action, in lower case, makes what it is about."""
    return action.partition(":")[2].startswith(_MADE)


def kind_in_inventory(resource_type: str) -> str:
    """What an inventory calls a resource type, in lower case and without hyphens, as inventories are compared."""
    name = resource_type.lower().replace("-", "")
    return _INVENTORY.get(name, name)


def spelled(kind: str) -> str:
    """A kind of an inventory as the table of resource types writes it."""
    return _spelled().get(kind, kind)


@cache
def _spelled() -> Mapping[str, str]:
    return {kind_in_inventory(name): name for name in reversed(tables.kinds())}


def services_of(resource_type: str) -> tuple[str, ...]:
    """The services that take the role of the objects of a resource type."""
    prefix = resource_type.partition(":")[0]
    return _SERVICES.get(kind_in_inventory(resource_type), (f"{prefix}.amazonaws.com",))


def _way(path: Path) -> Way | None:
    beside = _EXISTING.get(path.id, ())
    if path.kind == "pass-role":
        passes = next((one for one in path.needs if one.action == "iam:passrole"), None)
        others = tuple(one for one in path.needs if one is not passes)
        runs = _needed(others) if path.precondition else ()
        condition = path.precondition if _asks_more(path) or not (runs or beside) else ""
        return None if passes is None else Way(path, passes.services, passes, runs, (), others, beside, condition)
    if path.kind != "existing-compute":
        return None
    decisive = [kind for one in path.needs if one.decisive for kind in one.kinds if not _is_unlisted(kind)]
    runs = tuple(dict.fromkeys(kind_in_inventory(kind) for kind in decisive))
    also = tuple(other for kind in runs for other in _ALSO_IN.get(kind, ()) if other not in runs)
    services = tuple(dict.fromkeys(service for kind in (*decisive, *also) for service in services_of(kind)))
    return Way(path, services, None, (*runs, *also), also, path.needs, beside, "") if runs else None


_ENOUGH = ("lambda-swap-function-role", "codebuild-update-project-role", "states-update-state-machine-role")
"""Rows whose precondition asks of the caller no more than their permissions give it."""


def _asks_more(path: Path) -> bool:
    """Whether the precondition asks something of the caller that an inventory does not tell."""
    said = path.precondition.replace("or the caller may create one", "")
    return "the caller" in said and path.id not in _ENOUGH


def _is_unlisted(resource_type: str) -> bool:
    return resource_type.lower().replace("-", "") in _NOT_LISTED


def _needed(needs: tuple[RequiredPermission, ...]) -> tuple[str, ...]:
    """The kinds of which an object has to be there: those of actions that change one, and make none."""
    made = {kind for one in needs if is_making(one.action) for kind in one.kinds}
    changed = (kind for one in needs for kind in one.kinds if kind not in made and not _is_unlisted(kind))
    return tuple(dict.fromkeys(kind_in_inventory(kind) for kind in changed))
