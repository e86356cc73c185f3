"""What a change of the package's schema breaks in programs that use the package, and what its version must then say.

The rule: a program that was right under the released schema must be right under the present one. So these are
incompatible:

- a component, a type or a value of an enum is gone;
- an argument or an output is gone, or has another type;
- an argument must be given that need not be given, or was not there;
- an output may be missing that never was.

Everything else is compatible: what is new, what need no longer be given, what is described in other words, an argument
that takes the outputs of other resources besides plain values (programs in Go then write `pulumi.String` around
theirs). An incompatible change needs a higher first number in the version, or a higher second one while the first is 0
(https://semver.org, 4 and 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]


def incompatible(released: Schema, present: Schema) -> list[str]:
    """What breaks programs, a line for each."""
    return [*_resources(released, present), *_types(released, present)]


def may_break(released: str, present: str) -> bool:
    """Whether a version says of itself that it may break programs of a released one."""
    before, now = Version(released), Version(present)
    return now.major > before.major or (now.major == before.major == 0 and now.minor > before.minor)


def _resources(released: Schema, present: Schema) -> Iterator[str]:
    for token, before in released["resources"].items():
        now = present["resources"].get(token)
        if now is None:
            yield f"{token} is gone"
            continue
        yield from _gone_or_changed(f"{token}, argument ", before["inputProperties"], now["inputProperties"])
        yield from _newly_required(token, before.get("requiredInputs", []), now.get("requiredInputs", []))
        yield from _gone_or_changed(f"{token}, output ", before["properties"], now["properties"])
        for name in sorted(set(before.get("required", [])) - set(now.get("required", []))):
            yield f"{token}, output {name} may be missing now"


def _types(released: Schema, present: Schema) -> Iterator[str]:
    for token, before in released["types"].items():
        now = present["types"].get(token)
        if now is None:
            yield f"{token} is gone"
            continue
        values = {value["value"] for value in now.get("enum", [])}
        for value in before.get("enum", []):
            if value["value"] not in values:
                yield f"{token}, value {value['value']} is gone"
        yield from _gone_or_changed(f"{token}, argument ", before.get("properties", {}), now.get("properties", {}))
        yield from _newly_required(token, before.get("required", []), now.get("required", []))


def _gone_or_changed(place: str, before: Schema, now: Schema) -> Iterator[str]:
    for name, property_before in before.items():
        if name not in now:
            yield f"{place}{name} is gone"
        elif not _takes_as_much(property_before, now[name]):
            yield f"{place}{name} has another type"


def _newly_required(token: str, before: list[str], now: list[str]) -> Iterator[str]:
    for name in sorted(set(now) - set(before)):
        yield f"{token}, argument {name} must be given now"


def _takes_as_much(before: object, now: object) -> bool:
    """Whether a property takes all that it took, whatever words describe it."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return before == now
    old, new = _type(cast("dict[str, object]", before)), _type(cast("dict[str, object]", now))
    narrowed = bool(new.pop("plain", False)) and not old.get("plain", False)
    old.pop("plain", None)
    return not narrowed and old.keys() == new.keys() and all(_takes_as_much(old[name], new[name]) for name in old)


def _type(described: dict[str, object]) -> dict[str, object]:
    """A property without its words."""
    return {name: value for name, value in described.items() if name not in ("description", "default", "secret")}
