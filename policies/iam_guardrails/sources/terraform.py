"""Terraform's plans (`terraform show -json PLAN`) and states (`terraform show -json`, `terraform.tfstate`).

A plan says which values are known only after the apply, and its configuration from which resources they come. Policy
documents of the data source `aws_iam_policy_document` that are not rendered yet are put together from their statements.

Source: Terraform documentation, "JSON Output Format" (format_version 1), and the state file's version 4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import cast

from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.model.parts import Part, Scope
from iam_guardrails.model.values import Location
from iam_guardrails.sources import kubernetes
from iam_guardrails.sources.declared import Declared
from iam_guardrails.sources.embedded import resource_parts
from iam_guardrails.sources.values import items, members, squash, text

_INDEX = re.compile(r"\[[^\]]*\]")
_DOCUMENT = "aws_iam_policy_document"
_KUBERNETES = ("kubernetes_config_map", "kubernetes_manifest")
"""Types of the provider for Kubernetes that are read, by their beginnings."""


def is_terraform(value: object) -> bool:
    """Whether a value is a plan or a state of Terraform or OpenTofu."""
    inside = members(value)
    if "format_version" in inside:
        return any(one in inside for one in ("planned_values", "resource_changes", "values", "prior_state"))
    return "terraform_version" in inside and isinstance(inside.get("resources"), list)


def parts(value: Mapping[str, object], file: str) -> Iterator[Part]:
    """The parts of a plan or state.

    Args:
        value: the plan or state.
        file: name of the file.
    """
    for declared in resources(value, file):
        if declared.shown_type.startswith(_KUBERNETES):
            yield from kubernetes.parts(_object(declared), declared.location)
        else:
            yield from resource_parts(declared)


def _object(declared: Declared) -> Mapping[str, object]:
    """The Kubernetes object that a resource of the provider for Kubernetes makes."""
    if "manifest" in declared.properties:
        return members(declared.properties["manifest"])
    metadata = next(iter(items(declared.properties.get("metadata"))), None)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": declared.properties.get("data")}


def resources(value: Mapping[str, object], file: str) -> Iterator[Declared]:
    """The resources of a plan or state that belong to AWS, or to a cluster that AWS's principals get into."""
    if "resource_changes" in value:
        yield from _Plan(value, file).resources()
    elif "format_version" in value:
        key = "planned_values" if "planned_values" in value else "values"
        yield from _module(members(members(value.get(key)).get("root_module")), f"/{key}/root_module", file)
    else:
        yield from _state(value, file)


def _declared(
    kind: str,
    address: str,
    values: Mapping[str, object],
    pointer: str,
    file: str,
    references: Mapping[str, tuple[str, ...]] | None = None,
    scope: Scope | None = None,
) -> Declared:
    family, of = ("cloudformation", "awscc_") if kind.startswith("awscc_") else ("terraform", "aws_")
    return Declared(
        family,
        squash(kind.removeprefix(of)),
        address,
        address.rpartition(".")[2],
        values,
        Location(file, logical_id=address, pointer=pointer),
        references or {},
        _scope(values, scope or Scope()),
        kind,
    )


def _scope(values: Mapping[str, object], otherwise: Scope) -> Scope:
    """The account of a resource: the one in its ARN, if that is known."""
    parts = text(values.get("arn")).split(":")
    return Scope((parts[4],), parts[1]) if len(parts) > 5 and parts[4].isdigit() else otherwise


def _is_aws(kind: str) -> bool:
    return kind.startswith(("aws_", "awscc_", *_KUBERNETES))


# --- states -----------------------------------------------------------------------------------------------------------


def _module(module: Mapping[str, object], pointer: str, file: str) -> Iterator[Declared]:
    for place, one in enumerate(items(module.get("resources"))):
        resource = members(one)
        kind = text(resource.get("type"))
        if _is_aws(kind) and resource.get("mode") != "data":
            at = f"{pointer}/resources/{place}/values"
            yield _declared(kind, text(resource.get("address")), members(resource.get("values")), at, file)
    for place, one in enumerate(items(module.get("child_modules"))):
        yield from _module(members(one), f"{pointer}/child_modules/{place}", file)


