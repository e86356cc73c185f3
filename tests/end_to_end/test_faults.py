"""What comes of each resource when AWS fails in the middle: nothing unsaid, nothing lost, the next `up` mends or says.

One stack has a component for each resource and each moment of failure: a deployment meets all faults of a kind.
What came of each is written into docs/faults.md with UPDATE_DOCS=1.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.fault_cases import OTHER_ACCOUNT, REGION, RESOURCES, Resource, written
from tests.end_to_end.hand_cases import ACTS, Hand
from tests.support.faults import Fault, FaultyAws, When, faulty_aws, through

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.sandboxes import Finished, Sandbox

PROGRAM = Path(__file__).parent / "programs" / "components"
CHANGES = {"create", "update", "delete", "replace", "create-replacement", "delete-replaced"}

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

MENDS, ADOPT, IMPORT, NAMED, REFRESH = "mended", "adopt", "import", "named", "refresh"
MEANINGS = {
    MENDS: "the next `pulumi up` mends it, or goes on where the failed one ended.",
    ADOPT: "the next `pulumi up` says to set `adopt` for one deployment, which takes in what was made.",
    IMPORT: "the next `pulumi up` says which `pulumi import` takes in what was made.",
    NAMED: "the next `pulumi up` makes another one, says which is nobody's, and how to delete it.",
    REFRESH: "the failed deployment says to go back with `pulumi up --refresh`, which mends it; without, it may not.",
}
REFRESHED, UNSEEN, DESTROYED = "seen", "unseen", "gone"
MEANINGS_BY_HAND = {
    REFRESHED: "`pulumi preview --refresh` shows it, and `pulumi up --refresh` brings back what is declared.",
    UNSEEN: "no deployment sees it, `--refresh` or not. A value that somebody has written into the secret stays until\n"
    "  another key is handed out; `aws secretsmanager get-secret-value` shows which key jobs get.",
    DESTROYED: "the call that deletes it fails in `pulumi destroy`, before or after it took effect: the next\n"
    "  `pulumi destroy` deletes it, and nothing is left in AWS.",
}
HEADING = """\
# When AWS fails in the middle

For each resource that the components make, what comes of it when the call that makes, changes or deletes it fails.
Written from real runs by `tests/end_to_end/test_faults.py`, which makes each of these calls fail: *before* it took
effect (AWS denies it), and *after* (AWS does what it was asked, and the answer is lost). Then the stack is deployed
again, *on* to what was wanted or *back* to what was there. After each of these, AWS is as declared, and nothing that
was deleted is left. The failed deployment itself names what may have been made, changed or deleted all the same.

{meanings}
- A dash: there is no such call, or it was not made to fail.

Somebody may change or delete by hand what a stack has made; and a `pulumi destroy` may break off:

{by_hand}
- A dash: it was not tried, or there is no such call.

