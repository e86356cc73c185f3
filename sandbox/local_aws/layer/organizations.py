"""Which organization an account is in, and where in it.

An account that was made in an organization (``CreateAccount``) belongs to it; one that made an organization by calling
it is its management account. Source: ``aws:PrincipalOrgID`` and ``aws:PrincipalOrgPaths`` in "AWS global condition
context keys" in the IAM user guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import emulator

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Record


def path_of(account_id: str) -> str | None:
    """An account's path, such as ``o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/``; None when it is in no organization."""
    found = _membership(account_id)
    if found is None:
        return None
    management_account, account = found
    organization = emulator.organizations.get_scoped(management_account, None, "self")
    units: list[str] = []
    above = str(account.get("_ParentId", ""))
    while above:
        units.append(above)
        unit = emulator.organizational_units.get_scoped(management_account, None, above)
        above = str(unit.get("_ParentId", "")) if unit else ""
    return "/".join([str((organization or {}).get("Id")), *reversed(units), ""])


def _membership(account_id: str) -> tuple[str, Record] | None:
    """The management account, and the account's record there."""
    # Everybody who calls Organizations becomes a management account, members too: what they were made in counts first.
    found = [
        (management_account, record)
        for (management_account, member), record in emulator.organization_accounts.to_dict().items()
        if member == account_id
    ]
    return min(found, key=lambda one: one[0] == account_id, default=None)
