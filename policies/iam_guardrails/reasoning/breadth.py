"""How many objects of a kind a resource pattern takes in: none, named ones, or all there are for the caller.

breadth_of("arn:aws:iam::111122223333:role/*", role kind)          UNRESTRICTED: all roles of the account
breadth_of("arn:aws:iam::111122223333:role/app-*", role kind)      SCOPED
breadth_of("arn:aws:iam::111122223333:role/app-*", user kind)      NOTHING
breadth_of("arn:aws:iam::111122223333:role/admin", role kind)      SCOPED, and powerful by its name
"""

from __future__ import annotations

from functools import lru_cache

from iam_guardrails.language import arns, patterns
from iam_guardrails.reasoning.permissions import Breadth, Own, RequiredPermission
from iam_guardrails.reasoning.tables import kinds, powerful_names

_USERNAME = ("${aws:username}", "${aws:userid}")


def breadth(required: RequiredPermission, resource: str, own: Own) -> tuple[Breadth, str]:
    """How many objects of a permission's kinds a resource pattern takes in, and why a named one is as good as all.

    Args:
        required: the permission.
        resource: the pattern as a statement writes it.
        own: what is the identity's own.
    """
    if resource == "*":
        return Breadth.UNRESTRICTED, ""
    if "${" in resource and required.kinds == ("iam:user",) and any(one in resource.lower() for one in _USERNAME):
        if required.own:
            return Breadth.SCOPED, OWN
        if resource.lower().rpartition("/")[2] in _USERNAME:
            return Breadth.NOTHING, ""
    best, powerful = _on_kinds(required.action.partition(":")[0], required.kinds, resource)
    if arns.without_variables(patterns.escaped(resource)) != patterns.escaped(resource):
        best = min(best, Breadth.SCOPED)  # a variable stands for one name at a time
    if best is Breadth.SCOPED and required.own and own != Own():
        written = without_variables(resource)
        if any(own.is_named_by(written, kind) for kind in required.kinds):
            return best, OWN
    return best, powerful if required.decisive else ""


OWN = "the identity may rewrite by it what it may do itself"
"""Why an object that is the identity's own is as good as all of them."""


@lru_cache(maxsize=16384)
def _on_kinds(service: str, wanted: tuple[str, ...], resource: str) -> tuple[Breadth, str]:
    written = without_variables(resource)
    arn = arns.split(written)
    best = Breadth.NOTHING
    for kind in wanted:
        found = _without_resource(service, arn) if kind == "*" else _of_kind(written, arn, kind)
        best = max(best, found)
    if best is Breadth.SCOPED and arn is not None and arn.service in ("iam", "ssm"):
        return best, power_of(arn)
    return best, ""


def without_variables(resource: str) -> str:
    """A resource pattern with each policy variable taken for a wildcard."""
    return resource if "$" not in resource else arns.without_variables(patterns.escaped(resource))


def covers_kind(resources: tuple[str, ...], kind: str) -> bool:
    """Whether patterns take in every object of a kind; "*" is the kind of actions without objects."""
    if kind == "*":
        return "*" in resources
    return patterns.includes(resources, ":".join(("arn", *kinds()[kind])))


def _without_resource(service: str, arn: arns.Arn | None) -> Breadth:
    """AWS rejects an action without resources on a named one; should it learn some, they are of its own service."""
    same = arn is None or "*" in arn.service or arn.service == service
    return Breadth.SCOPED if same else Breadth.NOTHING


def _of_kind(written: str, arn: arns.Arn | None, kind: str) -> Breadth:
    """How many objects of a kind a resource pattern takes in.

    A pattern that takes in all of one account or one region takes in all there are for the caller.

    Args:
        written: the pattern, without variables.
        arn: its parts, where it has them.
        kind: a key of `data/resource_kinds.json`, and not "*".
    """
    every = kinds()[kind]
    if arn is None or "*" in arn.service:
        sample = every._replace(account="111122223333", region="us-east-1", partition="aws")
        whole = patterns.includes((written,), ":".join(("arn", *sample)))
        return Breadth.UNRESTRICTED if whole else Breadth.NOTHING
    # Some kinds have no account in their ARNs (API Gateway, Identity Center): there a star matches its absence.
    # AWS's own documents of Systems Manager have none either, though those of customers do.
    without = arn.account == "" and arn.service != "ssm"
    if arn.service != every.service or (arn.account.strip("*") if every.account == "" else without):
        return Breadth.NOTHING
    if arn.resource == every.resource:
        return Breadth.UNRESTRICTED
    if "*" not in written and "?" not in written:
        return Breadth.SCOPED if patterns.matches(every.resource, arn.resource) else Breadth.NOTHING
    # The pattern's own partition, region and account are all that the caller is in; a wildcard there may take in
    # colons, and so more of the ARN than its part.
    same = every._replace(
        partition=arn.partition, region=every.region and arn.region, account=every.account and arn.account
    )
    if patterns.includes((arn.resource,), every.resource) or patterns.includes((written,), ":".join(("arn", *same))):
        return Breadth.UNRESTRICTED
    return Breadth.SCOPED if patterns.overlap(arn.resource, every.resource) else Breadth.NOTHING


def power_of(arn: arns.Arn) -> str:
    """Why an object that the pattern takes in is known to be powerful; "" where none is."""
    resource = arn.resource.lower()
    for name in powerful_names():
        # Part by part: as one text, a wildcard in one part would take in the next, and every name be any other.
        if (
            arn.service == name.service
            and _may_name(name.compared(resource), name.resource)
            and patterns.overlap(arn.account, name.account)
        ):
            return name.why
    return ""


def _may_name(resource: str, name: str) -> bool:
    """Whether a resource pattern takes in a powerful name.

    A name of which only the start is known (`AWSReservedSSO_AdministratorAccess_*`) could be anything that a pattern
    such as `role/*-app` takes in; it counts where the pattern says some of that start.
    """
    if not patterns.overlap(resource, name):
        return False
    start = patterns.literal_start(name)
    if start == name:
        return True
    return len(patterns.literal_start(resource)) > len("role/aws") or name.rpartition("/")[2].rstrip("*") in resource
