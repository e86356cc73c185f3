"""What is to be done with a resource: its inputs checked, and compared with what is there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.provider.values import UNKNOWN, Properties, Secret, Unknown, Value, has_unknowns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.resource import Found, Resource
    from sandbox.provider.schema import Property

# The inputs the provider chose itself, remembered in the state as the real provider does.
CHOSEN = "__defaults"
_NAME_SUFFIX = 7


@dataclass(frozen=True)
class Failure:
    """An input that is refused.

    Attributes:
        path: The property, as a path.
        reason: What is wrong with it and what to do.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Change:
    """A property that differs.

    Attributes:
        path: The property, as a path.
        kind: ``ADD``, ``UPDATE`` or ``DELETE``.
        replaces: Whether it takes a new resource.
    """

    path: str
    kind: str
    replaces: bool


def check(
    resource: Resource, name: str, old: Mapping[str, Value], new: Mapping[str, Value], seed: bytes
) -> tuple[dict[str, Value], list[Failure]]:
    """Check the inputs of a resource, and choose its name when none is given.

    Args:
        resource: Its type.
        name: Its name in the program.
        old: Its inputs in the state; empty for a new one.
        new: Its inputs in the program.
        seed: Random bytes of the engine, for a name that nobody has.

    Returns:
        The inputs to go on with, and what is wrong with them.
    """
    table = resource.properties
    failures = [
        Failure(given, _unknown_property(resource, given)) for given in new if given not in table and given[:2] != "__"
    ]
    inputs = {
        given: table[given].coerced(value) for given, value in new.items() if given in table and value is not None
    }
    _choose_name(resource, name, old, inputs, seed)
    for expected, rule in table.items():
        if expected not in inputs:
            if rule.required:
                failures.append(Failure(expected, f"Missing required property {expected!r} of {resource.token}."))
        elif problem := rule.problem(inputs[expected]):
            failures.append(Failure(expected, f"{expected} of {resource.token}: {problem}"))
    if not failures:
        failures += [Failure(path, reason) for path, reason in resource.problems(Properties(inputs)).items()]
    return inputs, failures


def with_defaults(resource: Resource, inputs: Mapping[str, Value]) -> Properties:
    """The inputs with what the type fills in."""
    defaults = {name: rule.default for name, rule in resource.properties.items() if rule.default is not None}
    return Properties({**defaults, **{name: value for name, value in inputs.items() if name != CHOSEN}})


def all_tags(default_tags: Mapping[str, str], inputs: Properties) -> Value:
    """The tags a resource gets: the provider's default ones under its own."""
    given = inputs.get("tags")
    if given is not None and has_unknowns(given):
        return UNKNOWN
    return {**default_tags, **inputs.map("tags")}


def compare(
    resource: Resource,
    state: Mapping[str, Value],
    inputs: Properties,
    default_tags: Mapping[str, str],
    ignored: set[str],
) -> list[Change]:
    """Compare the inputs of a resource with what its state says of it."""
    changes: list[Change] = []
    for name, rule in resource.properties.items():
        if name in ignored:
            continue
        if name == "tags":
            changes += _compare_tags(state, inputs, default_tags)
        elif change := _compare_one(name, rule, state.get(name), inputs.get(name)):
            changes.append(change)
    return changes


def needs_delete_first(resource: Resource, state: Mapping[str, Value], inputs: Properties) -> bool:
    """Whether the old one must go before its replacement comes: two cannot bear the same name."""
    named = resource.named
    if named is None or isinstance(inputs.get(named), Unknown):
        return False
    return inputs.get(named) == state.get(named)


def planned(resource: Resource, inputs: Properties, default_tags: Mapping[str, str]) -> dict[str, Value]:
    """The outputs of a new resource as far as they are known before it is there."""
    outputs: dict[str, Value] = dict.fromkeys((*resource.outputs, "id"), UNKNOWN)
    outputs.update({name: UNKNOWN for name, rule in resource.properties.items() if rule.computed})
    outputs.update(inputs)
    if "tags" in resource.properties:
        outputs["tagsAll"] = all_tags(default_tags, inputs)
    return outputs


