"""Calls of IAM: rules in front of those ministack has, handlers for those it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Handler, Params

Rule = Callable[["Params"], None]
Rules = Mapping[str, tuple[Rule, ...]]
After = Callable[[], None]
Effect = Callable[["Params"], After]


class Refused(Exception):
    """AWS refuses the call.

    Attributes:
        status: The HTTP status.
        code: AWS's code of the error, such as ``NoSuchEntity``.
        message: AWS's text.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def answer(self, service: str = "iam") -> Answer:
        """The refusal as the service sends it."""
        return emulator.error_answer(self.status, self.code, escape(self.message), service)


def value(params: Params, name: str) -> str:
    """One parameter of a call, empty when absent."""
    return params.get(name, [""])[0]


def members(params: Params, name: str) -> list[str]:
    """A list parameter, such as ``ThumbprintList.member.1``, in its order."""
    found: list[str] = []
    while item := value(params, f"{name}.member.{len(found) + 1}"):
        found.append(item)
    return found


def answer(action: str, inner: str = "", service: str = "iam") -> Answer:
    """The answer to a call that went well."""
    result = f"<{action}Result>{inner}</{action}Result>" if inner else ""
    return emulator.xml_answer(200, f"{action}Response", result, service)


def check_before(rules: Rules) -> None:
    """Put rules in front of handlers: each is asked in its order and refuses by raising ``Refused``."""
    for action, asked in rules.items():
        emulator.handlers[action] = _checked(emulator.handlers[action], asked)


def follow_up(effects: Mapping[str, Effect]) -> None:
    """Let something happen after a call that went well: an effect looks before the call, and acts after it."""
    for action, effect in effects.items():
        emulator.handlers[action] = _followed(emulator.handlers[action], effect)


def add(handlers: Mapping[str, Handler]) -> None:
    """Add calls that ministack lacks, or put others in their place."""
    for action, handler in handlers.items():
        emulator.handlers[action] = _checked(handler, ())


def _checked(handler: Handler, rules: tuple[Rule, ...]) -> Handler:
    def checked(params: Params) -> Answer:
        try:
            for rule in rules:
                rule(params)
            return handler(params)
        except Refused as refused:
            return refused.answer()

    return checked


def _followed(handler: Handler, effect: Effect) -> Handler:
    def followed(params: Params) -> Answer:
        after = effect(params)
        answered = handler(params)
        if answered[0] < 400:
            after()
        return answered

    return followed
