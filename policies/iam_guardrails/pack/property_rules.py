"""Rules about a single property of a role, a user or a key, which a team switches on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from iam_guardrails.language.patterns import matches
from iam_guardrails.pack.configuration import PACK
from iam_guardrails.pack.identities import IDENTITY_TYPES, LONG_LIVED_TYPES, Sort
from iam_guardrails.pack.report import Report, not_readable, report
from iam_guardrails.pack.values import NotReadable, Value

if TYPE_CHECKING:
    from iam_guardrails.pack.configuration import Configuration
    from iam_guardrails.pack.resource import Resource


def no_long_lived_keys(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """A key of a user, for teams whose pipelines all sign in through an identity provider."""
    del configuration
    if what := LONG_LIVED_TYPES.get(resource.type):
        yield report(
            "no-long-lived-keys",
            resource,
            f"{what} works until somebody deletes it",
            change="trust the pipeline's identity provider (OIDC) in the role, and remove the key and its user",
        )


def require_boundary(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """A role or user without one of the agreed permissions boundaries."""
    if not _is(resource, Sort.ROLE, Sort.USER):
        return
    boundary = resource.properties.get("permissionsBoundary")
    agreed = configuration.boundaries
    if isinstance(boundary, NotReadable) and agreed:
        yield _not_judged(resource, "permissionsBoundary", boundary, configuration)
    elif not boundary:
        yield _required("require-boundary", resource, "it has no permissions boundary", "permissionsBoundary", agreed)
    elif isinstance(boundary, str) and agreed and not any(_is_like(boundary, pattern) for pattern in agreed):
        yield _required(
            "require-boundary",
            resource,
            f'its boundary "{boundary}" is none of the agreed ones',
            "permissionsBoundary",
            agreed,
        )


def require_path(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """A role or user outside the agreed paths."""
    if not configuration.paths or not _is(resource, Sort.ROLE, Sort.USER):
        return
    path = resource.properties.get("path") or "/"
    if isinstance(path, NotReadable):
        yield _not_judged(resource, "path", path, configuration)
    elif not str(path).startswith(configuration.paths):
        yield _required(
            "require-path", resource, f'its path "{path}" is none of the agreed ones', "path", configuration.paths
        )


def require_tags(resource: Resource, configuration: Configuration) -> Iterator[Report]:
    """A role or user without the agreed tags; the provider's default tags count."""
    if not configuration.tags or not _is(resource, Sort.ROLE, Sort.USER):
        return
    tags = _tag_keys(resource.properties.get("tagsAll") or resource.properties.get("tags"))
    if isinstance(tags, NotReadable):
        yield _not_judged(resource, "tags", tags, configuration)
        return
    missing = [key for key in configuration.tags if key not in tags]
    if missing:
        yield _required("require-tags", resource, f"it lacks the tags {', '.join(missing)}", "tags", tuple(missing))


def _is_like(arn: str, pattern: str) -> bool:
    """Whether an ARN is like a pattern, part by part, so that no `*` reaches from one part into the next."""
    parts, patterns = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(matches, patterns, parts))


def _is(resource: Resource, *sorts: Sort) -> bool:
    shape = IDENTITY_TYPES.get(resource.type)
    return shape is not None and shape.sort in sorts


def _tag_keys(tags: Value) -> frozenset[str] | NotReadable:
    if isinstance(tags, NotReadable):
        return tags
    if isinstance(tags, Mapping):
        return frozenset(tags)
    if isinstance(tags, Sequence) and not isinstance(tags, str):
        return frozenset(str(tag["key"]) for tag in tags if isinstance(tag, Mapping) and "key" in tag)
    return frozenset()


def _required(rule: str, resource: Resource, why: str, place: str, agreed: tuple[str, ...]) -> Report:
    return report(rule, resource, why, place=place, change=f"use {' or '.join(agreed)}" if agreed else f"set {place}")


def _not_judged(resource: Resource, place: str, why: NotReadable, configuration: Configuration) -> Report:
    return not_readable(PACK, resource, place, why, blocking=configuration.on_unknown == "block")
