"""The data of the HTML report: the audit's, with what is said many times (reasons, documents) said once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from iam_guardrails.reports.page_documents import Documents
from iam_guardrails.sources.values import items, members, text

MOST_LISTED = 5_000
"""Up to so many identities are all listed; of more, those that have an edge, a finding or administrator's rights."""
MOST_EDGES = 40_000
"""Of more edges, those of the audit's paths and the first of the others; the report says how many are left out."""
MOST_PATHS = 5_000
_MOST_TEXT = 8_000_000
"""Characters of policy documents beyond which reasons have words alone."""
_SURE = {"certain": "certain", "needs inventory": "inventory"}

Value = Mapping[str, object]


def page_data(audit: Value) -> dict[str, object]:
    """What the page shows.

    Args:
        audit: the audit as its report in JSON has it.

    Raises:
        ValueError: what is given has no members of an audit's report.
    """
    missing = [name for name in ("identities", "edges", "paths", "findings") if name not in audit]
    if missing:
        raise ValueError(f"the audit has no {' and no '.join(missing)}: give what audit --format json writes")
    return _Page(audit).data()


def name_of(arn: str) -> str:
    """What people call what an ARN names: a role without its path, a bucket; a text that is no ARN as it is."""
    if not arn.startswith("arn:") or arn.count(":") < 5:
        return arn
    last = arn.split(":", 5)[5].rpartition("/")[2]
    return f"account {account_of(arn)}" if last == "root" else last or arn


def kind_of(arn: str) -> str:
    """What an ARN names: user, role, bucket, ...; "principal" for what is none of them."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return "principal"
    known = {"s3": "bucket", "secretsmanager": "secret", "kms": "key", "iam": parts[5].partition("/")[0]}
    return known.get(parts[2], parts[2])


def account_of(arn: str) -> str:
    """The twelve digits of the account in an ARN; "" where it has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else arn if len(arn) == 12 and arn.isdigit() else ""


@dataclass
class _Pool:
    """Values that are said once and named by their place."""

    values: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    places: dict[str, int] = field(default_factory=dict[str, int])

    def place(self, value: dict[str, object], key: str = "") -> int:
        key = key or json.dumps(value, sort_keys=True)
        if key not in self.places:
            self.places[key] = len(self.values)
            self.values.append(value)
        return self.places[key]


