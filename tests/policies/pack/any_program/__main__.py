"""Registers the resources that a test lists; see `tests/policies/pack/stacks.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi


class Anything(pulumi.CustomResource):
    """A resource of any type."""

    def __init__(self, kind: str, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        # A property without a value makes the SDK give the resource an output of that name.
        super().__init__(kind, name, {"arn": None, **properties}, opts)


made: dict[str, Any] = {}


def resolve(value: Any) -> Any:
    """Replace the marked values that `stacks.py` describes by what they stand for."""
    match value:
        case {"$output": [str(name), str(output)]}:
            return getattr(made[name], output)
        case {"$secret": secret}:
            return pulumi.Output.secret(resolve(secret))
        case {"$document": statements}:
            asked = {"statements": resolve(statements)}
            answer = pulumi.runtime.invoke_output("aws:iam/getPolicyDocument:getPolicyDocument", asked)
            return answer.apply(lambda found: found["json"])
        case {"$json": inner}:
            return pulumi.Output.json_dumps(resolve(inner))
        case dict():
            return {name: resolve(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [resolve(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


for one in json.loads(Path(pulumi.Config().require("resources")).read_text()):
    kind, name, properties = one["type"], one["name"], resolve(one.get("properties", {}))
    if kind.startswith("pulumi:providers:"):
        made[name] = pulumi.ProviderResource(kind.rpartition(":")[2], name, properties)
    else:
        made[name] = Anything(
            kind, name, properties, pulumi.ResourceOptions(provider=made.get(one.get("provider", "")))
        )
