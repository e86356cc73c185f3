"""The component `PipelineOidcProvider`: an identity provider that roles of an account can trust.

There can be one for each issuer and account, so it is made on its own, once, and not by every role that trusts it.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, overload

import pulumi
from pulumi_aws import iam
from typing_extensions import NotRequired, Unpack

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._args import AccountArgs
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import Name
from pipeline_identity._life.ownership import owned, ownership
from pipeline_identity._reading.arguments import Arguments, flag, late_inside, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.reading import read
from pipeline_identity._settings.entity import (
    adopting,
    child_options,
    read_account,
    read_adopt,
    refuse_late_adoption,
)
from pipeline_identity.trust.oidc import Issuer, audience, issuer_url

_MOST_AUDIENCES = 100
_MOST_THUMBPRINTS = 5
_THUMBPRINT = re.compile(r"[0-9a-f]{40}")


class PipelineOidcProviderArgs(AccountArgs):
    """The arguments of a `PipelineOidcProvider`."""

    issuer: str
    """
    The issuer's URL exactly as it stands in the tokens, such as `https://token.actions.githubusercontent.com`. A path,
    a port and a slash at the end belong to the name.
    """

    audiences: Sequence[str]
    """The audiences of the tokens that are taken, such as `sts.amazonaws.com`: 1 to 100."""

    thumbprints: NotRequired[Sequence[str]]
    """
    SHA-1 fingerprints of certificates that the issuer's server may show, 40 digits from 0 to f each: at most 5. By
    default AWS trusts the certificate by itself.
    """

    keep_on_destroy: NotRequired[bool]
    """Whether the provider stays when the stack is destroyed, because roles elsewhere trust it. False by default."""

    adopt: NotRequired[bool]
    """
    Whether the provider exists already, and is taken over as it is. Set it for one deployment, which changes nothing;
    without it, the next one changes what differs. False by default.
    """


@dataclass(frozen=True)
class OidcProviderSettings:
    """The arguments of a `PipelineOidcProvider`, checked."""

    account: arns.Account
    issuer: Issuer
    audiences: tuple[str, ...]
    tags: dict[str, str]
    thumbprints: tuple[str, ...]
    keep_on_destroy: bool
    adopt: bool

    @property
    def claimed(self) -> list[Name]:
        """The name that the provider has in AWS: its issuer."""
        return [Name("identity provider", self.issuer.url, self.account, "issuer")]

    @property
    def arn(self) -> str:
        """The provider's ARN, known before the provider exists."""
        return self.issuer.arn(self.account)


def read_oidc_provider(arguments: Arguments) -> OidcProviderSettings:
    """Reads `PipelineOidcProviderArgs`; problems are noted with the arguments."""
    account = read_account(arguments)
    settings = OidcProviderSettings(
        account=account,
        issuer=Issuer(arguments.required("issuer", issuer_url, meaning="the issuer's URL")),
        audiences=arguments.texts("audiences", audience),
        tags=arguments.optional("tags", late_inside(names.tags), dict[str, str]()),
        thumbprints=arguments.texts("thumbprints", _thumbprint),
        keep_on_destroy=arguments.optional("keep_on_destroy", flag, default=False),
        adopt=read_adopt(arguments),
    )
    arguments.no_others()
    refuse_late_adoption(arguments, settings.arn, adopt=settings.adopt)
    if len(settings.thumbprints) > _MOST_THUMBPRINTS:
        arguments.refuse(
            ("thumbprints",), None, f"has {len(settings.thumbprints)} items", f"list at most {_MOST_THUMBPRINTS}"
        )
    count = len(settings.audiences)
    if not 1 <= count <= _MOST_AUDIENCES and not arguments.failed:
        arguments.refuse(("audiences",), None, f"has {count} audiences", f"list 1 to {_MOST_AUDIENCES}")
    return settings


class PipelineOidcProvider(Component):
    """An OpenID Connect identity provider of an account, for every role there that trusts it."""

    provider_arn: pulumi.Output[str]
    """The provider's ARN."""

    @overload
    def __init__(
        self, name: str, args: PipelineOidcProviderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineOidcProviderArgs]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineOidcProviderArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        **named: Any,
    ) -> None:
        """Declares the provider.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            named: The arguments by name, each described in `PipelineOidcProviderArgs`: account_id, adopt, audiences,
                issuer, keep_on_destroy, partition, tags, thumbprints.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        defaults = {"account_id": partial(account_of_provider, opts)}
        reading = read("PipelineOidcProvider", name, (args, named), read_oidc_provider, defaults)
        super().__init__("pipeline-identity:index:PipelineOidcProvider", name, {}, opts)
        reading.announce(self)
        settings = reading.settings
        account_id = reading.input(lambda provider: provider.account.account_id)
        options = owned(in_account(child_options(self, opts), self, settings.account.partition, account_id))
        # What is adopted is this stack's only once it has been changed: till then, destroying the stack leaves it.
        options.retain_on_delete = settings.keep_on_destroy or settings.adopt
        if settings.adopt:
            options = adopting(options, settings.arn, ["clientIdLists", "tags", "thumbprintLists"])
        self._provider_made = iam.OpenIdConnectProvider(
            name,
            url=settings.issuer.url,
            client_id_lists=list(settings.audiences),
            thumbprint_lists=list(settings.thumbprints) or None,
            tags=reading.input(lambda provider: {**provider.tags, **ownership()}),
            opts=options,
        )
        self.provider_arn = reading.arn(lambda provider: provider.arn, self._provider_made)
        self._register()

    @property
    def oidc_provider(self) -> iam.OpenIdConnectProvider:
        """The IAM OpenID Connect provider."""
        return self._provider_made


def _thumbprint(value: object) -> str:
    written = text(value).lower().replace(":", "")
    if not _THUMBPRINT.fullmatch(written):
        raise Refusal("is not a SHA-1 fingerprint", "write its 40 digits from 0 to f")
    return written
