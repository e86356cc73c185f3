"""Edges over services: a role passed to what runs code of the caller, and code put where a role runs already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from iam_guardrails.evaluation import Policy
from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.questions import in_force
from iam_guardrails.model.values import Identity, Runner
from iam_guardrails.reach.actor import NO_TARGET, Actor, Answer, Context, Target, tags_of
from iam_guardrails.reach.direct import about, edge
from iam_guardrails.reach.objects import some_object
from iam_guardrails.reach.scene import Scene
from iam_guardrails.reach.values import Because, Certainty, Edge, How
from iam_guardrails.reach.ways import Way, is_making, kind_in_inventory, spelled, ways
from iam_guardrails.reasoning.escalation_table import paths_within
from iam_guardrails.reasoning.permissions import RequiredPermission

_NOTHING = Answer(Certainty.CERTAIN, ())


class Running:
    """What runs in an account, and who can have code of its own run there.

    Args:
        scene: the account.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @cached_property
    def _runners(self) -> dict[str, list[Runner]]:
        """What runs in the account, by the kind that an inventory gives it."""
        found: dict[str, list[Runner]] = {}
        for one in self._scene.model.runners:
            if _account_of(one) in ("", self._scene.account):
                found.setdefault(kind_in_inventory(one.kind), []).append(one)
        return found

    def edges(self, actor: Actor) -> Iterator[Edge]:
        """The edges from one identity to roles of its account that services run with."""
        passed: dict[tuple[Identity, str], Answer | None] = {}
        for path in paths_within(actor.actions):
            way = ways().get(path.id)
            if way is None:
                continue
            if way.passes is not None:
                yield from self._passing(actor, way, passed)
            else:
                yield from self._putting(actor, way)

    # --- a role is passed ---------------------------------------------------------------------------------------------

    def _passing(self, actor: Actor, way: Way, passed: dict[tuple[Identity, str], Answer | None]) -> Iterator[Edge]:
        roles = set(self._scene.named(actor, "iam:PassRole", self._scene.own_roles, "own roles"))
        served = [(role, service, one) for service in way.services for role, one in self._scene.run_by(service)]
        served = [one for one in served if one[0] in roles]
        answers = self._needs(actor, way) if served else None
        if answers is None:
            return
        for role, service, trusted in served:
            if (role, service) not in passed:
                passed[role, service] = self._passes(actor, role, service)
            answer = passed[role, service]
            if answer is not None and role is not actor.identity:
                arn = role.stand_in(self._scene.account)
                yield edge(actor, arn, How.PASS, way.path.id, answer, *answers, trusted, facts=_facts(way))

    def _passes(self, actor: Actor, role: Identity, service: str) -> Answer | None:
        context, absent = about(self._scene, role)
        passed: Context = {**context, "iam:passedtoservice": (service,)}
        return actor.may("iam:PassRole", role.stand_in(self._scene.account), passed, absent=absent)

    def _needs(self, actor: Actor, way: Way) -> list[Answer] | None:
        """The permissions of a way beside the passed role, on what is made or is there; None where one is missing."""
        answers = [_condition(way.condition)] if way.condition else []
        beside = self._beside(actor, way)
        if beside is None:
            return None
        answers.append(beside)
        made = {kind for kind, action in way.beside if self._makes(actor, action)}
        if made.issuperset(way.runs):
            found = self._on_any(actor, way.needs)
            return None if found is None else [*answers, *found]
        if not self._scene.model.lists_all(way.runs[0], self._scene.account):
            found = self._on_any(actor, way.needs)
            if found is None:
                return None
            known = any(self._on(actor, way, one) is not None for one in self._of_kinds(way.runs))
            return [*answers, *found] if known else [*answers, *found, _inventory(way.runs)]
        for runner in self._of_kinds(way.runs):
            on_it = self._on(actor, way, runner)
            if on_it is not None:
                return [*answers, *on_it, _there(runner)]
        return None

    def _beside(self, actor: Actor, way: Way) -> Answer | None:
        """What a way takes beside permissions: an object that is there, or that the caller can make."""
        for kind, action in way.beside:
            if any(True for _ in self._of_kinds((kind,))) or self._makes(actor, action):
                continue
            if self._scene.model.lists_all(kind, self._scene.account):
                return None
            return _inventory((kind,))
        return _NOTHING

    def _makes(self, actor: Actor, action: str) -> bool:
        """Whether the caller may make an object of the kind that an action makes."""
        return bool(actor.allows(action)) and self._on_any(actor, (RequiredPermission(action, ("*",)),)) is not None

    # --- code is put where a role runs --------------------------------------------------------------------------------

    def _putting(self, actor: Actor, way: Way) -> Iterator[Edge]:
        scene = self._scene
        for runner in self._of_kinds(way.runs):
            role = runner.role
            if role is None or role is actor.identity or role.account not in ("", scene.account):
                continue
            answers = self._on(actor, way, runner)
            if answers is not None:
                answers += [_exec(runner)] if way.path.id == "ecs-execute-command" else []
                facts = (*_facts(way), *_there(runner).because)
                yield edge(actor, role.stand_in(scene.account), How.CODE, way.path.id, *answers, facts=facts)
        if any(scene.model.lists_all(kind, scene.account) for kind in way.runs):
            return
        answers = self._on_any(actor, way.needs)
        if answers is None:
            return
        for role in dict.fromkeys(role for service in way.services for role, _ in scene.run_by(service)):
            if role is not actor.identity:
                arn = role.stand_in(scene.account)
                missing = _inventory(way.runs)
                yield edge(actor, arn, How.CODE, way.path.id, *answers, missing, facts=_facts(way))

    def _of_kinds(self, kinds: Iterable[str]) -> Iterator[Runner]:
        return (runner for kind in kinds for runner in self._runners.get(kind, ()))

    def _on(self, actor: Actor, way: Way, runner: Runner) -> list[Answer] | None:
        """The permissions of a way on something that runs; None where one is missing."""
        kind = kind_in_inventory(runner.kind)
        if (
            kind == "ecs:service"
            and runner.details.get("exec_enabled") is False
            and way.path.id == "ecs-execute-command"
        ):
            return None
        found: list[Answer] = []
        others: list[RequiredPermission] = []
        for need in way.needs:
            if not any(kind_in_inventory(one) in (kind, *_holders(kind)) for one in need.kinds):
                others.append(need)
                continue
            answer = self._asked(actor, need, runner)
            if answer is None:
                return None
            found.append(answer)
        rest = self._on_any(actor, others)
        if rest is None:
            return None
        led = _condition(f"what it may change leads to the {runner.kind} {runner.arn or runner.name}")
        return [*found, *rest, led] if kind in way.indirect and not found else [*found, *rest]

    def _asked(self, actor: Actor, need: RequiredPermission, runner: Runner) -> Answer | None:
        service = need.action.partition(":")[0]
        prefixes = ("aws:resourcetag/", f"{service}:resourcetag/", "ec2:resourcetag/", "ssm:resourcetag/")
        context, absent = tags_of(runner.tags, *prefixes)
        target = self._policy_of(runner)
        for arn in _arns_of(runner):
            answer = actor.may(need.name or need.action, arn, context, absent=absent, target=target)
            if answer is not None:
                return answer
        return None

    def _policy_of(self, runner: Runner) -> Target:
        for one in self._scene.model.resource_policies:
            if one.arn and one.arn == runner.arn:
                document = in_force(one.document, DocumentKind.RESOURCE)
                written = one.document.content if document.problems else document
                policy = Policy("resource policy", written)
                return Target(None, policy, self._scene.rcps, self._scene.account, one.arn, one.document)
        return NO_TARGET

    # --- what is made, or is there in any case ------------------------------------------------------------------------

    def _on_any(self, actor: Actor, needs: Sequence[RequiredPermission]) -> list[Answer] | None:
        """The permissions on some object, those of one kind on the same; None where one is missing."""
        answers: list[Answer] = []
        groups: dict[tuple[str, ...], list[RequiredPermission]] = {}
        for need in needs:
            groups.setdefault(need.kinds, []).append(need)
        for kinds, group in groups.items():
            found = _on_one(actor, group, kinds)
            if found is None:
                return None
            answers += found
        return answers


