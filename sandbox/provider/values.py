"""Property values: what the engine sends and gets, as plain Python values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Union, cast

if TYPE_CHECKING:
    from google.protobuf import struct_pb2


class Unknown:
    """A value that is not known before the deployment has happened."""

    def __repr__(self) -> str:
        return "UNKNOWN"


@dataclass(frozen=True, repr=False)
class Secret:
    """A text that the engine keeps encrypted. It never shows itself."""

    text: str

    def __repr__(self) -> str:
        return "Secret"


UNKNOWN: Final = Unknown()

Value = Union[  # noqa: UP007 - names itself, which the other spelling cannot before Python 3.12
    None, bool, int, float, str, Unknown, Secret, list["Value"], dict[str, "Value"]
]

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - names a kind of value, is none
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# What stands in a message for a value that is not known yet, one for each kind of value.
_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Properties(Mapping[str, Value]):
    """The properties of one resource, read by kind: a wrong kind is a fault of the check before it."""

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Properties({', '.join(self._values)})"

    def text(self, name: str) -> str:
        """A text; empty when absent."""
        value = self.get(name)
        if isinstance(value, Secret):
            return value.text
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A whole number; 0 when absent."""
        value = self.get(name)
        return int(value) if isinstance(value, (int, float)) else 0

    def flag(self, name: str) -> bool:
        """True or false; false when absent."""
        return self.get(name) is True

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty when absent."""
        value = self.get(name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def objects(self, name: str) -> list[Properties]:
        """A list of objects; empty when absent."""
        value = self.get(name)
        return [Properties(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def map(self, name: str) -> dict[str, str]:
        """A map of texts; empty when absent."""
        value = self.get(name)
        return {key: item for key, item in value.items() if isinstance(item, str)} if isinstance(value, dict) else {}


def has_unknowns(value: Value) -> bool:
    """Whether a value, or any value in it, is not known yet."""
    if isinstance(value, list):
        return any(has_unknowns(item) for item in value)
    if isinstance(value, dict):
        return any(has_unknowns(item) for item in value.values())
    return isinstance(value, Unknown)


def from_struct(message: struct_pb2.Struct) -> dict[str, Value]:
    """Read the properties in a message. Secrets arrive as what they hold: the engine remembers which they were."""
    return {name: _from_message(field) for name, field in message.fields.items()}


def _from_message(message: struct_pb2.Value) -> Value:
    kind = message.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if message.string_value in _UNKNOWNS else message.string_value
    if kind == "number_value":
        number = message.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return message.bool_value
    if kind == "list_value":
        return [_from_message(item) for item in message.list_value.values]
    if kind == "struct_value":
        fields = message.struct_value.fields
        if _SIGNATURE not in fields:
            return from_struct(message.struct_value)
        if fields[_SIGNATURE].string_value in (_SECRET, _OUTPUT):
            return _from_message(fields["value"]) if "value" in fields else UNKNOWN
        raise ValueError("Assets, archives and resource references are no properties of the types the sandbox knows.")
    return None


def to_plain(values: Mapping[str, Value]) -> dict[str, object]:
    """Properties as a message takes them."""
    return {name: _to_plain(value) for name, value in values.items()}


def _to_plain(value: Value) -> object:
    if isinstance(value, Unknown):
        return _UNKNOWN_TEXT
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": value.text}
    if isinstance(value, list):
        return [_to_plain(item) for item in value]
    if isinstance(value, dict):
        return to_plain(value)
    return value


def from_json(text: str) -> Value:
    """Parse JSON.

    Raises:
        ValueError: It is none.
    """
    return cast("Value", json.loads(text))
