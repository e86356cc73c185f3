"""Each form of trust lets in whom it should and nobody else, by the letter of the document it makes."""

from __future__ import annotations

import pytest

from tests.components.recording import goldens
from tests.components.trust_callers import attempts, lets_in
from tests.components.trust_forms import FORMS


@pytest.mark.parametrize("form", FORMS)
def test_the_form_lets_in_whom_it_should_and_nobody_else(form: str) -> None:
    document = goldens("trust")[form]

    for caller, expected in attempts(form):
        assert lets_in(document, caller) is expected, f"{form}: {caller.says}"


@pytest.mark.parametrize("form", FORMS)
def test_somebody_is_let_in_through_every_form_and_somebody_is_not(form: str) -> None:
    assert {expected for _, expected in attempts(form)} == {True, False}