The advice comes from the components' program. Where that does not run, in `pulumi destroy`, or where the last of the
components is taken out of the program, only AWS's own error is shown. What to do is the same: deploy or destroy again;
to go back, deploy with `--refresh`.
"""
STAGES = {
    "made": "made",
    "changed_and_on": "changed, then on",
    "changed_and_back": "changed, then back",
    "deleted_and_on": "deleted, then on",
    "deleted_and_back": "deleted, then back",
}
GROUPS = {
    "Users, groups and keys": [resource for resource in RESOURCES if resource.section == "users"],
    "Roles, providers, watches and trails": [
        resource for resource in RESOURCES if resource.section not in ("users", "identities")
    ],
    "A role in another account than its user": [resource for resource in RESOURCES if resource.section == "identities"],
}

BY_HAND = {
    f"By hand, and destroyed: {title[0].lower()}{title[1:]}": resources
    for title, resources in GROUPS.items()
    if "another account" not in title
}

DEPENDED_ON = ("iam.User", "iam.Group", "iam.Role", "iam.Policy", "secretsmanager.Secret")
"""Resources whose outputs others take, or the outputs of those that wait for them."""

Outcomes = dict["tuple[str, When]", str]
"""What came of a resource, by its type and by when the call failed."""

Changes = dict[str, "dict[str, Any] | None"]
"""What is changed of the arguments of each case, by its name; None for a case that is left out."""


@dataclass(frozen=True, eq=False)
class Case:
    """A component in which one resource meets faults."""

    resource: Resource
    when: When
    name: str


def cases(resources: Iterable[Resource], moments: Iterable[When] = When) -> list[Case]:
    # No identifier of AWS's own, made of hexadecimal digits, has such a name in it.
    return [
        Case(resource, when, f"x{RESOURCES.index(resource):02}{when.name[0].lower()}")
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
        self.stack = through(faulty, _reaching_the_other_account(sandbox)).stack(
            PROGRAM, settings={"aws:region": REGION}
        )
        for case in cases:
            if case.resource.section == "watches":
                sandbox.client("sqs", region=REGION).create_queue(QueueName=case.name)
        key = sandbox.client("kms", region=REGION).create_key()["KeyMetadata"]["KeyId"]
        sandbox.client("kms", region=REGION).create_alias(AliasName="alias/keys", TargetKeyId=key)

    def declare(self, changes: Changes) -> None:
        """Declares the cases: their changed arguments by name; None leaves a case out."""
        sections: dict[str, dict[str, Any]] = {case.resource.section: {} for case in self.cases}
        # As long as the program makes one component, the components' advice is heard about those it no longer makes.
        sections.setdefault("users", {})["kept"] = written(RESOURCES[0].args, "kept", self.sandbox.account)
        for case in self.cases:
            change = changes[case.name]
            if change is not None:
                args = {**case.resource.args, **change}
                sections[case.resource.section][case.name] = written(args, case.name, self.sandbox.account)
        self.stack.configure({f"components:{section}": declared for section, declared in sections.items()})

    def fails(self, call: str, target: Changes, moments: Iterable[When] = When) -> list[Case]:
        """Deployments from what is there to a target, in which one call of each case fails.

        Where others need outputs of the resource that fails, the engine goes on with nothing else: each has its own.
        """
        hit = [case for case in self.cases if self.call(case, call) and case.when in moments]
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

    def plain(self) -> Changes:
        """What is declared when no case has changed anything."""
        return {case.name: {} for case in self.cases}

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

    def by_hand(self, place: int) -> dict[str, str]:
        """What comes of a change (0) or of a deletion (1) by hand, by the type of the resource."""
        found: dict[str, str] = {}
        touched = {case.name: (case, act) for case in self.cases if (act := ACTS[case.resource.type][place])}
        for name, (_, act) in touched.items():
            act(Hand(self.sandbox, name))
        unsaid = set(touched) - self.differing()
        self.succeeds(self.plain(), "--refresh")
        assert self.differing() == set()
        for name, (case, _) in touched.items():
            found[case.resource.type] = UNSEEN if name in unsaid else REFRESHED
        return found

    def destroyed(self) -> dict[str, str]:
        """What comes of `pulumi destroy` where the call that deletes fails, and of the next one."""
        hit = [case for case in self.cases if self.call(case, "delete")]
        self.faulty.faults[:] = [Fault(self.call(case, "delete") or "", case.name, case.when) for case in hit]
        broken = self.stack.destroy("--continue-on-error")
        missed = [f"{fault.about}: {fault.operation}" for fault in self.faulty.faults if not fault.seen]
        self.faulty.faults.clear()
        assert not broken.succeeded, broken.output
        assert missed == [], broken.output
        again = self.stack.destroy()
        assert again.succeeded, again.output
        assert self.left() == set()
        return {case.resource.type: DESTROYED for case in hit}

    def made(self) -> Outcomes:
        hit = self.fails("create", {case.name: {} for case in self.cases})
        for case in hit:
            assert case.when is When.BEFORE or self.said(case, "may be made all the same"), case
        alone = [case for case in self.cases if case.resource.type in DEPENDED_ON and case.when is When.AFTER]
        outcomes = Outcomes()
        declared: Changes = dict.fromkeys(self.current)
        for group in ([case for case in self.cases if case not in alone], *([case] for case in alone)):
            declared |= {case.name: {} for case in group}
            self.declare(declared)
            self.reports = [self.stack.up("--continue-on-error")]
            failed = self._failed()
            for case in [case for case in group if case in hit]:
                outcome = self._told(case) if case.name in failed or self.said(case, "did not make") else MENDS
                outcomes[case.resource.type, case.when] = outcome
                declared[case.name] = {"adopt": case.resource.adopt} if outcome == ADOPT else {}
        self.succeeds(declared)
        self.succeeds(self.plain())
        assert self.differing() == set()
        return outcomes

    def _told(self, case: Case) -> str:
        """Does what was said about something that this stack did not make."""
        if self.said(case, "set adopt for one deployment"):
            return ADOPT
        diagnostics = "".join(finished.diagnostics for finished in self.reports)
        key = re.search(rf"delete-access-key --user-name {case.name} --access-key-id (\w+)", diagnostics)
        if key:
            self.sandbox.client("iam").delete_access_key(UserName=case.name, AccessKeyId=key[1])
            return NAMED
        self._import_as_told(case)
        return IMPORT

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

    def changed_and_on(self) -> Outcomes:
        target = self.each("changed")
        hit = self.fails("update", target)
        self.succeeds(target)
        assert self.differing() == set()
        return {(case.resource.type, case.when): MENDS for case in hit}

    def changed_and_back(self) -> Outcomes:
        # A change that was denied has changed nothing.
        hit = self.fails("update", self.each("again"), [When.AFTER])
        before = self.current
        self.succeeds(before)
        unsaid = self.differing()
        for case in hit:
            assert self.said(case, "deploy with --refresh"), case
        self.succeeds(before, "--refresh")
        assert self.differing() == set()
        return {(case.resource.type, case.when): REFRESH if case.name in unsaid else MENDS for case in hit}

    def deleted(self) -> tuple[Outcomes, Outcomes]:
        """What comes of going on, and of going back: one moment of failure goes on while the other goes back."""
        on, back = Outcomes(), Outcomes()
        for forth in When:
            self.succeeds(self.plain())
            hit = self.fails("delete", dict.fromkeys(self.current))
            target: Changes = {case.name: None if case.when is forth else {} for case in self.cases}
            lost = forth is When.BEFORE
            self.succeeds(target, *(["--refresh"] if lost else []))
            assert self.differing() == set()
            assert self.left() == {name for name, declared in target.items() if declared is not None}
            for case in hit:
                assert case.when is When.BEFORE or self.said(case, "deploy with --refresh"), case
                outcomes, outcome = (on, MENDS) if case.when is forth else (back, REFRESH if lost else MENDS)
                outcomes[case.resource.type, case.when] = outcome
        return on, back

    def left(self) -> set[str]:
        """The cases of which AWS has something."""
        iam, here = self.sandbox.client("iam"), REGION
        there = [
            iam.list_users(), iam.list_groups(), iam.list_roles(), iam.list_policies(Scope="Local"),
            iam.list_open_id_connect_providers(),
            self.sandbox.client("secretsmanager", region=here).list_secrets(),
            self.sandbox.client("ssm", region=here).describe_parameters(),
            self.sandbox.client("sns", region=here).list_topics(),
            self.sandbox.client("events", region=here).list_rules(),
            self.sandbox.client("s3", region=here).list_buckets(),
            self.sandbox.client("cloudtrail", region=here).describe_trails(),
            self.sandbox.client("iam", (OTHER_ACCOUNT, self.sandbox.variables["AWS_SECRET_ACCESS_KEY"])).list_roles(),
        ]  # fmt: skip
        text = json.dumps(there, default=str)
        return {case.name for case in self.cases if case.name in text}


def _reaching_the_other_account(sandbox: Sandbox) -> Sandbox:
    config, credentials = sandbox.folder / "config", sandbox.folder / "credentials"
    config.write_text(f"[profile other]\nregion = {REGION}\n")
    secret = sandbox.variables["AWS_SECRET_ACCESS_KEY"]
    credentials.write_text(f"[other]\naws_access_key_id = {OTHER_ACCOUNT}\naws_secret_access_key = {secret}\n")
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    return replace(sandbox, variables={**sandbox.variables, **files})


def _failures(reports: Iterable[Finished]) -> list[str]:
    """The URNs of resources that have failed in deployments."""
    events = [event for finished in reports for event in finished.events]
    return [event["resOpFailedEvent"]["metadata"]["urn"] for event in events if "resOpFailedEvent" in event]


@pytest.fixture
def faulty(sandbox: Sandbox) -> Iterator[FaultyAws]:
    with faulty_aws(sandbox) as faulty:
        yield faulty


def table(outcomes: dict[str, Outcomes], resources: list[Resource]) -> str:
    """What came of resources, as a table."""
    lines = [f"| resource | call fails | {' | '.join(STAGES.values())} |", "|---" * (len(STAGES) + 2) + "|"]
    for resource in resources:
        for when in When:
            cells = [outcomes[stage].get((resource.type, when), "-") for stage in STAGES]
            lines.append(f"| {resource.type} | {when.name.lower()} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def heading() -> str:
    """The page before its tables."""

    def listed(meanings: dict[str, str]) -> str:
        return "\n".join(f"- **{outcome}**: {meaning}" for outcome, meaning in meanings.items())

    return HEADING.format(meanings=listed(MEANINGS), by_hand=listed(MEANINGS_BY_HAND))


def assert_on_the_page(section: str, written: str) -> None:
    """Compares a table with the page's; with UPDATE_DOCS it is written there."""
    parts = (PAGE.read_text() if PAGE.exists() else "").split("\n## ")[1:]
    sections = {part.split("\n")[0]: part.partition("\n\n")[2] for part in parts}
    if os.environ.get("UPDATE_DOCS"):
        sections[section] = written
        tables = [f"## {title}\n\n{sections[title]}" for title in (*GROUPS, *BY_HAND) if title in sections]
        PAGE.write_text("\n".join([heading(), *tables]))
    assert sections.get(section) == written, "run this test with UPDATE_DOCS=1 and read what changed"


