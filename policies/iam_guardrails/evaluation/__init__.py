"""Would AWS allow this one request, and why? Answered from the policies that apply, statement by statement.

    request = Request(Caller.of("arn:aws:iam::111122223333:user/ann"), "s3:GetObject", "arn:aws:s3:::logs/today")
    decision = evaluate(request, Policies(identity=[Policy("inline policy read", document)]))
    decision.verdict       # Verdict.ALLOWED, REFUSED, or UNKNOWN
    decision.reason        # in one line
    decision.statements    # each with whether it applies, and the first reason why not

What is not known stays unknown: a condition key that the request was not said to carry or to lack, a policy that could
not be read. It never becomes an Allow; a Deny that may apply keeps an Allow from being believed.

`callers` tells whom a principal names, `matching` whether one statement applies, `layers` what the policies of one kind
say together, `decision` what they all come to; `tokens` asks it of web identity tokens, `calls` makes calls that a
policy allows, `meaning` compares documents.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# At once: the module of the same name must not take the function's place.
from iam_guardrails.evaluation.meaning import meaning

if TYPE_CHECKING:
    from iam_guardrails.evaluation.callers import Caller, UnknownCaller
    from iam_guardrails.evaluation.calls import AllowedCall, allowed_calls
    from iam_guardrails.evaluation.decision import RCP_SERVICES, Decision, Policies, Verdict, evaluate
    from iam_guardrails.evaluation.layers import Judged, Policy
    from iam_guardrails.evaluation.matching import SECRET_KEYS, Request
    from iam_guardrails.evaluation.tokens import (
        accepts_only_tokens,
        compared_values,
        condition_keys,
        evaluate_token,
        trusted_issuers,
    )
    from iam_guardrails.language.documents import DocumentKind
    from iam_guardrails.language.principals import Kind as PrincipalKind

__all__ = [
    "RCP_SERVICES",
    "SECRET_KEYS",
    "AllowedCall",
    "Caller",
    "Decision",
    "DocumentKind",
    "Judged",
    "Policies",
    "Policy",
    "PrincipalKind",
    "Request",
    "UnknownCaller",
    "Verdict",
    "accepts_only_tokens",
    "allowed_calls",
    "compared_values",
    "condition_keys",
    "evaluate",
    "evaluate_token",
    "meaning",
    "trusted_issuers",
]

_PLACES = {
    "evaluation.callers": (
        "Caller",
        "UnknownCaller",
    ),
    "evaluation.calls": (
        "AllowedCall",
        "allowed_calls",
    ),
    "evaluation.decision": (
        "RCP_SERVICES",
        "Decision",
        "Policies",
        "Verdict",
        "evaluate",
    ),
    "evaluation.layers": (
        "Judged",
        "Policy",
    ),
    "evaluation.matching": (
        "SECRET_KEYS",
        "Request",
    ),
    "evaluation.tokens": (
        "accepts_only_tokens",
        "compared_values",
        "condition_keys",
        "evaluate_token",
        "trusted_issuers",
    ),
    "language.documents": ("DocumentKind",),
    "language.principals": ("Kind as PrincipalKind",),
}
"""Module -> the names that stand for something in it. They are loaded when they are first asked for."""


def __getattr__(name: str) -> object:
    """A name of the package's promise."""
    for module, names in _PLACES.items():
        for one in names:
            own, _, given = one.partition(" as ")
            if name == (given or own):
                found: object = getattr(import_module(f"iam_guardrails.{module}"), own)
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
