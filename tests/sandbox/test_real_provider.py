"""The stand-in beside the provider that users have: both look at the same resources, change them and take them away.

Terraform's AWS provider runs under Pulumi's bridge (``sandbox/real_provider``). A machine that has no such plugin skips
these tests by name. A difference is a fault of the stand-in, unless ``DIFFERENCES`` says why it is none.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, cast

import pytest

from sandbox import real_provider
from sandbox.folders import cache_folder
from sandbox.provider import registry
from sandbox.provider.service import Service
from tests.sandbox.provider.cases import Case
from tests.sandbox.provider.conftest import Asked, Known
from tests.sandbox.provider.test_types import CASES
from tests.sandbox.real_provider import NOT_IN_VERSION_5, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.local_aws import LocalAws

pytestmark = [pytest.mark.long, pytest.mark.real_provider, pytest.mark.xdist_group("real provider")]

NEWER = "came with version 6 of Terraform's provider"
DIFFERENCES = {
    ("*", "region"): f"the argument {NEWER}",
    ("RolePolicyAttachment", "id"): "version 5 makes one up; version 6 takes role and policy, with a slash between",
    ("Bucket", "bucketRegion"): f"the output {NEWER}",
}
"""Where the two may differ, and why: type and attribute."""


@pytest.fixture(scope="module")
def real_service(shared_local_aws: LocalAws) -> Iterator[Any]:
    plugin = real_provider.find_plugin()
    if plugin is None:
        pytest.skip(f"no {real_provider.NAME} on this machine: set TERRAFORM_PROVIDER_AWS to try the real provider")
    with serving(real_provider.install(cache_folder()), plugin, shared_local_aws.endpoint) as service:
        yield service


class Both:
    """The real provider and the stand-in in one account, which is a new one."""

    def __init__(self, service: Any, endpoint: str) -> None:
        account = f"{random.SystemRandom().randrange(10**11, 10**12)}"
        self.ours = Asked(account, endpoint, Service("7.51.1"))
        self.real = Asked(account, endpoint, service)
        self.ours.configure()
        self.real.configure(skipCredentialsValidation="true", skipMetadataApiCheck="true")

    def make(self, case: Case, maker: str) -> tuple[Asked, Asked, Known]:
        """Let one of the two make a resource: who it was, the other one, and what it made."""
        case.before(self.ours)
        asked, other = (self.ours, self.real) if maker == "ours" else (self.real, self.ours)
        known = asked.create(case.token, case.inputs(self.ours))
        if case.id is not None and known.id == _NO_ID:
            known.id = case.id(self.ours)
        return asked, other, known

    def agree_on(self, case: Case, known: Known) -> None:
        """Both read a resource of which nothing but the id is known, and tell the same."""
        if not case.importable:
            return
        id_ = case.import_id or (case.id(self.ours) if case.id else known.id)
        ours, real = (asked.read(case.token, id_).outputs for asked in (self.ours, self.real))
        kind = registry.resource(case.token)
        told = {*kind.outputs, *(name for name, rule in kind.properties.items() if not rule.kept)}
        differ = {name: (ours.get(name), real.get(name)) for name in told if not may_differ(case, name)}
        assert {name: pair for name, pair in differ.items() if meaning(pair[0]) != meaning(pair[1])} == {}


# What the bridge takes for the id of a type that has none in Terraform.
_NO_ID = "{<nil>}"


@pytest.fixture
def both(real_service: Any, shared_local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Both:
    monkeypatch.setenv("AWS_ENDPOINT_URL", shared_local_aws.endpoint)
    return Both(real_service, shared_local_aws.endpoint)


def may_differ(case: Case, name: str) -> bool:
    return ("*", name) in DIFFERENCES or (str(case), name) in DIFFERENCES


def meaning(value: Any) -> Any:
    """A value without what makes no difference: the order of lists, how a document is written, what is empty."""
    if value in (None, "", [], {}, False, 0):
        return None
    if isinstance(value, str) and value[:1] in ("{", "["):
        return meaning(json.loads(value))
    if isinstance(value, dict):
        fields = {key: meaning(item) for key, item in cast("dict[str, Any]", value).items()}
        return {key: item for key, item in fields.items() if item is not None}
    if isinstance(value, list):
        items = sorted((meaning(item) for item in cast("list[Any]", value)), key=repr)
        return items[0] if len(items) == 1 else items
    return value


def proposed(asked: Asked, known: Known, inputs: dict[str, Any]) -> tuple[set[str], set[str]]:
    """What a provider would change, and what of it takes a new resource."""
    compared = asked.compare(known, inputs)
    changed = {path.partition("[")[0].partition(".")[0] for path in (*compared.diffs, *compared.detailedDiff)}
    return changed - {"tagsAll", "arn", "version", "insecureValue"}, set(compared.replaces)


every_type = pytest.mark.parametrize("case", [case for case in CASES if case.token not in NOT_IN_VERSION_5], ids=str)
by_each = pytest.mark.parametrize("maker", ["ours", "real"])


@by_each
@every_type
def test_one_makes_and_changes_what_both_read_and_the_other_removes(both: Both, case: Case, maker: str) -> None:
    asked, other, known = both.make(case, maker)
    assert proposed(asked, known, case.inputs(both.ours)) == (set(), set())
    both.agree_on(case, known)
    for change, _ in case.in_place:
        inputs = case.changed(both.ours, change)
        asked.update(known, inputs)
        assert proposed(asked, known, inputs) == (set(), set())
        both.agree_on(case, known)
    other.delete(known)
    if not case.stays:
        asked.delete(known)
        assert not asked.refresh(known)


@every_type
def test_both_change_in_place_and_replace_for_the_same(both: Both, case: Case) -> None:
    _, _, ours = both.make(case, "ours")
    wanted = [case.changed(both.ours, change) for change, _ in (*case.in_place, *case.replaced)]
    by_ours = [proposed(both.ours, ours, inputs) for inputs in wanted]
    again = Both(both.real.service, both.real.endpoint)
    _, _, real = again.make(case, "real")
    wanted = [case.changed(again.ours, change) for change, _ in (*case.in_place, *case.replaced)]
    assert by_ours == [proposed(again.real, real, inputs) for inputs in wanted]


def failure(asked: Asked, case: Case, inputs: dict[str, Any]) -> str:
    """The code of AWS's error that a creation ends with; empty when it succeeds."""
    try:
        asked.create(case.token, inputs)
    except Exception as error:
        return next((code for code, words in CODES.items() if any(one in str(error) for one in words)), str(error))
    return ""


