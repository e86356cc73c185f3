"""A SAML identity provider: its metadata, and responses that it has really signed."""

from __future__ import annotations

import base64
import datetime
import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Mapping

AUDIENCE = "urn:amazon:webservices"
RECIPIENT = "https://signin.aws.amazon.com/saml"
_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"


@dataclass(frozen=True)
class IdentityProvider:
    """One identity provider with a key of its own."""

    entity_id: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "identity-provider.example.com")])
        now = _now()
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )

    def metadata(self) -> str:
        """What an administrator gives AWS when the provider is made there."""
        encoded = base64.b64encode(self.certificate().public_bytes(serialization.Encoding.DER)).decode()
        return (
            f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID={quoteattr(self.entity_id)}>'
            '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
            f"<X509Certificate>{encoded}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
            "<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>"
            '<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
            ' Location="https://identity-provider.example.com/sso"/></IDPSSODescriptor></EntityDescriptor>'
        )

    def response(
        self,
        role: str,
        provider: str,
        *,
        subject: str,
        session_name: str = "job",
        recipient: str = RECIPIENT,
        audience: str = AUDIENCE,
        lasts: int = 300,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        """A response with one signed assertion, encoded as `AssumeRoleWithSAML` takes it."""
        end = f"{_now() + datetime.timedelta(seconds=lasts):%Y-%m-%dT%H:%M:%SZ}"
        said = {"Role": f"{role},{provider}", "RoleSessionName": session_name, **(attributes or {})}
        told = "".join(
            f"<Attribute Name={quoteattr(_ATTRIBUTES + name)}>"
            f"<AttributeValue>{escape(value)}</AttributeValue></Attribute>"
            for name, value in said.items()
        )
        assertion = (
            '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="a1" Version="2.0"'
            f' IssueInstant="{_now().isoformat()}">'
            f"<Issuer>{escape(self.entity_id)}</Issuer>"
            f'<Subject><NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{escape(subject)}</NameID>'
            '<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<SubjectConfirmationData NotOnOrAfter="{end}" Recipient={quoteattr(recipient)}/></SubjectConfirmation>'
            f'</Subject><Conditions NotOnOrAfter="{end}"><AudienceRestriction><Audience>{escape(audience)}</Audience>'
            f"</AudienceRestriction></Conditions><AttributeStatement>{told}</AttributeStatement></Assertion>"
        )
        return _encoded(self._signed(assertion))

    def _signed(self, assertion: str) -> bytes:
        # Both libraries say little of their types.
        etree: Any = importlib.import_module("lxml.etree")
        signxml: Any = importlib.import_module("signxml")
        pem = self.certificate().public_bytes(serialization.Encoding.PEM).decode()
        signer = signxml.XMLSigner(
            signature_algorithm="ecdsa-sha256", c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"
        )
        element = signer.sign(etree.fromstring(assertion), key=self.key, cert=pem, reference_uri="#a1")
        return etree.tostring(element)


def _encoded(assertion: bytes) -> str:
    response = (
        b'<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol" ID="r1" Version="2.0">' + assertion + b"</Response>"
    )
    return base64.b64encode(response).decode()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
