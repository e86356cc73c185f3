"""What to do when AWS does not make, change or delete a resource, said beside the error of the provider."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import monitor_supports_feature

from pipeline_identity._life.deployment import current

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXISTS = re.compile(r"\b(?:\w*AlreadyExists\w*|\w*AlreadyOwnedByYou|ResourceExistsException)\b")
_IN_USE = re.compile(r"\b(?:DeleteConflict\w*|BucketNotEmpty)\b")
_ADOPTED = {
    "aws:iam/user:User": "adopt",
    "aws:iam/role:Role": "adopt",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "adopt",
}
# By which id AWS knows a resource, made of its inputs; where it is not the name.
_IDS: dict[str, str] = {
    "aws:iam/policy:Policy": "arn:{partition}:iam::{account}:policy{path}{name}",
    "aws:s3/bucket:Bucket": "{bucket}",
    # The end of a secret's ARN is AWS's own.
    "aws:secretsmanager/secret:Secret": (
        '"$(aws secretsmanager describe-secret --secret-id {name} --query ARN --output text)"'
    ),
    "aws:cloudtrail/trail:Trail": "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}",
}
_GONE = re.compile(r"\b(?:NoSuch\w*|\w*NotFound\w*)\b")
# With these, AWS says that nothing has happened.
_WITHOUT_EFFECT = re.compile(
    r"\b(?:AccessDenied\w*|Unauthorized\w*|\w*Malformed\w*|\w*Invalid\w*|LimitExceeded\w*|NoSuch\w*|\w*NotFound\w*|"
    r"\w*Validation\w*|Throttling\w*|DeleteConflict\w*)\b"
)


def with_advice(options: pulumi.ResourceOptions, parent: pulumi.Resource) -> pulumi.ResourceOptions:
    """Sees to it that an error of AWS is followed by what to do, where that is known.

    Args:
        options: The resource's options, made for it alone.
        parent: The component that makes it.
    """
    deployment = current()
    deployment.accounts.setdefault(parent.pulumi_resource_name, None)
    # An engine that does not know such hooks deploys all the same, without the advice.
    if deployment.advice is None and monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS):
        deployment.advice = pulumi.ErrorHook("pipeline-identity-advice", _advise)
    if deployment.advice:
        options.hooks = pulumi.ResourceHookBinding(on_error=[deployment.advice])
    return options


def _advise(args: pulumi.ErrorHookArgs) -> bool:
    advice = advice_on(args.urn, args.failed_operation, args.errors[0], args.new_inputs or {})
    if advice:
        pulumi.log.warn(advice)
    # Never again by itself: what has failed may have taken effect.
    return False


def advice_on(urn: str, operation: str, error: str, inputs: Mapping[str, Any]) -> str | None:
    """Returns what to do about a failed operation; None where the error says all.

    Args:
        urn: The resource's URN.
        operation: `create`, `update` or `delete`.
        error: What the provider said.
        inputs: What the resource was to be made of.
    """
    if operation == "create" and _EXISTS.search(error):
        return _exists(urn, inputs)
    if operation == "delete" and _IN_USE.search(error):
        return (
            f"{_called(urn)} has something that this stack did not give it, and is not deleted. Take that away, or set "
            "forceDestroy to true and deploy that alone; then deploy or destroy again."
        )
    if operation != "delete" and _GONE.search(error):
        return (
            f"{_called(urn)} needs something that AWS does not have. If this stack has made that before, a deployment "
            "that broke off or somebody else deleted it: deploy with --refresh, which looks at what AWS has and makes "
            "it again."
        )
    if _WITHOUT_EFFECT.search(error):
        return None
    if operation == "create":
        return (
            f"{_called(urn)} may be made all the same. Deploy again, which takes it in or says how; if you leave it "
            "out instead, look in AWS and delete it there, because this stack does not know it."
        )
    done = "changed" if operation == "update" else "deleted"
    return (
        f"{_called(urn)} may be {done} all the same. Deploy again; if you go back instead, deploy with --refresh, "
        "which looks at what AWS has."
    )


def _exists(urn: str, inputs: Mapping[str, Any]) -> str:
    kind, name = _kind(urn), urn.rpartition("::")[2]
    head = f"{_called(urn)} exists in AWS, but not in this stack: a deployment that broke off or somebody else made it."
    if kind in _ADOPTED:
        return f"{head} If it is to be this one's, set adopt for one deployment; else choose another name."
    parent = _parent(urn)
    account = current().accounts.get(parent.rpartition("::")[2])
    whose = {"partition": account.partition, "account": account.account_id} if account else {}
    found = _IDS.get(kind, "{name}").format_map(_Known({**inputs, **whose}))
    command = f"pulumi import {kind} {name} {found} --parent p={parent} --protect=false"
    return f"{head} If it is to be this one's, take it in: {command}; else delete it, or choose another name."


class _Known(dict[str, Any]):
    """Inputs as text; what is not known stands there by its name."""

    def __missing__(self, name: str) -> str:
        return name.upper()


def _kind(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _called(urn: str) -> str:
    return f"{_kind(urn)} {urn.rpartition('::')[2]}"


def _parent(urn: str) -> str:
    """The URN of the component that a resource is in; its name is what the resource's own one begins with."""
    head, types, name = urn.rsplit("::", 2)
    begins = [one for one in current().accounts if name == one or name.startswith(f"{one}-")]
    return "::".join([head, types.rpartition("$")[0], max(begins, key=len, default=name)])
