"""The component `PipelineTokenIssuer`: the account's switch for tokens that AWS signs for services outside AWS.

There is one for each account. Roles may then ask for tokens, where their permissions say so:
`starter_sets.outbound_tokens`. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from functools import partial
from typing import Any, overload

import pulumi
from pulumi import Input
from pulumi_aws import iam
from typing_extensions import NotRequired, TypedDict, Unpack

from pipeline_identity import _arns as arns
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import Name
from pipeline_identity._provider_package import refuse_without
from pipeline_identity._reading.arguments import Arguments, flag
from pipeline_identity._reading.reading import read
from pipeline_identity._settings.entity import (
    adopting,
    child_options,
    read_account,
    read_adopt,
    refuse_late_adoption,
)


class PipelineTokenIssuerArgs(TypedDict):
    """The arguments of a `PipelineTokenIssuer`."""

    account_id: NotRequired[Input[str]]
    """
    The AWS account whose issuer is switched on: 12 digits, in quotes. By default the account of the provider's
    credentials, which is asked for.
    """

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    keep_on_destroy: NotRequired[bool]
    """Whether the issuer stays on when the stack is destroyed, because others ask for tokens. False by default."""

    adopt: NotRequired[bool]
    """
    Whether the issuer is on already, and is taken over as it is. Set it for one deployment, which changes nothing.
    False by default.
    """


@dataclass(frozen=True)
class TokenIssuerSettings:
    """The arguments of a `PipelineTokenIssuer`, checked."""

    account: arns.Account
    keep_on_destroy: bool
    adopt: bool

    @property
    def claimed(self) -> list[Name]:
        """What can be made once: the account's issuer."""
        return [Name("issuer of tokens", self.account.account_id, self.account, "account_id")]


def read_token_issuer(arguments: Arguments) -> TokenIssuerSettings:
    """Reads `PipelineTokenIssuerArgs`; problems are noted with the arguments."""
    account = read_account(arguments)
    keep = arguments.optional("keep_on_destroy", flag, default=False)
    adopt = read_adopt(arguments)
    arguments.no_others()
    refuse_without(arguments, "account_id", iam, "OutboundWebIdentityFederation")
    refuse_late_adoption(arguments, account.account_id, adopt=adopt)
    return TokenIssuerSettings(account, keep, adopt)


class PipelineTokenIssuer(Component):
    """An account's issuer of tokens for services outside AWS: it is on while this component is there."""

    issuer: pulumi.Output[str]
    """The issuer's URL, which a service outside AWS must trust: it is in every token of the account."""

    @overload
    def __init__(
        self, name: str, args: PipelineTokenIssuerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineTokenIssuerArgs]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineTokenIssuerArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        **named: Any,
    ) -> None:
        """Switches the account's issuer on.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            named: The arguments by name, each described in `PipelineTokenIssuerArgs`: account_id, adopt,
                keep_on_destroy, partition.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        defaults = {"account_id": partial(account_of_provider, opts)}
        reading = read("PipelineTokenIssuer", name, (args, named), read_token_issuer, defaults)
        super().__init__("pipeline-identity:index:PipelineTokenIssuer", name, {}, opts)
        reading.announce(self)
        settings = reading.settings
        account_id = reading.input(lambda issuer: issuer.account.account_id)
        options = in_account(child_options(self, opts), self, settings.account.partition, account_id)
        options.retain_on_delete = settings.keep_on_destroy or settings.adopt
        if settings.adopt:
            options = adopting(options, settings.account.account_id, [])
        self._federation = iam.OutboundWebIdentityFederation(name, opts=options)
        self.issuer = self._federation.issuer_identifier
        self._register()

    @property
    def federation(self) -> "iam.OutboundWebIdentityFederation":
        """The account's outbound web identity federation."""
        return self._federation
