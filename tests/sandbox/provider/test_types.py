"""Every type goes through its life: made, unchanged, read, imported, changed, replaced, gone."""

from __future__ import annotations

from typing import cast

import pytest

from sandbox.provider import registry
from tests.sandbox.provider.cases import Case, Change
from tests.sandbox.provider.conftest import UNKNOWN, Asked
from tests.sandbox.provider.iam_cases import IAM
from tests.sandbox.provider.service_cases import SERVICES

CASES = [*IAM, *SERVICES]
every_type = pytest.mark.parametrize("case", CASES, ids=str)
IN_PLACE = [(case, change) for case in CASES for change in case.in_place]
REPLACED = [(case, change) for case in CASES for change in case.replaced]


def named(item: object) -> str:
    return str(item) if isinstance(item, Case) else "+".join(cast("Change", item)[1])


def test_every_type_is_tried() -> None:
    assert sorted(case.token for case in CASES) == registry.tokens()


@every_type
def test_what_was_made_needs_no_change(aws: Asked, case: Case) -> None:
    case.before(aws)
    known = aws.create(case.token, case.inputs(aws))
    if case.id is not None:
        assert known.id == case.id(aws)
    assert aws.changes(known, case.inputs(aws)) == {}


@every_type
def test_what_is_foretold_is_what_comes(aws: Asked, case: Case) -> None:
    case.before(aws)
    foretold = aws.preview_create(case.token, case.inputs(aws))
    known = aws.create(case.token, case.inputs(aws))
    assert {name: known.outputs[name] for name, value in foretold.items() if value is not UNKNOWN} == {
        name: value for name, value in foretold.items() if value is not UNKNOWN
    }
    # Whatever comes that was not told before was said to be unknown.
    assert set(known.outputs) <= set(foretold) | {"tags"}


@every_type
def test_reading_it_again_finds_no_difference(aws: Asked, case: Case) -> None:
    case.before(aws)
    known = aws.create(case.token, case.inputs(aws))
    inputs, outputs = known.inputs, known.outputs
    assert aws.refresh(known)
    assert (known.inputs, known.outputs) == (inputs, outputs)


@pytest.mark.parametrize("case", [case for case in CASES if case.importable], ids=str)
def test_an_imported_one_needs_no_change(aws: Asked, case: Case) -> None:
    case.before(aws)
    made = aws.create(case.token, case.inputs(aws))
    found = aws.read(case.token, case.import_id or made.id)
    assert found.id
    # What AWS never tells cannot be known from the id.
    properties = registry.resource(case.token).properties
    told = {name: value for name, value in case.inputs(aws).items() if not properties[name].kept}
    assert aws.changes(found, told) == {}
    assert list(aws.check(case.token, found.inputs).failures) == []


@pytest.mark.parametrize(("case", "change"), IN_PLACE, ids=named)
def test_a_change_in_place_is_seen_made_and_then_over(aws: Asked, case: Case, change: Change) -> None:
    case.before(aws)
    known = aws.create(case.token, case.inputs(aws))
    changed = case.changed(aws, change[0])
    assert aws.changes(known, changed) == change[1]
    aws.update(known, changed)
    assert aws.changes(known, changed) == {}
    assert aws.refresh(known)
    assert aws.changes(known, changed) == {}


@pytest.mark.parametrize(("case", "change"), REPLACED, ids=named)
def test_a_change_that_takes_a_new_one_says_so(aws: Asked, case: Case, change: Change) -> None:
    case.before(aws)
    known = aws.create(case.token, case.inputs(aws))
    compared = aws.compare(known, case.changed(aws, change[0]))
    assert aws.changes(known, case.changed(aws, change[0])) == change[1]
    assert list(compared.replaces) == list(change[1])


@every_type
def test_a_deleted_one_is_gone_and_deleting_it_again_is_no_error(aws: Asked, case: Case) -> None:
    case.before(aws)
    known = aws.create(case.token, case.inputs(aws))
    aws.delete(known)
    if not case.stays:
        aws.delete(known)
        assert not aws.refresh(known)


@every_type
def test_a_property_nobody_knows_is_refused_by_name(aws: Asked, case: Case) -> None:
    case.before(aws)
    failures = aws.failures(case.token, {**case.inputs(aws), "colour": "red"})
    assert list(failures) == ["colour"]
    assert "knows no property 'colour'" in failures["colour"]


@every_type
def test_every_required_property_is_asked_for(aws: Asked, case: Case) -> None:
    required = {name for name, rule in registry.resource(case.token).properties.items() if rule.required}
    failures = aws.failures(case.token, {})
    assert {name for name, reason in failures.items() if reason.startswith("Missing")} == required