CODES = {
    "exists": ("AlreadyExists", "ResourceExists", "AlreadyOwnedByYou"),
    "missing": ("NoSuchEntity", "ResourceNotFound", "NoSuchBucket", "NotFound", "couldn't find resource"),
    "denied": ("AccessDenied", "AuthorizationError"),
}
"""What errors say, in the words of either provider."""


@every_type
def test_both_fail_alike_where_what_it_needs_is_not_there(both: Both, case: Case) -> None:
    said: set[str] = set()
    for asked in (Both(both.real.service, both.real.endpoint).ours, both.real):
        both.real.configure(skipCredentialsValidation="true", skipMetadataApiCheck="true")
        elsewhere = Asked(f"{random.SystemRandom().randrange(10**11, 10**12)}", asked.endpoint, Service("7.51.1"))
        case.before(elsewhere)
        said.add(failure(asked, case, case.inputs(elsewhere)))
    assert len(said) == 1


@every_type
def test_both_fail_alike_where_it_is_there_already(both: Both, case: Case) -> None:
    _, _, known = both.make(case, "ours")
    by_ours = failure(both.ours, case, known.inputs)
    again = Both(both.real.service, both.real.endpoint)
    _, _, known = again.make(case, "ours")
    assert failure(again.real, case, known.inputs) == by_ours
