"""What comes of each resource when AWS fails in the middle: nothing unsaid, nothing lost, the next `up` mends or says.

One stack has a component for each resource and each moment of failure: a deployment meets all faults of a kind.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.fault_cases import REGION, RESOURCES, Resource, written
from tests.support.faults import Fault, FaultyAws, When, faulty_aws, through

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.sandboxes import Finished, Sandbox

PROGRAM = Path(__file__).parent / "programs" / "components"
CHANGES = {"create", "update", "delete", "replace", "create-replacement", "delete-replaced"}

MENDS = "the next `up` mends it"
ADOPT = "the next `up` says to set `adopt`, which takes it in"
IMPORT = "the next `up` says which `pulumi import` takes it in"
NAMED = "the next `up` makes another one, and says which is nobody's and how to delete it"
REFRESH = "the failed `up` says to go back with `--refresh`, which mends it"

DEPENDED_ON = ("iam.User", "iam.Group", "iam.Role", "iam.Policy", "secretsmanager.Secret")
"""Resources whose outputs others take, or the outputs of those that wait for them."""

Changes = dict[str, "dict[str, Any] | None"]
"""What is changed of the arguments of each case, by its name; None for a case that is left out."""


@dataclass(frozen=True, eq=False)
class Case:
    """A component in which one resource meets faults."""

    resource: Resource
    when: When
    name: str


def cases(resources: Iterable[Resource], moments: Iterable[When] = When) -> list[Case]:
    return [
        Case(resource, when, f"f{RESOURCES.index(resource):02}{when.name[0].lower()}")
        for resource in resources
        for when in moments
    ]


class Bench:
    """A stack of such components, and what came of each case, by what was done."""

    def __init__(self, faulty: FaultyAws, sandbox: Sandbox, cases: list[Case]) -> None:
        self.faulty = faulty
        self.sandbox = sandbox
        self.cases = cases
        self.current: Changes = dict.fromkeys(case.name for case in cases)
        self.reports: list[Finished] = []
        self.stack = through(faulty, sandbox).stack(PROGRAM, settings={"aws:region": REGION})
        for case in cases:
            if case.resource.section == "watches":
                sandbox.client("sqs", region=REGION).create_queue(QueueName=case.name)
        key = sandbox.client("kms", region=REGION).create_key()["KeyMetadata"]["KeyId"]
        sandbox.client("kms", region=REGION).create_alias(AliasName="alias/keys", TargetKeyId=key)

    def declare(self, changes: Changes) -> None:
        """Declares the cases: their changed arguments by name; None leaves a case out."""
        sections: dict[str, dict[str, Any]] = {case.resource.section: {} for case in self.cases}
        for case in self.cases:
            change = changes[case.name]
            if change is not None:
                args = {**case.resource.args, **change}
                sections[case.resource.section][case.name] = written(args, case.name, self.sandbox.account)
        self.stack.configure({f"components:{section}": declared for section, declared in sections.items()})

    def fails(self, call: str, target: Changes) -> list[Case]:
        """Deployments from what is there to a target, in which one call of each case fails.

        Where others need outputs of the resource that fails, the engine goes on with nothing else: each has its own.
        """
        hit = [case for case in self.cases if self.call(case, call)]
        alone = [case for case in hit if case.resource.type in DEPENDED_ON] if call != "delete" else []
        together = [case for case in hit if case not in alone]
        self.reports = []
        for case in alone:
            self._fail([case], call, {**self.current, case.name: target[case.name]})
        if together:
            rest = {name: change for name, change in target.items() if name not in {case.name for case in alone}}
            self._fail(together, call, {**self.current, **rest})
        return hit

    def _fail(self, cases: list[Case], call: str, changes: Changes) -> None:
        faults = [Fault(self.call(case, call) or "", case.name, case.when) for case in cases]
        self.faulty.faults[:] = faults
        self.declare(changes)
        finished = self.stack.up("--continue-on-error")
        self.faulty.faults.clear()
        assert not finished.succeeded, finished.output
        missed = [f"{fault.about}: {fault.operation}" for fault in faults if not fault.seen]
        assert missed == [], finished.output
        self.reports.append(finished)

    def succeeds(self, changes: Changes, *options: str) -> Finished:
        """A deployment without faults."""
        self.declare(changes)
        self.current = changes
        finished = self.stack.up(*options)
        assert finished.succeeded, finished.output
        return finished

    def each(self, part: str) -> Changes:
        """What is declared when every case has that part of its arguments."""
        return {case.name: dict(getattr(case.resource, part)) for case in self.cases}

    def call(self, case: Case, call: str) -> str | None:
        return getattr(case.resource, call)

    def differing(self) -> set[str]:
        """The cases in which AWS is not as declared, and nothing would say so without a look at AWS."""
        previewed = self.stack.preview("--refresh")
        assert previewed.succeeded, previewed.output
        return self._of(urn for urn, operation in previewed.operations.items() if operation in CHANGES)

    def _failed(self) -> set[str]:
        """The cases in which a resource has failed in the deployments that were run last."""
        return self._of(_failures(self.reports))

    def _of(self, urns: Iterable[str]) -> set[str]:
        names = {urn.rpartition("::")[2][:4] for urn in urns}
        return {case.name for case in self.cases} & names

    def said(self, case: Case, text: str) -> bool:
        """Whether a message about a case says something, of the deployments that have failed last."""
        events = [event for finished in self.reports for event in finished.events]
        messages = [event["diagnosticEvent"]["message"] for event in events if "diagnosticEvent" in event]
        return any(case.name in message and text in message for message in messages)

    # What is done with all cases, and what came of each.

    def made(self) -> dict[str, str]:
        hit = self.fails("create", {case.name: {} for case in self.cases})
        outcomes = dict[str, str]()
        alone = [case for case in self.cases if case.resource.type in DEPENDED_ON]
        together = [case for case in self.cases if case not in alone]
        declared: Changes = dict.fromkeys(self.current)
        for group in (together, *([case] for case in alone)):
            declared |= {case.name: {} for case in group}
            self.declare(declared)
            self.reports = [self.stack.up("--continue-on-error")]
            failed, adopted = self._failed(), dict[str, dict[str, Any]]()
            for case in [case for case in group if case in hit]:
                if case.name not in failed:
                    outcomes[case.name] = NAMED if self.said(case, "which this stack did not make") else MENDS
                elif self.said(case, "set adopt for one deployment"):
                    outcomes[case.name], adopted[case.name] = ADOPT, {"adopt": True}
                else:
                    outcomes[case.name] = IMPORT
                    self._import_as_told(case)
            self.succeeds({**declared, **adopted})
            self.succeeds(declared)
        assert self.differing() == set()
        return outcomes

    def _import_as_told(self, case: Case) -> None:
        diagnostics = "".join(finished.diagnostics for finished in self.reports)
        told = re.search(rf"pulumi (import \S+ {case.name}\S* .*? --parent p=\S+ --protect=false)", diagnostics)
        assert told, f"{case.resource.type}: {diagnostics}"
        command = told[1]
        if "$(aws secretsmanager" in command:
            arn = self.sandbox.client("secretsmanager", region=REGION).describe_secret(SecretId=case.name)["ARN"]
            command = re.sub(r'"\$\(.*?\)"', arn, command)
        taken = self.stack.pulumi(*shlex.split(command), "--yes", "--generate-code=false")
        assert taken.succeeded, taken.output

    def changed_and_on(self) -> dict[str, str]:
        target = self.each("changed")
        hit = self.fails("update", target)
        self.succeeds(target)
        assert self.differing() == set()
        return {case.name: MENDS for case in hit}

    def changed_and_back(self) -> dict[str, str]:
        return self._back(self.fails("update", self.each("again")))

    def _back(self, hit: list[Case]) -> dict[str, str]:
        before = self.current
        self.declare(before)
        second = self.stack.up("--continue-on-error")
        unsaid = self._of(_failures([second])) if not second.succeeded else self.differing()
        for case in hit:
            assert case.name not in unsaid or self.said(case, "deploy with --refresh"), case
        self.succeeds(before, "--refresh")
        assert self.differing() == set()
        return {case.name: REFRESH if case.name in unsaid else MENDS for case in hit}


def _failures(reports: Iterable[Finished]) -> list[str]:
    """The URNs of resources that have failed in deployments."""
    events = [event for finished in reports for event in finished.events]
    return [event["resOpFailedEvent"]["metadata"]["urn"] for event in events if "resOpFailedEvent" in event]


@pytest.fixture
def faulty(sandbox: Sandbox) -> Iterator[FaultyAws]:
    with faulty_aws(sandbox) as faulty:
        yield faulty


@pytest.mark.long
def test_every_resource_is_made_and_changed_after_a_fault_or_says_how(faulty: FaultyAws, sandbox: Sandbox) -> None:
    bench = Bench(faulty, sandbox, cases(RESOURCES))

    # What comes of each is asserted on the way: nothing unsaid, nothing lost.
    made, on, back = bench.made(), bench.changed_and_on(), bench.changed_and_back()

    assert set(made.values()) == {MENDS, ADOPT, IMPORT, NAMED}
    assert {*on.values(), *back.values()} == {MENDS, REFRESH}