def _state(state: Mapping[str, object], file: str) -> Iterator[Declared]:
    for place, one in enumerate(items(state.get("resources"))):
        resource = members(one)
        kind = text(resource.get("type"))
        if not _is_aws(kind) or resource.get("mode") == "data":
            continue
        module = text(resource.get("module"))
        address = f"{module}.{kind}.{text(resource.get('name'))}" if module else f"{kind}.{text(resource.get('name'))}"
        for number, instance in enumerate(items(resource.get("instances"))):
            inside = members(instance)
            index = inside.get("index_key")
            named = address if index is None else f"{address}[{json.dumps(index)}]"
            at = f"/resources/{place}/instances/{number}/attributes"
            yield _declared(kind, named, members(inside.get("attributes")), at, file)


# --- plans ------------------------------------------------------------------------------------------------------------


class _Plan:
    def __init__(self, plan: Mapping[str, object], file: str) -> None:
        self._file = file
        self._changes = [members(one) for one in items(plan.get("resource_changes"))]
        configuration = members(plan.get("configuration"))
        self._configuration = _Configuration(members(configuration.get("root_module")))
        self._scope = _provider_scope(members(configuration.get("provider_config")))
        self._addresses: dict[str, list[str]] = {}
        self._documents: dict[str, object] = {}
        for change in self._changes:
            address = text(change.get("address"))
            self._addresses.setdefault(_INDEX.sub("", address), []).append(address)
            if change.get("type") == _DOCUMENT:
                self._documents[_INDEX.sub("", address)] = _rendered(_after(change))

    def resources(self) -> Iterator[Declared]:
        for place, change in enumerate(self._changes):
            kind, actions = text(change.get("type")), items(members(change.get("change")).get("actions"))
            if not _is_aws(kind) or change.get("mode") == "data" or list(actions) in (["delete"], ["forget"]):
                continue
            address = text(change.get("address"))
            references = self._configuration.references(address)
            values = self._with_documents(_after(change), references)
            keys = {
                name: tuple(key for one in found for key in self._addresses.get(one, ()))
                for name, found in references.items()
            }
            at = f"/resource_changes/{place}/change/after"
            yield _declared(kind, address, values, at, self._file, keys, self._scope)

    def _with_documents(
        self, values: Mapping[str, object], references: Mapping[str, list[str]]
    ) -> Mapping[str, object]:
        """The values, with documents in place of those that a data source has still to render."""
        found = dict(values)
        for name, value in values.items():
            if value == UNKNOWN:
                documents = [one for one in references.get(squash(name), ()) if one in self._documents]
                if len(documents) == 1:
                    found[name] = self._documents[documents[0]]
        return found


def _after(change: Mapping[str, object]) -> Mapping[str, object]:
    """The values after the apply, with `UNKNOWN` where they are not known."""
    inside = members(change.get("change"))
    return members(_merged(inside.get("after"), inside.get("after_unknown")))


def _merged(value: object, unknown: object) -> object:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        of, not_known = members(value), members(cast("object", unknown))
        return {name: _merged(of.get(name), not_known.get(name)) for name in {**of, **not_known}}
    if isinstance(unknown, list) and unknown:
        not_known_list = cast("list[object]", unknown)
        return [_merged(one, of) for one, of in zip_longest(items(value), not_known_list)]
    return value


def _provider_scope(providers: Mapping[str, object]) -> Scope:
    """The accounts that the plan's only provider of AWS may deploy to."""
    of_aws = [members(one) for one in providers.values() if members(one).get("name") in ("aws", "awscc")]
    if len(of_aws) != 1:
        return Scope()
    allowed = members(members(of_aws[0].get("expressions")).get("allowed_account_ids")).get("constant_value")
    return Scope(tuple(one for one in map(text, items(allowed)) if one.isdigit()))


