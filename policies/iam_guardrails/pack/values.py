"""What the engine sends, as plain values, with everything that cannot be read yet marked as such.

The engine writes a value that is not known until deployment as one of seven fixed texts, and wraps secrets in an object
with a signature (https://github.com/pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go). A reader that does not look
for them takes them for a document or a name, so they are replaced here, once, before anything else sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, Union

from iam_guardrails.language.unknown import UNKNOWN, has_unknown

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct
    from google.protobuf.struct_pb2 import Value as Message


class SecretText(str):
    """A text that the program marked as secret: it is evaluated like any other, and never shown."""

    __slots__ = ()


Value: TypeAlias = Union[bool, float, str, "Sequence[Value]", "Mapping[str, Value]", None]

UNKNOWN_TEXTS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # text
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (the engine's public marker, no secret)
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REDACTED_TEXT = "[secret]"


def decode(properties: Struct) -> dict[str, Value]:
    """The properties of a resource as plain values.

    Args:
        properties: what the engine sent.

    Returns:
        The same tree; secrets without their wrapping, `UNKNOWN` for what cannot be read.
    """
    return {name: _decode(message) for name, message in properties.fields.items()}


def decode_one(properties: Struct, name: str) -> Value:
    """One property as a plain value; None when it is not set."""
    message = properties.fields.get(name)
    return None if message is None else _decode(message)


def _decode(message: Message) -> Value:
    kind = message.WhichOneof("kind")
    if kind == "string_value":
        return _text(message.string_value)
    if kind == "struct_value":
        return _object(message.struct_value)
    if kind == "list_value":
        return [_decode(item) for item in message.list_value.values]
    if kind == "number_value":
        return message.number_value
    if kind == "bool_value":
        return message.bool_value
    return None


def _text(text: str) -> Value:
    return UNKNOWN if text in UNKNOWN_TEXTS or text == _REDACTED_TEXT else text


def _object(struct: Struct) -> Value:
    signature = struct.fields.get(_SIGNATURE)
    if signature is None:
        return {name: _decode(value) for name, value in struct.fields.items()}
    inner = struct.fields.get("value")
    if signature.string_value == _SECRET and inner is not None:
        return hidden(_decode(inner))
    if signature.string_value == _OUTPUT and inner is not None:
        secret = struct.fields.get("secret")
        return hidden(_decode(inner)) if secret is not None and secret.bool_value else _decode(inner)
    # An asset, an archive, a reference, an output without a value: whatever it is, it cannot be evaluated yet.
    return UNKNOWN


def hidden(value: Value) -> Value:
    """A value with each of its texts marked as secret."""
    if isinstance(value, str):
        return value if value == UNKNOWN else SecretText(value)
    if isinstance(value, Mapping):
        return {name: hidden(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [hidden(item) for item in value]
    return value


def is_secret(value: object) -> bool:
    """Whether any text in a tree is marked as secret."""
    return isinstance(value, SecretText) or any(is_secret(item) for item in _children(value))


def secrets_in(value: object) -> Iterator[str]:
    """The texts of a tree that the program marked as secret."""
    if isinstance(value, SecretText):
        yield str(value)
    for item in _children(value):
        yield from secrets_in(item)


def holds_unknown(value: object) -> bool:
    """Whether anything in a tree is not known."""
    return has_unknown(value) if isinstance(value, str) else any(holds_unknown(item) for item in _children(value))


def _children(value: object) -> Iterable[object]:
    # Most values are texts, and the plain types are told much faster than the abstract ones.
    if isinstance(value, str):
        return ()
    if isinstance(value, (dict, Mapping)):
        return value.values()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return value if isinstance(value, (list, Sequence)) else ()  # pyright: ignore[reportUnknownVariableType]


_SHORT = 12
"""A secret of fewer characters may stand in other words; it is replaced only where it is a value. So is a longer one
that the rules have among their own words."""
_VALUE_EDGE = r"""["'/:=,*\[\](){}|]"""


class Redaction:
    """Takes the secrets of a program out of texts, and leaves all other words as they are."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, value: object) -> None:
        """Remember the secret texts of a tree."""
        new = {secret for secret in secrets_in(value) if secret.strip()} - self._secrets
        if new:
            self._secrets |= new
            self._pattern = None

    def __call__(self, text: str) -> str:
        """The text without secrets; each is replaced once, so that what replaces it is not taken for another."""
        if not self._secrets:
            return text
        if self._pattern is None:
            ordered = sorted(self._secrets, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(_expression, ordered)))
        return self._pattern.sub("[secret]", text)


@cache
def _own_words() -> str:
    """The words of the rules, by which their messages begin and end."""
    from iam_guardrails.rules import RULES

    return "\n".join(" ".join((one.id, one.title, one.why, one.remediation)) for one in RULES.values())


def _expression(secret: str) -> str:
    escaped = re.escape(secret)
    if len(secret) >= _SHORT and secret not in _own_words():
        return escaped
    before, after = f"(?<={_VALUE_EDGE})", f"(?={_VALUE_EDGE}|$)"
    end = rf"(?=[\s,.;]|{_VALUE_EDGE}|$)"
    return f"(?:{before}{escaped}{end}|(?<![\\w-]){escaped}{after})"
