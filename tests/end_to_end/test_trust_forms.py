"""Every form of trust, deployed by the real engine, tried by real callers against the local AWS."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.folders import CHECKOUT
from tests.components.trust_callers import GOOGLE, Caller, attempts, lets_in
from tests.components.trust_forms import FORMS
from tests.end_to_end.people import People

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox

pytestmark = pytest.mark.long

PROGRAM = Path(__file__).parent / "programs" / "components"
TABLE = CHECKOUT / "docs" / "components-trust-forms.md"
PATH = "/pipelines/"


def _role_args(people: People, form: str) -> dict[str, Any]:
    return {
        "account_id": people.sandbox.account,
        "role_name": form,
        "path": PATH,
        "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-site/*"]}],
        "trust": json.loads(people.translated(json.dumps(FORMS[form]))),
    }


def _provider_args(people: People) -> dict[str, Any]:
    """The identity providers that the forms trust, each with every audience that some form asks for."""
    audiences: dict[str, set[str]] = {}
    for form in FORMS:
        for caller, is_let_in in attempts(form):
            # Google is known to AWS by itself.
            if caller.issuer not in ("", GOOGLE) and is_let_in:
                audiences.setdefault(caller.issuer, set()).add(caller.audience)
    return {
        f"provider-{number}": {"account_id": people.sandbox.account, "issuer": issuer, "audiences": sorted(names)}
        for number, (issuer, names) in enumerate(audiences.items())
    }


def test_each_form_lets_in_whom_it_should_and_nobody_else(sandbox: Sandbox) -> None:
    people = People(sandbox)
    for arn in dict.fromkeys(caller.arn for form in FORMS for caller, _ in attempts(form) if caller.arn):
        people.make(arn)
    roles = {form: _role_args(people, form) for form in FORMS}
    settings = {"components:providers": _provider_args(people), "components:roles": roles}
    stack = sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region, **settings})

    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    assert stack.preview().changes == {}, "a preview right after shows no change"

    outputs = stack.outputs()
    lines: list[str] = []
    for form in FORMS:
        document = json.loads(people.untranslated(outputs[form]["trust_policy"]))
        for caller, expected in attempts(form):
            measured = people.gets_in(outputs[form]["role_arn"], caller)
            assert (lets_in(document, caller), measured) == (expected, expected), f"{form}: {caller.says}"
            lines.append(_line(form, caller, expected, measured))
    _assert_documented(lines)
    assert (refreshed := stack.refresh()).succeeded, refreshed.output
    assert refreshed.changes == {}, "and a refresh finds nothing else"
    assert (destroyed := stack.destroy()).succeeded, destroyed.output


def _line(form: str, caller: Caller, expected: bool, measured: bool) -> str:
    words = {True: "let in", False: "refused"}
    return f"| `{form}` | {caller.says} | {words[expected]} | {words[measured]} |"


def _assert_documented(lines: list[str]) -> None:
    heading, _, _ = TABLE.read_text().partition("| form |")
    table = "\n".join(["| form | caller | by the document | by the local AWS |", "|---|---|---|---|", *lines])
    written = f"{heading}{table}\n"
    if os.environ.get("UPDATE_DOCS"):
        TABLE.write_text(written)
    assert TABLE.read_text() == written, "run this test with UPDATE_DOCS=1 and read what changed"
