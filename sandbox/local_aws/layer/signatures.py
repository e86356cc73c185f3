"""Whether a token is signed by its issuer, for issuers whose public keys a test has made known.

AWS asks the issuer itself for its keys. No issuer can be asked here, so a test tells the local AWS what the issuer
would answer, for one account: ``POST /_sandbox/issuers``. Tokens of an issuer of which nothing is known are believed.
Sources: RFC 7515 (signatures), RFC 7517 (keys), and "Create an OpenID Connect identity provider" in the IAM user guide,
which names RS256, RS384, RS512, ES256, ES384 and ES512.
"""

from __future__ import annotations

import base64
import importlib
import json
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer.calls import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_Key = dict[str, str]
_known: dict[tuple[str, str], list[_Key]] = {}
_CURVES = {"P-256": ("SECP256R1", 32), "P-384": ("SECP384R1", 48), "P-521": ("SECP521R1", 66)}


def make_known(told: Mapping[str, Any]) -> str | None:
    """Take the keys of an issuer; what is wrong with what was told, or None.

    Args:
        told: ``account``, ``issuer`` (as tokens name it) and ``keys``, a list of public keys as RFC 7517 writes them.
    """
    account, issuer, keys = told.get("account"), told.get("issuer"), told.get("keys")
    if not isinstance(account, str) or not isinstance(issuer, str) or not isinstance(keys, list):
        return 'The body must be {"account": TEXT, "issuer": TEXT, "keys": [JWK, ...]}.'
    _known[account, issuer] = cast("list[_Key]", keys)
    return None


def check(token: str, account: str, issuer: str) -> None:
    """Refuse a token that none of the issuer's keys has signed."""
    keys = _known.get((account, issuer))
    if keys is None:
        return
    signed, _, signature = token.rpartition(".")
    header = cast("Mapping[str, str]", json.loads(_bytes(signed.partition(".")[0])))
    for key in keys:
        if header.get("kid") == key.get("kid") and _is_good(key, str(header.get("alg")), signed.encode(), signature):
            return
    raise Refused(400, "InvalidIdentityToken", "The token's signature does not match any key of its issuer.")


def _is_good(key: _Key, algorithm: str, signed: bytes, signature: str) -> bool:
    # Loaded when it is first needed: otherwise the local AWS would take longer to start.
    hashes: Any = importlib.import_module("cryptography.hazmat.primitives.hashes")
    errors: Any = importlib.import_module("cryptography.exceptions")
    if algorithm not in ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512"):
        return False
    digest = getattr(hashes, f"SHA{algorithm[2:]}")()
    try:
        if algorithm.startswith("RS"):
            _verify_rsa(key, digest, signed, _bytes(signature))
        else:
            _verify_elliptic(key, digest, signed, _bytes(signature))
    except (errors.InvalidSignature, KeyError, ValueError):
        return False
    return True


def _verify_rsa(key: _Key, digest: Any, signed: bytes, signature: bytes) -> None:
    rsa: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.rsa")
    padding: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.padding")
    public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
    public.verify(signature, signed, padding.PKCS1v15(), digest)


def _verify_elliptic(key: _Key, digest: Any, signed: bytes, signature: bytes) -> None:
    ec: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ec")
    utils: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.utils")
    name, size = _CURVES[key["crv"]]
    public = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), getattr(ec, name)()).public_key()
    # RFC 7518 writes the two numbers one after the other.
    r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    public.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(digest))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
