"""What a deployment consists of, as the readers say it: resources, calls of functions, and what is unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes in the place of a value that only the update will know."""

HANDLERS = ("create", "read", "update", "delete")
"""What a provider does with a resource."""

EVERY_HANDLER = frozenset(HANDLERS)

_AUTONAMED = re.compile(r"^(.*)([-_])[0-9a-f]{7}((?:\.fifo)?)$")


class NotReadable(ValueError):
    """A text is none of the documents that the package reads. The message says so, and what to hand over."""


@dataclass(frozen=True)
class Resource:
    """A resource of a deployment.

    Attributes:
        urn: Its URN.
        type: Its type, such as `aws:sqs/queue:Queue`.
        inputs: What the program asks for, secrets and unknown values as `UNKNOWN`.
        before: The inputs that the deployed resource has, where a change is planned; empty otherwise.
        outputs: What AWS says of it; empty where it is not deployed.
        handlers: What the planned steps do with it, such as `create` and `read`; empty where nothing is planned.
        dependencies: The URNs that a property takes its value from, by property.
        provider: The URN of its provider; "" where that is not known.
        external: Whether the program only looks at it, and somebody else manages it.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    handlers: frozenset[str] = frozenset()
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    provider: str = ""
    external: bool = False

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]

    def occurs(self, name: str) -> bool:
        """Whether an input is there, before or after, and says more than that something is off.

        Args:
            name: The property, without regard to case and plural: `corsRule` finds `corsRules`.
        """
        return any(_says_something(one) for inputs in (self.inputs, self.before) for one in _named(inputs, name))

    def texts(self, name: str) -> list[str]:
        """The known texts of a property in the inputs before and after, and in the outputs, each once."""
        found = (mapping.get(name) for mapping in (self.inputs, self.before, self.outputs))
        return list(dict.fromkeys(one for one in found if isinstance(one, str) and one and UNKNOWN not in one))

    def patterns(self, name: str) -> list[str]:
        """The values of a property that names the resource, as patterns of IAM: `site-1a2b3c4` becomes `site-*`.

        Pulumi makes a name up where the program gives none, and another one whenever the resource is replaced. Of a
        name that AWS completes (`namePrefix`), the beginning is known.
        """
        if not self.texts(name) and (begins := self.texts(f"{name}Prefix")):
            return [f"{one}*" for one in begins]
        made_up = name in cast("list[str]", self.inputs.get("__defaults") or self.before.get("__defaults") or ())
        return list(dict.fromkeys(pattern_of(one, self.name, made_up=made_up) for one in self.texts(name)))


@dataclass(frozen=True)
class Invoke:
    """A function of a provider that the program calls, such as `aws:ec2/getVpc:getVpc`.

    Attributes:
        token: The function.
        arguments: What it is asked, secrets and unknown values as `UNKNOWN`.
    """

    token: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Deployment:
    """What one or several documents say.

    Attributes:
        resources: All resources of AWS's providers that are not components.
        providers: The inputs of every explicit provider, by URN.
        invokes: The functions that are called; only a debug log tells.
        others: How many resources other providers have, by package.
        config: The stack's plain settings of the provider, such as `aws:region`.
        unlisted: How many resources a preview counts and does not list, as it does with those that stay as they are.
    """

    resources: tuple[Resource, ...] = ()
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    invokes: tuple[Invoke, ...] = ()
    others: Mapping[str, int] = field(default_factory=dict[str, int])
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    unlisted: int = 0

    def __add__(self, other: Deployment) -> Deployment:
        """Both together; settings of the first go first."""
        others = {name: self.others.get(name, 0) + other.others.get(name, 0) for name in (*self.others, *other.others)}
        invokes = (*self.invokes, *(one for one in other.invokes if one not in self.invokes))
        resources = (*self.resources, *(one for one in other.resources if one not in self.resources))
        providers, config = {**other.providers, **self.providers}, {**other.config, **self.config}
        return Deployment(resources, providers, invokes, others, config, self.unlisted + other.unlisted)


def pattern_of(value: str, urn_name: str, *, made_up: bool) -> str:
    """A name as a pattern of IAM.

    Args:
        value: The name.
        urn_name: The resource's name in the program.
        made_up: Whether the provider says that it made the name up.
    """
    found = _AUTONAMED.match(value)
    if found and (made_up or found[1] == urn_name):
        return f"{found[1]}{found[2]}*{found[3]}"
    return value


def _named(inputs: Mapping[str, Any], name: str) -> list[Any]:
    wanted = _plain(name)
    return [value for key, value in inputs.items() if _plain(key) == wanted]


def _plain(name: str) -> str:
    short = name.replace("_", "").lower()
    return short[:-3] + "y" if short.endswith("ies") else short.removesuffix("s")


def _says_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_says_something(one) for key, one in cast("dict[str, Any]", value).items() if key != "__defaults")
    if isinstance(value, list):
        return any(_says_something(one) for one in cast("list[Any]", value))
    return value not in (None, False, "")
