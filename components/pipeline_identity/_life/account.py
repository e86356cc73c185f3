"""Whose account it is: a deployment whose credentials are of another account than the settings say is stopped at once.

The ARNs of users, roles and policies are made from the settings' account before anything exists. With other credentials
the resources would come about all the same, and every document and output would name resources that there are not.
"""

from __future__ import annotations

import asyncio

import pulumi

from pipeline_identity._arns import Account
from pipeline_identity._life.asking import ask
from pipeline_identity._life.deployment import current


class WrongAccountError(pulumi.RunError):
    """The credentials of a deployment are of another account than the settings say."""


def in_account(
    options: pulumi.ResourceOptions, parent: pulumi.Resource, partition: str, account_id: pulumi.Input[str]
) -> pulumi.ResourceOptions:
    """Sees to it that a resource is made, and changed, in one account alone.

    Enough for the resources that a component makes first: the others wait for them.

    Args:
        options: The resource's options, made for it alone.
        parent: The component, whose provider reaches the account.
        partition: The partition that the settings name.
        account_id: The account that the settings name.
    """
    guards = current().guards
    if isinstance(account_id, str):
        current().accounts[parent.pulumi_resource_name] = Account(partition, account_id)
    key = (partition, account_id, parent.get_provider("aws:iam/user:User"))
    if key not in guards:
        known = account_id if isinstance(account_id, str) else "later"
        name = f"pipeline-identity-account-{known}-{len(guards)}"
        guards[key] = pulumi.ResourceHook(
            name, _Guard(partition, account_id, parent).check, pulumi.ResourceHookOptions(on_dry_run=True)
        )
    binding = pulumi.ResourceHookBinding(before_create=[guards[key]], before_update=[guards[key]])
    options.hooks = pulumi.ResourceHookBinding.merge(options.hooks, binding)
    return options


class _Guard:
    """Asks once whose the credentials of a provider are."""

    def __init__(self, partition: str, account_id: pulumi.Input[str], parent: pulumi.Resource) -> None:
        self._partition = partition
        self._account_id = account_id
        self._parent = parent
        self._asked: asyncio.Task[tuple[str, str] | None] | None = None

    async def check(self, _args: pulumi.ResourceHookArgs) -> None:
        """Stops when the credentials are of another account, or of another partition."""
        if self._asked is None:
            self._asked = asyncio.ensure_future(_caller(self._parent))
        caller = await self._asked
        account_id = await pulumi.Output.from_input(self._account_id).future()
        # A provider that is made in this very deployment is not known in its preview; an account may not be either.
        if caller and account_id and caller != (self._partition, account_id):
            raise WrongAccountError(refusal(Account(self._partition, account_id), *caller))


async def _caller(parent: pulumi.Resource) -> tuple[str, str] | None:
    caller = await ask(parent, "aws:index/getCallerIdentity:getCallerIdentity", {})
    if caller is None:
        return None
    _, partition, _, _, account, *_ = caller["arn"].split(":")
    return partition, account


def refusal(account: Account, partition: str, account_id: str) -> str:
    """Says that credentials are of another account than the settings say, and what to do."""
    if account.account_id != account_id:
        return (
            f"The settings name the account {account.account_id}, but the deployment's credentials are of the account "
            f"{account_id}. Nothing is made. Correct accountId, or use credentials of {account.account_id}."
        )
    return (
        f"The settings name the partition {account.partition}, but the account {account_id} is in {partition}. "
        f"Nothing is made. Set partition to {partition}."
    )
