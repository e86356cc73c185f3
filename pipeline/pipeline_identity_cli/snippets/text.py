"""YAML as people write it: keys in their order, scripts as blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable


class _Blocks(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is written as a reference to something before it."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    represent: Callable[..., yaml.ScalarNode] = getattr(dumper, "represent_scalar")  # noqa: B009 - it has no types
    return represent("tag:yaml.org,2002:str", value, style=style)


_Blocks.add_representer(str, _text)


def written(content: dict[str, Any], *comments: str) -> str:
    """A YAML document, after lines of comment."""
    body = yaml.dump(content, Dumper=_Blocks, sort_keys=False, width=1000, allow_unicode=True)
    return "".join(f"# {line}\n" for line in comments) + body


def block(lines: list[str]) -> str:
    """Lines as a script."""
    return "\n".join(lines) + "\n"