def settled(
    resource: Resource, found: Found, prior: Mapping[str, Value], default_tags: Mapping[str, str]
) -> dict[str, Value]:
    """The outputs of a resource that is there.

    What AWS says wins. Where it says the same in other words (the white space of a document, the order of a list) the
    words of the program are kept, so that the state shows no difference that is none.
    """
    outputs: dict[str, Value] = {name: prior.get(name) for name in (*resource.outputs, "id")}
    for name, rule in resource.properties.items():
        if name == "tags":
            outputs.update(_settled_tags(found, default_tags))
        elif rule.kept or name not in found:
            outputs[name] = prior.get(name, rule.default)
        elif name in prior and rule.canonical(found[name]) == rule.canonical(prior[name]):
            outputs[name] = prior[name]
        else:
            # Some services tell a text that was never given as an empty one.
            outputs[name] = None if found[name] == "" else found[name]
    outputs.update({name: value for name, value in found.items() if name in resource.outputs})
    return {name: _protected(resource, name, value) for name, value in outputs.items() if value is not None}


def refreshed_inputs(resource: Resource, inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, Value]:
    """The inputs that say what is there now: of a known resource those it had, of an imported one all that matter."""
    refreshed = dict(inputs)
    for name, rule in resource.properties.items():
        actual = outputs.get(name)
        if rule.canonical(actual) == rule.canonical(inputs.get(name)):
            continue
        if rule.is_empty(actual):
            refreshed.pop(name, None)
        elif name in inputs or not rule.computed or (not inputs and name == resource.named):
            refreshed[name] = actual
    return refreshed


def _compare_one(name: str, rule: Property, old: Value, new: Value) -> Change | None:
    if new is None:
        new = rule.default
    if new is None:
        # Leaving it out takes it away, unless somebody else chooses the value then.
        leaves = not rule.computed and not rule.is_empty(old)
        return Change(name, "DELETE", rule.replaces) if leaves else None
    if has_unknowns(new) or rule.canonical(old) != rule.canonical(new):
        if old is None and rule.is_empty(new):
            return None
        return Change(name, "ADD" if old is None else "UPDATE", rule.replaces)
    return None


def _compare_tags(state: Mapping[str, Value], inputs: Properties, default_tags: Mapping[str, str]) -> list[Change]:
    new = all_tags(default_tags, inputs)
    if not isinstance(new, dict):
        return [Change("tags", "UPDATE", replaces=False)]
    old = Properties(state).map("tagsAll")
    own = inputs.map("tags")
    changes: list[Change] = []
    for tag in sorted({*old, *new}):
        if old.get(tag) != new.get(tag):
            kind = "ADD" if tag not in old else "DELETE" if tag not in new else "UPDATE"
            owner = "tags" if tag in own or tag in Properties(state).map("tags") else "tagsAll"
            changes.append(Change(f'{owner}["{tag}"]', kind, replaces=False))
    return changes


def _settled_tags(found: Found, default_tags: Mapping[str, str]) -> dict[str, Value]:
    everything = {tag: value for tag, value in Properties(found).map("tags").items() if not tag.startswith("aws:")}
    own: dict[str, Value] = {tag: value for tag, value in everything.items() if default_tags.get(tag) != value}
    return {"tags": own or None, "tagsAll": {**everything}}


def _protected(resource: Resource, name: str, value: Value) -> Value:
    rule = resource.properties.get(name)
    return Secret(value) if rule is not None and rule.secret and isinstance(value, str) else value


def _choose_name(
    resource: Resource, name: str, old: Mapping[str, Value], inputs: dict[str, Value], seed: bytes
) -> None:
    named = resource.named
    if named is None or named in inputs:
        return
    chosen_before = old.get(CHOSEN)
    if isinstance(chosen_before, list) and named in chosen_before and named in old:
        inputs[named] = old[named]
    else:
        inputs[named] = f"{name}-{hashlib.sha256(seed).hexdigest()[:_NAME_SUFFIX]}"
    inputs[CHOSEN] = [named]


def _unknown_property(resource: Resource, given: str) -> str:
    known = ", ".join(sorted(resource.properties))
    return f"The sandbox knows no property {given!r} of {resource.token}. It knows {known}."