def test_the_page_says_what_the_outcomes_mean() -> None:
    head, *sections = PAGE.read_text().split("\n## ")

    assert head == heading(), "run the tests of this module with UPDATE_DOCS=1 and -m long"
    assert [section.split("\n")[0] for section in sections] == [*GROUPS, *BY_HAND]


@pytest.mark.long
@pytest.mark.parametrize("group", GROUPS)
def test_the_page_says_what_comes_of_each_resource(faulty: FaultyAws, sandbox: Sandbox, group: str) -> None:
    bench = Bench(faulty, sandbox, cases(GROUPS[group]))

    # Nothing unsaid, nothing lost: that is asserted on the way.
    outcomes = {stage: getattr(bench, stage)() for stage in ("made", "changed_and_on", "changed_and_back")}
    outcomes["deleted_and_on"], outcomes["deleted_and_back"] = bench.deleted()

    assert_on_the_page(group, table(outcomes, GROUPS[group]))


@pytest.mark.long
@pytest.mark.parametrize("section", BY_HAND)
def test_the_page_says_what_comes_of_a_change_by_hand_and_of_a_destroy_that_breaks_off(
    faulty: FaultyAws, sandbox: Sandbox, section: str
) -> None:
    bench = Bench(faulty, sandbox, cases(BY_HAND[section]))
    bench.succeeds(bench.plain())

    changed, deleted = bench.by_hand(0), bench.by_hand(1)
    destroyed = bench.destroyed()

    lines = ["| resource | changed by hand | deleted by hand | destroyed |", "|---|---|---|---|"]
    for resource in BY_HAND[section]:
        cells = [outcome.get(resource.type, "-") for outcome in (changed, deleted, destroyed)]
        lines.append(f"| {resource.type} | {' | '.join(cells)} |")
    assert_on_the_page(section, "\n".join(lines) + "\n")


def test_what_was_deleted_though_the_answer_was_lost_is_made_again(faulty: FaultyAws, sandbox: Sandbox) -> None:
    # Of an identity, the user would stay as long as its role is in the state.
    chosen = [one for one in RESOURCES if (one.section, one.type) in (("users", "iam.User"), ("roles", "iam.Role"))]
    bench = Bench(faulty, sandbox, cases(chosen, [When.AFTER]))
    bench.succeeds(bench.plain())

    hit = bench.fails("delete", dict.fromkeys(bench.current))

    assert bench.left() == set()
    assert all(bench.said(case, "deploy with --refresh") for case in hit)
    bench.succeeds(bench.current, "--refresh")
    assert bench.left() == {case.name for case in hit}