class _Page:
    def __init__(self, audit: Value) -> None:
        self._audit = audit
        self._files = Documents()
        self._documents, self._because = _Pool(), _Pool()
        self._written = 0
        self._given = {text(one.get("arn")): one for one in self._all("identities")}
        self._own = {account_of(arn) for arn in self._given}
        self._entering = {
            text(entry.get("principal"))
            for entry in self._all("entries")
            if self._given.get(text(entry.get("role")), {}).get("reachesAdministrator") is True
        }
        self._places: dict[str, int] = {}
        self._edges: list[dict[str, object]] = []
        self._edge_places: dict[tuple[str, ...], int] = {}

    def _all(self, name: str) -> Iterator[Value]:
        return map(members, items(self._audit.get(name)))

    def data(self) -> dict[str, object]:
        edges, left_out = self._drawn()
        arns = self._listed(edges)
        self._places = {arn: place for place, arn in enumerate(arns)}
        for edge in edges:
            self._add_edge(edge)
        paths = [self._path(one) for one, _ in zip(self._all("paths"), range(MOST_PATHS), strict=False)]
        ends = {path["to"] for path in paths}
        summary, remarks = self._summary(), [str(one) for one in items(self._audit.get("unknown"))]
        if left_out:
            remarks.append(f"Left out of this page: {_counted(left_out, 'edge')} on no path of its list.")
        return {
            "title": "Who can become whom",
            "summary": summary,
            "total": len(self._given),
            "accounts": self._accounts(),
            "identities": [self._identity(arn, place in ends) for arn, place in self._places.items()],
            "edges": self._edges,
            "because": self._because.values,
            "documents": self._documents.values,
            "paths": paths,
            "cuts": [self._cut(one) for one in self._all("cuts")],
            "findings": [self._finding(one) for one in self._all("findings")],
            "remarks": list(dict.fromkeys(remarks)),
        }

    # --- edges --------------------------------------------------------------------------------------------------------

    def _drawn(self) -> tuple[list[Value], int]:
        """The edges of the page, and how many more there are: those of paths first, and from outside.

        What an administrator can become in its own account is left out: everybody, and nobody learns from it.
        """
        own = [edge for edge in self._all("edges") if not self._is_moot(edge)]
        steps = [members(step) for path in self._all("paths") for step in items(path.get("steps"))]
        entries = [edge for one in self._all("entries") if (edge := self._entrance(one)) is not None]
        first = {_edge_key(edge): edge for edge in (*steps, *entries)}
        others = [edge for edge in own if _edge_key(edge) not in first]
        room = max(0, MOST_EDGES - len(first))
        return [*first.values(), *others[:room]], max(0, len(others) - room)

    def _is_moot(self, edge: Value) -> bool:
        source = self._given.get(text(edge.get("from")), {})
        return source.get("administrator") is True and edge.get("crossesAccounts") is not True

    def _entrance(self, entry: Value) -> Value | None:
        """How a principal of elsewhere gets in, as an edge; None for one of the accounts of the audit."""
        if text(entry.get("account")) in self._own and entry.get("kind") in ("account", "user", "role"):
            return None
        conditions = items(entry.get("conditions"))
        return {
            "from": entry.get("principal"),
            "to": entry.get("role"),
            "how": "is let in by the trust policy",
            "way": "entry",
            "certainty": "needs a condition" if conditions else "certain",
            "because": [entry.get("because")],
            "conditions": conditions,
            "crossesAccounts": True,
        }

    def _add_edge(self, edge: Value) -> int:
        key = _edge_key(edge)
        if key not in self._edge_places:
            self._edge_places[key] = len(self._edges)
            conditions = ", ".join(str(one) for one in items(edge.get("conditions")))
            self._edges.append(
                {
                    "from": self._places[key[0]],
                    "to": self._places[key[1]],
                    "how": key[2],
                    "sure": _SURE.get(text(edge.get("certainty")), "condition"),
                    "condition": f"It takes: {conditions}" if conditions else "",
                    "crosses": edge.get("crossesAccounts") is True,
                    "because": [self._reason(members(one)) for one in items(edge.get("because"))],
                }
            )
        return self._edge_places[key]

    def _path(self, path: Value) -> dict[str, object]:
        places = [self._add_edge(members(step)) for step in items(path.get("steps"))]
        return {"from": self._edges[places[0]]["from"], "to": self._edges[places[-1]]["to"], "edges": places}

    def _reason(self, reason: Value) -> int:
        """The place of a reason among those of the page, its document among the documents."""
        key = json.dumps([reason.get(name) for name in ("words", "of", "policy", "statement", "file", "pointer")])
        if key in self._because.places:
            return self._because.places[key]
        shown = self._files.of(reason) if self._written < _MOST_TEXT else None
        document = self._documents.places.get(shown.text) if shown else None
        if shown is not None and document is None:
            document = self._documents.place({"text": shown.text}, shown.text)
            self._written += len(shown.text)
        value = {
            "text": text(reason.get("words")),
            "file": text(reason.get("file")),
            "line": reason.get("line"),
            "document": document,
            "first": shown.first if shown else 0,
            "last": shown.last if shown else 0,
        }
        return self._because.place(value, key)

    # --- identities ---------------------------------------------------------------------------------------------------

    def _listed(self, edges: Iterable[Value]) -> list[str]:
        """What has a page of its own, in the order in which it is named."""
        named = dict.fromkeys(end for edge in edges for end in _edge_key(edge)[:2])
        named |= dict.fromkeys(arn for one in self._all("findings") if (arn := _whose(one)) in self._given)
        every = len(self._given) <= MOST_LISTED
        own = (arn for arn, one in self._given.items() if every or arn in named or one.get("administrator") is True)
        return list(dict.fromkeys([*own, *named]))

    def _identity(self, arn: str, end: bool) -> dict[str, object]:
        one = self._given.get(arn, {})
        administrator = one.get("administrator") is True
        external = arn not in self._given and kind_of(arn) in _OUTSIDE
        reaches = one.get("reachesAdministrator") is True or arn in self._entering
        return {
            "arn": arn,
            "name": name_of(arn),
            "kind": text(one.get("kind")) or ("external" if external else kind_of(arn)),
            "account": text(one.get("account")) or account_of(arn),
            "administrator": administrator,
            "reaches": reaches,
            "external": external,
            "end": administrator or end,
            "because": [self._reason(members(each)) for each in items(one.get("because"))],
            "policies": [self._policy(arn, members(each)) for each in items(one.get("policies"))],
        }

    def _policy(self, arn: str, policy: Value) -> dict[str, object]:
        """A policy of an identity, its document among the documents."""
        name, of = text(policy.get("policy")), text(policy.get("of"))
        whose = f" of {kind_of(of)} {name_of(of)}" if of and of != arn else ""
        written = self._files.whole(policy) if self._written < _MOST_TEXT else None
        document = None
        if written is not None:
            self._written += 0 if written in self._documents.places else len(written)
            document = self._documents.place({"text": written}, written)
        return {"text": f"{text(policy.get('kind'))} {name}{whose}".strip(), "document": document}

    def _accounts(self) -> list[dict[str, object]]:
        tally = Counter(text(one.get("account")) or account_of(arn) for arn, one in self._given.items())
        names = {text(one.get("id")): text(one.get("name")) for one in self._all("accounts")}
        return [
            {"id": one, "name": names.get(one, ""), "total": number} for one, number in sorted(tally.items()) if one
        ]

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _summary(self) -> str:
        reaching = [
            one
            for one in self._given.values()
            if one.get("reachesAdministrator") is True and one.get("administrator") is not True
        ]
        administrators = sum(one.get("administrator") is True for one in self._given.values())
        where = f"{len(self._given):,} identities in {_counted(len(self._own), 'account')}"
        if not reaching:
            said = f"Nobody of {where} can become an administrator by way of others"
        else:
            said = f"{len(reaching):,} of {where} can become an administrator by way of others"
        closed = max((len(items(one.get("closes"))) for one in self._all("cuts")), default=0)
        more = f" One change closes the way of {_counted(closed, 'identity')}." if closed else ""
        are = "is an administrator" if administrators == 1 else "are administrators"
        return f"{said}; {administrators:,} {are}.{more}"

    def _cut(self, cut: Value) -> dict[str, object]:
        change = members(cut.get("change"))
        closes = [self._places[arn] for arn in map(str, items(cut.get("closes"))) if arn in self._places]
        return {
            "what": f"Take out or narrow: {text(change.get('words'))} (of {name_of(text(change.get('of')))})",
            "paths": cut.get("paths"),
            "closes": closes,
            "because": self._reason(change) if change else None,
        }

    def _finding(self, finding: Value) -> dict[str, object]:
        line = finding.get("line")
        where = text(finding.get("file")) + (f", line {line}" if line else "")
        arn = _whose(finding)
        return {
            "rule": text(finding.get("rule")),
            "level": text(finding.get("level")) or "note",
            "message": text(finding.get("message")),
            "fix": text(finding.get("fix")),
            "docs": text(finding.get("docs")),
            "identity": self._places.get(arn),
            "where": where,
        }


_OUTSIDE = ("principal", "user", "role", "root", "oidc-provider", "saml-provider", "sts", "iam")


def _edge_key(edge: Value) -> tuple[str, ...]:
    return text(edge.get("from")), text(edge.get("to")), text(edge.get("how")), text(edge.get("way"))


def _whose(finding: Value) -> str:
    """ARN of the identity that a finding is about; "" where it is about none."""
    return next((one for name in ("arn", "identity", "logicalId") if (one := text(finding.get(name)))), "")


def _counted(number: int, noun: str) -> str:
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"