class _Configuration:
    """Which resources the attributes of a plan's resources refer to."""

    def __init__(self, root: Mapping[str, object]) -> None:
        self._root = root

    def references(self, address: str) -> dict[str, list[str]]:
        """Squashed attribute -> addresses, without indexes, of the resources that it refers to."""
        plain = _INDEX.sub("", address)
        if "." not in plain:
            return {}
        *path, kind, name = _split(plain)
        modules = [one for one in path if one not in ("module", "data")]
        module = self._module(modules)
        resources = (members(one) for one in items(module.get("resources")))
        same = (one for one in resources if one.get("type") == kind and one.get("name") == name)
        resource = next(same, members(None))
        found: dict[str, list[str]] = {}
        for attribute, expression in members(resource.get("expressions")).items():
            found[squash(attribute)] = list(dict.fromkeys(self._of(expression, modules)))
        return found

    def _module(self, path: list[str]) -> Mapping[str, object]:
        module = self._root
        for name in path:
            module = members(members(members(module.get("module_calls")).get(name)).get("module"))
        return module

    def _of(self, expression: object, path: list[str], depth: int = 0) -> Iterator[str]:
        if isinstance(expression, list):
            for one in cast("list[object]", expression):
                yield from self._of(one, path, depth)
            return
        inside = members(expression)
        for reference in items(inside.get("references")):
            if isinstance(reference, str) and depth < 10:
                yield from self._resolved(reference, path, depth)
        for name, one in inside.items():
            if name not in ("references", "constant_value"):
                yield from self._of(one, path, depth)

    def _resolved(self, reference: str, path: list[str], depth: int) -> Iterator[str]:
        prefix = "".join(f"module.{one}." for one in path)
        first, *rest = _split(_INDEX.sub("", reference))
        if first == "var" and path and rest:
            calls = members(self._module(path[:-1]).get("module_calls"))
            given = members(members(calls.get(path[-1])).get("expressions")).get(rest[0])
            yield from self._of(given, path[:-1], depth + 1)
        elif first == "module" and len(rest) > 1:
            called = members(members(members(self._module(path).get("module_calls")).get(rest[0])).get("module"))
            output = members(members(called.get("outputs")).get(rest[1])).get("expression")
            yield from self._of(output, [*path, rest[0]], depth + 1)
        elif first == "data" and len(rest) > 1:
            yield f"{prefix}data.{rest[0]}.{rest[1]}"
        elif rest and _is_aws(first):
            yield f"{prefix}{first}.{rest[0]}"


def _split(address: str) -> list[str]:
    return address.split(".")


# --- documents that are not rendered yet ------------------------------------------------------------------------------


def _rendered(values: Mapping[str, object]) -> object:
    """The document of an `aws_iam_policy_document`, from what it is rendered of."""
    ready = values.get("json")
    if isinstance(ready, str) and ready != UNKNOWN:
        return ready
    others = [name for name in ("source_policy_documents", "override_policy_documents") if values.get(name)]
    statements = values.get("statement")
    if others or not isinstance(statements, list):
        return UNKNOWN
    return {
        "Version": text(values.get("version")) or "2012-10-17",
        "Statement": [_statement(members(one)) for one in cast("list[object]", statements)],
    }


def _statement(block: Mapping[str, object]) -> Mapping[str, object]:
    written = {
        "Sid": text(block.get("sid")) or None,
        "Effect": block.get("effect") or "Allow",
        "Action": block.get("actions"),
        "NotAction": block.get("not_actions"),
        "Resource": block.get("resources"),
        "NotResource": block.get("not_resources"),
        "Principal": _principals(block.get("principals")),
        "NotPrincipal": _principals(block.get("not_principals")),
        "Condition": _conditions(block.get("condition")),
    }
    return {name: _plain(value) for name, value in written.items() if value}


def _plain(value: object) -> object:
    """IAM's own variables, which Terraform writes as `&{...}`."""
    if isinstance(value, str):
        return value.replace("&{", "${")
    return [_plain(one) for one in cast("list[object]", value)] if isinstance(value, list) else value


def _principals(blocks: object) -> object:
    if blocks == UNKNOWN:
        return UNKNOWN
    found: dict[str, list[object]] = {}
    for block in map(members, items(blocks)):
        found.setdefault(str(block.get("type")), []).extend(items(block.get("identifiers")))
    return "*" if found == {"*": ["*"]} else found


def _conditions(blocks: object) -> object:
    if blocks == UNKNOWN:
        return UNKNOWN
    found: dict[str, dict[str, object]] = {}
    for block in map(members, items(blocks)):
        values = [_plain(one) for one in items(block.get("values"))]
        found.setdefault(str(block.get("test")), {})[str(block.get("variable"))] = values
    return found