def _on_one(actor: Actor, group: Sequence[RequiredPermission], kinds: Sequence[str]) -> list[Answer] | None:
    """Permissions on one object, if there can be one by Allows without conditions, on that."""
    for plainly in (True, False):
        arn = some_object(actor, [one.action for one in group], kinds, plainly=plainly)
        if arn is None:
            continue
        answers = [actor.may(one.name or one.action, arn, absent=_absent(one.action)) for one in group]
        given = [one for one in answers if one is not None]
        if len(given) == len(answers):
            return given
    return None


def _absent(action: str) -> tuple[str, ...]:
    """The condition keys that a request lacks which makes an object: it has no tags yet."""
    return ("aws:resourcetag/",) if is_making(action) else ()


def _facts(way: Way) -> tuple[Because, ...]:
    return (Because(f"{way.path.title}: {way.path.gain}"),)


def _condition(said: str) -> Answer:
    return Answer(Certainty.CONDITION, (), (said,))


def _inventory(kinds: Sequence[str]) -> Answer:
    return Answer(Certainty.INVENTORY, (), (f"whether there is a {' or '.join(map(spelled, kinds))} is not known",))


def _there(runner: Runner) -> Answer:
    words = f"the {runner.kind} {runner.arn or runner.name or runner.key} is there"
    if runner.role is not None:
        words += f" and runs with {runner.role.label}"
    return Answer(Certainty.CERTAIN, (Because(words, location=runner.location),))


def _exec(runner: Runner) -> Answer:
    """Whether commands can be run in the containers of a service."""
    if runner.details.get("exec_enabled") is True:
        return _NOTHING
    return _condition(f"ECS Exec is on for {runner.arn or runner.name}")


def _holders(kind: str) -> tuple[str, ...]:
    """The kinds of what an object stands in, a permission on which is as good."""
    return ("ecs:cluster",) if kind == "ecs:service" else ()


def _arns_of(runner: Runner) -> Iterator[str]:
    """The ARN of something that runs, and of what it is made of or stands in."""
    yield runner.arn or "*"
    if kind_in_inventory(runner.kind) == "ecs:service" and ":service/" in runner.arn:
        head, _, rest = runner.arn.partition(":service/")
        cluster = rest.partition("/")[0]
        yield f"{head}:cluster/{cluster}"
        yield f"{head}:task/{cluster}/00000000000000000000000000000000"


def _account_of(runner: Runner) -> str:
    parts = runner.arn.split(":")
    return runner.account or (parts[4] if len(parts) > 4 else "")


def merged(edges: Iterable[Edge]) -> Iterator[Edge]:
    """Of several edges between two identities of one kind, the one that takes least.

    A statement of it opens the edge alone only if every other edge takes it, too.
    """
    groups: dict[tuple[str, str, How], list[Edge]] = {}
    for one in edges:
        groups.setdefault((one.source, one.target, one.how), []).append(one)
    for group in groups.values():
        kept = min(group, key=lambda one: (one.certainty.rank, len(one.because), one.way))
        places = [{each.place for each in one.because if each.is_statement} for one in group]
        reasons = tuple(
            replace(one, alone=one.alone and all(one.place in each for each in places)) for one in kept.because
        )
        yield replace(kept, because=reasons)
