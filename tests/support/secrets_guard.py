"""No test may print a secret: every one that comes into being while tests run is looked for in all that they print.

Known are the secret keys and session tokens in the answers of AWS to this process, the tokens that it hands to AWS, and
the secrets in a stack's outputs. Looked through are what pytest captures of each test, its failure's text, and what
programs have printed that a test has started with the fixtures here (`note`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.client import BaseClient

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_NAMES = {
    "secretaccesskey",
    "sessiontoken",
    "webidentitytoken",
    "samlassertion",
    "secret_access_key",
    "sessmtppasswordv4",
    "ses_smtp_password_v4",
}
_SHORTEST = 20
"""The sandbox's root has a secret that is a word, and is none."""

_secrets: set[str] = set()
_printed: list[str] = []


def remember(found: object) -> None:
    """Add every secret in an answer of AWS, in the arguments of a call, or in a stack's outputs."""
    if isinstance(found, dict):
        for name, value in cast("dict[str, object]", found).items():
            if isinstance(value, str) and name.lower() in _NAMES:
                remember_one(value)
            remember(value)
    elif isinstance(found, list | tuple):
        for one in cast("list[object]", found):
            remember(one)


def remember_one(secret: str) -> None:
    """Add a secret."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)


def note(printed: str) -> None:
    """Have a text looked through when the test ends, with what is known by then."""
    _printed.append(printed)


def shows_a_secret(text: str) -> bool:
    """Whether a secret stands in a text."""
    return any(secret in text for secret in _secrets)


def _without_secrets(text: str) -> str:
    for secret in _secrets:
        text = text.replace(secret, "[secret]")
    return text


@pytest.fixture(scope="session", autouse=True)
def secrets_are_remembered() -> Iterator[None]:
    """What AWS hands to this process, and what this process hands to AWS."""
    original: Any = vars(BaseClient)["_make_api_call"]

    def call(self: object, operation: str, arguments: object) -> Any:
        remember(arguments)
        answer = original(self, operation, arguments)
        remember(answer)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that printed a secret has failed, whatever else came of it. What it printed is not repeated.

    Why a test has failed is told all the same, without the secrets.
    """
    report = yield
    if shows_a_secret(report.longreprtext):
        report.longrepr = _without_secrets(report.longreprtext)
    texts = [text for _, text in report.sections]
    if report.when == "teardown":
        texts += _printed
        _printed.clear()
    if any(map(shows_a_secret, texts)):
        report.outcome = "failed"
        report.sections = []
        report.longrepr = f"{item.nodeid} printed a secret, or a program did that it has started"
    return report
