"""Identity providers that a stack makes for itself: what their tokens may do is decided within the stack.

The issuer of an EKS cluster and the id of a Cognito identity pool exist only once AWS has made them, so no setting can
name them before. A role that trusts them is evaluated with the whole stack, in preview and update alike: its cluster or
pool is then known to be the stack's own, or the role is rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from iam_guardrails.findings import Finding
from iam_guardrails.language.unknown import has_unknown
from iam_guardrails.settings import Settings, TrustedIdentityProvider
from iam_guardrails.sources.declared import squashed_type
from iam_guardrails.sources.values import items, member, text

if TYPE_CHECKING:
    from iam_guardrails.pack.resource import Resource

_RULE = "trusted-principals-only"
_EKS_ISSUER = re.compile(r"oidc\.eks\.[a-z0-9-]+\.(?:amazonaws\.com|api\.aws|amazonaws\.com\.cn)/id/[A-Z0-9]+")
_CLUSTERS = ("ekscluster",)
_OIDC = ("iamopenidconnectprovider", "iamoidcprovider")
_POOLS = ("cognitoidentitypool",)
_COGNITO = "cognito-identity.amazonaws.com"
_POOL_ID = re.compile(r"[a-z0-9-]+:[0-9a-f]{8}-[0-9a-f-]{27}")


class Providers:
    """The clusters, OIDC providers and identity pools of a run."""

    def __init__(self) -> None:
        self._clusters: set[str] = set()
        self._issuers: set[str] = set()
        self._of_clusters: set[str] = set()
        self._pools: set[str] = set()
        self._pool_ids: set[str] = set()

    def learn(self, resource: Resource) -> None:
        """Remember a resource, if it is one of them."""
        kind = squashed_type(resource.type)
        if kind in _CLUSTERS or (resource.type.endswith(":Cluster") and "eks" in resource.type):
            self._clusters.add(resource.urn)
            self._of_clusters.update(_issuers(resource.properties))
        elif kind in _OIDC:
            issuer = text(resource.properties.get("url")).removeprefix("https://")
            if issuer:
                self._issuers.add(issuer)
                if not self._clusters.isdisjoint(resource.references.get("url", ())):
                    self._of_clusters.add(issuer)
        elif kind in _POOLS:
            self._pools.add(resource.urn)
            for name in ("id", "arn", "identityPoolId"):
                found = _POOL_ID.search(text(resource.properties.get(name)))
                if found:
                    self._pool_ids.add(found[0])

    def may_be_own(self, finding: Finding, resource: Resource) -> bool:
        """Whether a finding is about tokens that the whole stack may show to be its own."""
        del resource
        if finding.rule != _RULE or finding.failed:
            return False
        value = str(finding.evidence.get("value", ""))
        if value.endswith(_COGNITO):
            return bool(self._pools)
        issuer = _EKS_ISSUER.search(value)
        return issuer is not None and bool(self._clusters) and issuer[0] in self._issuers

    def settings_with_own(self, settings: Settings) -> Settings:
        """The settings, with the tokens of the stack's own clusters and identity pools trusted besides."""
        own = list(self._own())
        if not own:
            return settings
        return replace(settings, trusted_identity_providers=(*settings.trusted_identity_providers, *own))

    def _own(self) -> Iterator[TrustedIdentityProvider]:
        for issuer in sorted(self._of_clusters):
            if _EKS_ISSUER.fullmatch(issuer):
                yield TrustedIdentityProvider(issuer, ["system:serviceaccount:*"], ["sts.amazonaws.com"])
        if self._pool_ids:
            yield TrustedIdentityProvider(_COGNITO, ["*"], sorted(self._pool_ids))


def _issuers(properties: object) -> Iterator[str]:
    """The issuers that the outputs of a cluster name."""
    for identity in items(member(properties, "identities")):
        for oidc in items(member(identity, "oidcs")):
            yield from _known(member(oidc, "issuer"))
    yield from _known(member(properties, "openIdConnectIssuerUrl"))


def _known(value: object) -> Iterator[str]:
    if isinstance(value, str) and value and not has_unknown(value):
        yield value.removeprefix("https://")
