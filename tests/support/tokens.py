"""An issuer of OpenID Connect tokens with a key of its own: tokens that it has really signed."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE = 32


@dataclass(frozen=True)
class TokenIssuer:
    """One issuer.

    Attributes:
        url: How its tokens name it, such as `https://gitlab.com`.
        key: Its private key.
    """

    url: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def public_keys(self) -> list[dict[str, str]]:
        """What it publishes, as RFC 7517 writes keys."""
        numbers = self.key.public_key().public_numbers()
        x, y = (_encoded(number.to_bytes(_SIZE, "big")) for number in (numbers.x, numbers.y))
        return [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1", "x": x, "y": y}]

    def token(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims, signed; it ends in five minutes."""
        now = int(time.time())
        header = {"alg": "ES256", "kid": "1", "typ": "JWT"}
        said = {"iss": self.url, "iat": now, "exp": now + 300, **claims}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, said))
        numbers = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_encoded(b''.join(number.to_bytes(_SIZE, 'big') for number in numbers))}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
