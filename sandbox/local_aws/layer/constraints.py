"""What every value of a call must be: lengths, characters, numbers and choices, as the services' own models say.

ministack holds hardly any of them. The models are those that boto3 is made from (``botocore/data``), which say for each
call what the API references of IAM and STS say. A value that AWS calls sensitive is never shown in a message.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session

from sandbox.local_aws.layer import calls, emulator
from sandbox.local_aws.layer.calls import Refused, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.local_aws.layer.emulator import Params

# IAM words these two of its own: the rest has the words of every service.
_NAME = r"[\w+=,.@-]+"
_PATH = r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"
_TEXT = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
_OF_IAM = {
    _NAME: "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    _PATH: "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    _TEXT: "It must contain only printable ASCII characters.",
}


def check(service: str, params: Params) -> None:
    """Reject a call that misses what it must have, or has a value that the service does not take.

    Args:
        service: ``iam`` or ``sts``.
        params: The parameters of the call, ``Action`` among them.

    Raises:
        Refused: Something is wrong; the message names everything that is.
    """
    shape = _input(service, value(params, "Action"))
    if shape is None:
        return
    problems: list[str] = []
    for name, member, given in _values(shape, params, ""):
        shown = "null" if given is None else "" if member.metadata.get("sensitive") else f"'{given}'"
        for problem in _problems(member, given):
            told = _OF_IAM.get(problem)
            if told and service == "iam":
                raise Refused(400, "ValidationError", f"The specified value for {name} is invalid. {told}")
            constraint = f"Member must satisfy regular expression pattern: {problem}" if told else problem
            problems.append(f"Value {shown} at '{name}' failed to satisfy constraint: {constraint}".replace("  ", " "))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise Refused(400, "ValidationError", count + "; ".join(problems))


def of_iam(params: Params) -> None:
    """Hold a call of IAM to its model."""
    check("iam", params)


def install() -> None:
    """Hold every call of IAM to its model, before anything else is looked at."""
    calls.check_before(dict.fromkeys(emulator.handlers, (of_iam,)))


@cache
def _input(service: str, action: str) -> Any:
    model: Any = _model(service)
    return model.operation_model(action).input_shape if action in model.operation_names else None


@cache
def _model(service: str) -> object:
    return botocore.session.Session().get_service_model(service)


def _values(shape: Any, params: Params, prefix: str, place: str = "") -> Iterator[tuple[str, Any, str | None]]:
    """Every value that is given, and every one that is missing, with its name and its shape."""
    for name, member in shape.members.items():
        called = f"{place}{name[0].lower()}{name[1:]}"
        if member.type_name in ("string", "integer", "boolean"):
            given = params.get(prefix + name, [None])[0]
            # ministack does not see a value that is empty.
            may_be_empty = member.type_name == "string" and not member.metadata.get("min")
            if given is not None or (name in shape.required_members and not may_be_empty):
                yield called, member, given
        elif member.type_name == "list":
            number = 1
            while any(key.startswith(f"{prefix}{name}.member.{number}") for key in params):
                item = f"{prefix}{name}.member.{number}"
                if member.member.type_name == "structure":
                    yield from _values(member.member, params, f"{item}.", f"{called}.{number}.member.")
                else:
                    yield f"{called}.{number}.member", member.member, value(params, item)
                number += 1
            most = member.metadata.get("max")
            if most is not None and number - 1 > most:
                problem = f"Member must have length less than or equal to {most}"
                text = f"1 validation error detected: Value at '{called}' failed to satisfy constraint: {problem}"
                raise Refused(400, "ValidationError", text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a model, which is one of Java's: letters, numbers and spaces of any script have names there."""
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    for named, ours in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        pattern = pattern.replace(named, ours)
    return re.compile(pattern)


def _problems(shape: Any, given: str | None) -> Iterator[str]:
    if given is None:
        yield "Member must not be null"
        return
    least, most, pattern = (shape.metadata.get(key) for key in ("min", "max", "pattern"))
    if shape.type_name == "integer":
        number = int(given) if given.lstrip("-").isdecimal() else None
        if number is None or (least is not None and number < least):
            yield f"Member must have value greater than or equal to {least}"
        elif most is not None and number > most:
            yield f"Member must have value less than or equal to {most}"
        return
    if most is not None and len(given) > most:
        yield f"Member must have length less than or equal to {most}"
    if least is not None and len(given) < least:
        yield f"Member must have length greater than or equal to {least}"
    if pattern and not _compiled(pattern).fullmatch(given):
        yield pattern if pattern in _OF_IAM else f"Member must satisfy regular expression pattern: {pattern}"
    if getattr(shape, "enum", None) and given not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
