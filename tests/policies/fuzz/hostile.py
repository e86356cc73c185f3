"""Documents made to hurt: too deep, too large, too many ways to match. Run as a module, it judges them one by one.

The test starts this in a process of its own with little memory and a bounded share of the processor, so that a document
that hangs or swells ends that process and not the test run.
"""

from __future__ import annotations

import json
import sys
from collections import UserDict
from collections.abc import Callable, Iterator
from typing import Any

from tests.policies.fuzz.target import judge
from tests.policies.strategies import GITHUB, OURS, provider_arn

Case = Callable[[], object]


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


def _trust(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", **elements}


def _itself() -> object:
    document: dict[str, Any] = _policy(_allow())
    document["Statement"][0]["Condition"] = document
    return document


def _nested(levels: int) -> object:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return _policy(_allow(Condition={"StringEquals": {"aws:username": value}}))


def _texts() -> Iterator[tuple[str, Case]]:
    """Text that is hard to read."""
    yield "a hundred thousand opening brackets", lambda: "[" * 100_000
    yield "a hundred thousand nested objects", lambda: '{"Statement":' * 100_000 + "1" + "}" * 100_000
    yield "a list nested a thousand deep", lambda: json.dumps(_nested(800))
    yield "a number of a hundred thousand digits", lambda: '{"Statement": ' + "9" * 100_000 + "}"
    yield "a number beyond all bounds", lambda: '{"Version": 1e999999, "Statement": -1e-999999}'
    yield "what JSON has no word for", lambda: '{"Version": NaN, "Statement": [Infinity, -Infinity]}'
    yield (
        "half a character",
        lambda: '{"Version": "2012-10-17", "Statement": [{"Sid": "\\ud800", "Effect": "\\udfff"}]}',
    )
    yield "half a character that is no escape", lambda: '{"Statement": "\ud800"}'
    yield "a byte order mark", lambda: "\ufeff" + json.dumps(_policy(_allow()))
    yield "nothing", lambda: ""
    yield "a zero byte", lambda: "\x00"
    yield "eight megabytes of blanks", lambda: " " * (8 << 20)
    yield "eight megabytes in one text", lambda: json.dumps(_policy(_allow(Sid="x" * (8 << 20))))
    yield "a hundred thousand times the same name", lambda: "{" + '"Statement": [],' * 100_000 + '"Statement": []}'
    yield "a hundred thousand names", lambda: json.dumps({f"Name{number}": 1 for number in range(100_000)})


def _values() -> Iterator[tuple[str, Case]]:
    """Python values that no JSON text could hold."""
    yield "None", lambda: None
    yield "bytes", lambda: b"{}"
    yield "a number", lambda: 4711
    yield "a list", lambda: [_policy(_allow())]
    yield "a class", lambda: dict
    yield "a mapping that holds itself", _itself
    yield "lists nested fifty thousand deep", lambda: _nested(50_000)
    yield "names that are no text", lambda: {1: 2, None: 3, ("a",): 4}
    yield "a set of actions", lambda: _policy(_allow(Action={"s3:GetObject"}))
    yield "a mapping that is no dict", lambda: UserDict(_policy(_allow()))
    yield "not a number", lambda: _policy(_allow(Condition={"NumericEquals": {"a:b": float("nan")}}))
    yield (
        "half a character in a value",
        lambda: _policy(_trust(Condition={"StringLike": {"sts:ExternalId": "\ud800*"}})),
    )
    yield "a text of bytes", lambda: _policy(_allow(Action=b"s3:GetObject"))


def _patterns() -> Iterator[tuple[str, Case]]:
    """Patterns with very many ways to match, or not to."""
    knot = "a*" * 2_000 + "b"
    marks = "?*" * 2_000
    for name, pattern in (("stars", "*" * 5_000), ("a knot of stars", knot), ("stars and question marks", marks)):
        yield f"{name} in an action", lambda pattern=pattern: _policy(_allow(Action=f"s3:{pattern}"))
        yield (
            f"{name} in a resource",
            lambda pattern=pattern: _policy(
                _allow(Action="iam:PassRole", Resource=f"arn:aws:iam::{OURS}:role/{pattern}")
            ),
        )
        yield (
            f"{name} in a subject",
            lambda pattern=pattern: _policy(
                _trust(
                    Principal={"Federated": provider_arn(GITHUB)},
                    Action="sts:AssumeRoleWithWebIdentity",
                    Condition={"StringLike": {f"{GITHUB}:sub": f"repo:acme/{pattern}"}},
                )
            ),
        )
        yield (
            f"{name} in an ARN",
            lambda pattern=pattern: _policy(
                _trust(Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{pattern}:role/{pattern}"}})
            ),
        )
        yield (
            f"{name} that a Deny takes away",
            lambda pattern=pattern: _policy(
                _trust(),
                {**_trust(Condition={"StringNotLike": {"aws:PrincipalOrgID": f"o-{pattern}"}}), "Effect": "Deny"},
            ),
        )
    yield (
        "a thousand knots against a thousand knots",
        lambda: _policy(
            _trust(Condition={"StringLike": {"aws:PrincipalTag/t": [f"{n}{'a*' * 40}b" for n in range(500)]}}),
            {
                **_trust(Condition={"StringLike": {"aws:PrincipalTag/t": [f"{n}{'*a' * 40}c" for n in range(500)]}}),
                "Effect": "Deny",
            },
        ),
    )
    yield "a thousand variables", lambda: _policy(_allow(Resource="arn:aws:s3:::" + "${aws:username}" * 1_000))
    yield "variables that never end", lambda: _policy(_allow(Resource="arn:aws:s3:::" + "${" * 10_000))
    yield (
        "variables within variables",
        lambda: _policy(_allow(Resource="arn:aws:s3:::" + "${a, '" * 5_000 + "'}" * 5_000)),
    )


def _crowds() -> Iterator[tuple[str, Case]]:
    """Very many of everything."""
    yield "twenty thousand statements", lambda: _policy(*[_allow(Sid=f"S{number}") for number in range(20_000)])
    yield "a thousand ways in", lambda: _policy(*[_trust(Principal={"AWS": f"{n:012}"}) for n in range(1_000)])
    yield "two thousand principals", lambda: _policy(_trust(Principal={"AWS": [f"{n:012}" for n in range(2_000)]}))
    yield "fifty thousand actions", lambda: _policy(_allow(Action=[f"s3:Get{number}" for number in range(50_000)]))
    yield "ten thousand wildcards", lambda: _policy(_allow(Action=[f"iam:*{number}*" for number in range(10_000)]))
    yield (
        "ten thousand resources",
        lambda: _policy(
            _allow(
                Action="iam:PassRole", Resource=[f"arn:aws:iam::{OURS}:role/r{number}-*" for number in range(10_000)]
            )
        ),
    )
    yield (
        "two thousand Denies of two thousand roles",
        lambda: _policy(
            _allow(Action=["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]),
            *[
                {"Effect": "Deny", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{OURS}:role/r{number}-*"}
                for number in range(2_000)
            ],
        ),
    )
    yield (
        "ten thousand subjects",
        lambda: _policy(
            _trust(
                Principal={"Federated": provider_arn(GITHUB)},
                Action="sts:AssumeRoleWithWebIdentity",
                Condition={"StringLike": {f"{GITHUB}:sub": [f"repo:acme/app{number}:*" for number in range(10_000)]}},
            )
        ),
    )
    yield (
        "a thousand keys with a hundred values each",
        lambda: _policy(
            _trust(
                Condition={
                    "StringLike": {f"aws:PrincipalTag/t{n}": [f"v{v}*" for v in range(100)] for n in range(1_000)}
                }
            )
        ),
    )
    yield (
        "three hundred Denies of which each wants another key",
        lambda: _policy(
            _trust(),
            *[
                {
                    **_trust(Condition={"StringNotEquals": {f"aws:PrincipalTag/t{n}": "x", "sts:ExternalId": f"e{n}"}}),
                    "Effect": "Deny",
                }
                for n in range(300)
            ],
        ),
    )
    yield (
        "forty Denies, each open at one of eight values",
        lambda: _policy(
            _trust(),
            *[
                {
                    **_trust(
                        Condition={
                            "StringNotEquals": {f"aws:PrincipalTag/t{n % 8}": [f"{v}" for v in range(8) if v != n % 5]}
                        }
                    ),
                    "Effect": "Deny",
                }
                for n in range(40)
            ],
        ),
    )


CASES: dict[str, Case] = dict([*_texts(), *_values(), *_patterns(), *_crowds()])


def main(names: list[str]) -> None:
    """Judge the named cases, or all; the last name on standard output is the one that did harm."""
    for name in names or CASES:
        print(name, flush=True)  # noqa: T201
        judge(CASES[name]())


if __name__ == "__main__":
    main(sys.argv[1:])
