"""The component `PipelineOidcProvider`: an identity provider that roles of an account can trust.

There can be one for each issuer and account, so it is made on its own, once, and not by every role that trusts it.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from typing import TypedDict

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._component import Component
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import Name, claim
from pipeline_identity._reading.arguments import Arguments, flag
from pipeline_identity._reading.errors import Problems
from pipeline_identity._settings.entity import adopting, child_options
from pipeline_identity.trust.oidc import Issuer, audience, issuer_url

_MOST_AUDIENCES = 100


class PipelineOidcProviderArgs(TypedDict):
    """The arguments of a `PipelineOidcProvider`."""

    account_id: str
    """The AWS account the provider is made in: its 12 digits, in quotes."""

    issuer: str
    """The issuer's URL, such as `https://token.actions.githubusercontent.com`."""

    audiences: list[str]
    """The audiences of the tokens that are taken, such as `sts.amazonaws.com`: 1 to 100."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    keep_on_destroy: NotRequired[bool]
    """Whether the provider stays when the stack is destroyed, because roles elsewhere trust it. False by default."""

    adopt: NotRequired[bool]
    """
    Whether the provider exists already, and is taken over as it is. Set it for one deployment, which changes nothing;
    without it, the next one changes what differs. False by default.
    """

    tags: NotRequired[dict[str, str]]
    """Tags of the provider: at most 50. None by default."""


@dataclass(frozen=True)
class OidcProviderSettings:
    """The arguments of a `PipelineOidcProvider`, checked."""

    account: arns.Account
    issuer: Issuer
    audiences: tuple[str, ...]
    tags: dict[str, str]
    keep_on_destroy: bool
    adopt: bool

    @property
    def arn(self) -> str:
        """The provider's ARN, known before the provider exists."""
        return self.issuer.arn(self.account)


def read_oidc_provider(arguments: Arguments) -> OidcProviderSettings:
    """Reads `PipelineOidcProviderArgs`; problems are noted with the arguments."""
    account = arns.Account(
        arguments.optional("partition", arns.partition, "aws"),
        arguments.required("account_id", arns.account_id, meaning="the account's 12 digits in quotes"),
    )
    settings = OidcProviderSettings(
        account=account,
        issuer=Issuer(arguments.required("issuer", issuer_url, meaning="the issuer's URL")),
        audiences=arguments.texts("audiences", audience),
        tags=arguments.optional("tags", names.tags, dict[str, str]()),
        keep_on_destroy=arguments.optional("keep_on_destroy", flag, default=False),
        adopt=arguments.optional("adopt", flag, default=False),
    )
    arguments.no_others()
    count = len(settings.audiences)
    if not 1 <= count <= _MOST_AUDIENCES and not arguments.failed:
        arguments.refuse(("audiences",), None, f"has {count} audiences", f"list 1 to {_MOST_AUDIENCES}")
    return settings


class PipelineOidcProvider(Component):
    """An OpenID Connect identity provider of an account, for every role there that trusts it."""

    provider_arn: pulumi.Output[str]
    """The provider's ARN."""

    def __init__(self, name: str, args: PipelineOidcProviderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the provider.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resource inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        problems = Problems()
        arguments = Arguments(args, problems)
        settings = read_oidc_provider(arguments)
        claim(
            f"PipelineOidcProvider {name}",
            arguments,
            [Name("identity provider", settings.issuer.url, settings.account, "issuer")],
        )
        problems.stop_if_any(f"PipelineOidcProvider {name}")
        super().__init__("pipeline-identity:index:PipelineOidcProvider", name, {}, opts)
        keep = pulumi.ResourceOptions(retain_on_delete=settings.keep_on_destroy)
        options = pulumi.ResourceOptions.merge(in_account(child_options(self, opts), self, settings.account), keep)
        if settings.adopt:
            options = adopting(options, settings.arn, ["clientIdLists", "tags", "thumbprintLists"])
        provider = iam.OpenIdConnectProvider(
            name,
            url=settings.issuer.url,
            client_id_lists=list(settings.audiences),
            tags=settings.tags,
            opts=options,
        )
        self._tell([provider], provider_arn=settings.arn)
        self._register()
