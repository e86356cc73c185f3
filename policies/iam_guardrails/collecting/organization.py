"""The organization of an account, in the layout of an organization file; none where the account may not read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from iam_guardrails.collecting.session import told
from iam_guardrails.sources.organization import LIMITING

if TYPE_CHECKING:
    from iam_guardrails.collecting.session import Reader


def read_organization(reader: Reader, say: Callable[[str], None]) -> dict[str, object] | None:
    """The accounts, units and policies of an organization; None where they cannot be read, which `say` is told.

    Args:
        reader: a session in the management account or that of a delegated administrator.
        say: told what is being read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    client = reader.client("organizations")
    try:
        return _organization(client, say)
    except (BotoCoreError, ClientError) as error:
        say(f"no organization is read with {reader.name}: {told(error)}")
        return None


def _organization(client: Any, say: Callable[[str], None]) -> dict[str, object]:
    described = client.describe_organization()["Organization"]
    say(f"organization {described['Id']}")
    accounts: list[dict[str, object]] = []
    waiting = [str(root["Id"]) for root in _pages(client, "list_roots", "Roots")]
    units: list[dict[str, object]] = [{"id": root} for root in waiting]
    while waiting:
        parent = waiting.pop()
        for unit in _pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent):
            units.append({"id": unit["Id"], "parent": parent, "name": unit.get("Name", "")})
            waiting.append(str(unit["Id"]))
        listed = _pages(client, "list_accounts_for_parent", "Accounts", ParentId=parent)
        accounts.extend({"id": one["Id"], "parent": parent, "name": one.get("Name", "")} for one in listed)
    head = {"id": described["Id"], "management_account": described["MasterAccountId"]}
    return {"organization": head, "units": units, "accounts": accounts, "policies": list(_policies(client))}


def _policies(client: Any) -> Iterator[dict[str, object]]:
    for kind in LIMITING:
        for one in _pages(client, "list_policies", "Policies", Filter=kind):
            targets = [
                each["TargetId"] for each in _pages(client, "list_targets_for_policy", "Targets", PolicyId=one["Id"])
            ]
            document = client.describe_policy(PolicyId=one["Id"])["Policy"]["Content"]
            yield {"id": one["Id"], "name": one["Name"], "type": kind, "targets": targets, "document": document}


def _pages(client: Any, operation: str, name: str, **arguments: object) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(name) or ()
