"""Those who may vouch for somebody from outside: OpenID Connect and SAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider import tagging
from sandbox.provider.iam.limits import NAME
from sandbox.provider.resource import TAGS, Created, Found, Resource
from sandbox.provider.schema import Kind, Property, matching

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties


_SHORTEST_METADATA = 1000


def _long_enough(metadata: str) -> str | None:
    if len(metadata) >= _SHORTEST_METADATA:
        return None
    return f"it has {len(metadata)} characters, and IAM takes no metadata of less than {_SHORTEST_METADATA}."


class OpenIdConnectProvider(Resource):
    """An OpenID Connect provider. Its audiences and thumbprints change in place; its URL is what it is."""

    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "clientIdLists": Property(Kind.TEXTS, required=True),
        "tags": TAGS,
        "thumbprintLists": Property(Kind.TEXTS, computed=True),
        # IAM tells the URL without its scheme.
        "url": Property(
            required=True,
            replaces=True,
            limit=matching(r"https://.*", "a URL that starts with https://"),
            form=lambda url: url.removeprefix("https://"),
        ),
    }
    outputs = ("arn", "tagsAll")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the provider."""
        arguments: dict[str, Any] = {"Url": new.text("url"), "ClientIDList": new.texts("clientIdLists")}
        if new.texts("thumbprintLists"):
            arguments["ThumbprintList"] = new.texts("thumbprintLists")
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        return Created(aws.iam.create_open_id_connect_provider(**arguments)["OpenIDConnectProviderArn"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the provider."""
        provider = aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=resource_id)
        return {
            "arn": resource_id,
            "clientIdLists": [*provider["ClientIDList"]],
            "tags": tagging.from_aws(provider.get("Tags", [])),
            "thumbprintLists": [*provider["ThumbprintList"]],
            "url": "https://" + provider["Url"].removeprefix("https://"),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change audiences and thumbprints."""
        before, after = set(old.texts("clientIdLists")), set(new.texts("clientIdLists"))
        # New ones come first: there is no moment in which nobody is let in.
        for added in sorted(after - before):
            aws.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=resource_id, ClientID=added)
        for removed in sorted(before - after):
            aws.iam.remove_client_id_from_open_id_connect_provider(
                OpenIDConnectProviderArn=resource_id, ClientID=removed
            )
        thumbprints = new.texts("thumbprintLists")
        if thumbprints and set(thumbprints) != set(old.texts("thumbprintLists")):
            aws.iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=resource_id, ThumbprintList=thumbprints
            )
        tagging.change(
            old,
            new,
            lambda added: aws.iam.tag_open_id_connect_provider(
                OpenIDConnectProviderArn=resource_id, Tags=tagging.to_aws(added)
            ),
            lambda removed: aws.iam.untag_open_id_connect_provider(
                OpenIDConnectProviderArn=resource_id, TagKeys=removed
            ),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the provider."""
        aws.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=resource_id)


class SamlProvider(Resource):
    """A SAML provider. Its metadata change in place."""

    token = "aws:iam/samlProvider:SamlProvider"  # noqa: S105 - a type, no secret
    named = "name"
    properties = {  # noqa: RUF012 - never changed
        "name": Property(replaces=True, limit=NAME),
        "samlMetadataDocument": Property(required=True, limit=_long_enough),
        "tags": TAGS,
    }
    outputs = ("arn", "tagsAll", "validUntil")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the provider."""
        arguments: dict[str, Any] = {
            "Name": new.text("name"),
            "SAMLMetadataDocument": new.text("samlMetadataDocument"),
        }
        if new.map("tags"):
            arguments["Tags"] = tagging.to_aws(new.map("tags"))
        return Created(aws.iam.create_saml_provider(**arguments)["SAMLProviderArn"])

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask for the provider."""
        provider = aws.iam.get_saml_provider(SAMLProviderArn=resource_id)
        until = provider.get("ValidUntil")
        return {
            "arn": resource_id,
            "name": resource_id.partition("saml-provider/")[2],
            "samlMetadataDocument": provider["SAMLMetadataDocument"],
            "tags": tagging.from_aws(provider.get("Tags", [])),
            "validUntil": until.strftime("%Y-%m-%dT%H:%M:%SZ") if until else None,
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change the metadata."""
        if old.text("samlMetadataDocument") != new.text("samlMetadataDocument"):
            aws.iam.update_saml_provider(
                SAMLProviderArn=resource_id, SAMLMetadataDocument=new.text("samlMetadataDocument")
            )
        tagging.change(
            old,
            new,
            lambda added: aws.iam.tag_saml_provider(SAMLProviderArn=resource_id, Tags=tagging.to_aws(added)),
            lambda removed: aws.iam.untag_saml_provider(SAMLProviderArn=resource_id, TagKeys=removed),
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the provider."""
        aws.iam.delete_saml_provider(SAMLProviderArn=resource_id)
