"""Whether something can be encrypted to a public PGP key: read packet by packet, before any secret exists.

The format is that of RFC 9580, https://www.rfc-editor.org/rfc/rfc9580: sections 4.2 (packet headers), 5.2 (signatures),
5.5.2 (keys) and 10.1 (how the packets of a key follow each other). A key must have what the AWS provider looks for when
it encrypts, which is after it has made the access key: `EncryptionKey` in `openpgp/keys.go` of
https://github.com/ProtonMail/go-crypto. The signatures inside are read, not verified: whoever gives a key gives their
own.

No library is used. PGPy has had no release since 2022 and none for Python 3.13; pysequoia is a compiled extension,
which every program that imports the components would have to carry.
"""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_identity._reading.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE, _SECRET_KEY, _PUBLIC_KEY, _SECRET_SUBKEY, _USER_ID, _PUBLIC_SUBKEY, _ATTRIBUTE = 2, 5, 6, 7, 13, 14, 17
_VERSIONS = (4, 6)
# RSA, RSA for encryption alone, ElGamal, ECDH, X25519, X448: section 9.1.
_ENCRYPTING = {1, 2, 16, 18, 25, 26}
# Types of signatures, section 5.2.1.
_CERTIFICATIONS, _BINDING, _DIRECT = {0x10, 0x11, 0x12, 0x13}, 0x18, 0x1F
_KEY_REVOKED, _SUBKEY_REVOKED, _USER_REVOKED = 0x20, 0x28, 0x30
# Types of subpackets of a signature, section 5.2.3.7.
_CREATED, _EXPIRES, _KEY_EXPIRES, _ISSUER, _FLAGS, _FINGERPRINT = 2, 3, 9, 16, 27, 33
_MAY_ENCRYPT = 0x04
"""The flag "may be used to encrypt communications", the one that the AWS provider looks at (section 5.2.3.29)."""

_EXPORT = "write what this prints: gpg --export KEY | base64 -w0"
_NEW = "make one that can (gpg --quick-gen-key NAME default default), and export it again"


@dataclass(frozen=True)
class _Signature:
    kind: int
    hashed: dict[int, bytes]
    unhashed: dict[int, bytes]

    def number(self, subpacket: int) -> int:
        return int.from_bytes(self.hashed.get(subpacket, b""), "big")

    @property
    def issuer(self) -> bytes:
        """The last eight bytes of the fingerprint of whoever signed, or the first ones with version 6."""
        found = {**self.unhashed, **self.hashed}
        if _FINGERPRINT in found:
            version, fingerprint = found[_FINGERPRINT][0], found[_FINGERPRINT][1:]
            return _key_id(version, fingerprint)
        return found.get(_ISSUER, b"")

    @property
    def may_encrypt(self) -> bool:
        return bool(self.hashed.get(_FLAGS, b"\0")[0] & _MAY_ENCRYPT)

    def is_over(self, now: int) -> bool:
        return bool(self.number(_EXPIRES)) and now > self.number(_CREATED) + self.number(_EXPIRES)


@dataclass
class _Key:
    """The primary key or a subkey, with the newest of the signatures that say what it is for."""

    body: bytes
    signature: _Signature | None = None
    revoked: bool = False

    @property
    def created(self) -> int:
        return int.from_bytes(self.body[1:5], "big")

    @property
    def id(self) -> bytes:
        version, length = self.body[0], len(self.body)
        if version == 4:
            head = b"\x99" + length.to_bytes(2, "big")
            return _key_id(version, hashlib.sha1(head + self.body, usedforsecurity=False).digest())
        return _key_id(version, hashlib.sha256(b"\x9b" + length.to_bytes(4, "big") + self.body).digest())

    def is_over(self, now: int) -> bool:
        lasts = self.signature.number(_KEY_EXPIRES) if self.signature else 0
        return bool(lasts) and now > self.created + lasts

    @property
    def is_made_to_encrypt(self) -> bool:
        return self.body[5] in _ENCRYPTING and bool(self.signature and self.signature.may_encrypt)

    def take(self, signature: _Signature) -> None:
        if not self.signature or signature.number(_CREATED) >= self.signature.number(_CREATED):
            self.signature = signature


@dataclass
class _Certificate:
    """A primary key and what belongs to it."""

    primary: _Key
    subkeys: list[_Key] = field(default_factory=list[_Key])
    users: int = 0
    revoked_users: int = 0


def public_key(written: str, *, now: float | None = None) -> str:
    """Checks a public PGP key in base64, and that the AWS provider can encrypt to it.

    Args:
        written: The key as `gpg --export KEY | base64` writes it.
        now: When the key is used, in seconds since 1970; the present moment by default.

    Returns:
        The key without blanks and line breaks.

    Raises:
        Refusal: It cannot be used; the message never shows it.
    """
    compact = "".join(written.split())
    if compact.startswith("-----BEGIN"):
        raise Refusal("is armored text", _EXPORT, is_secret=True)
    try:
        certificate = _certificate(base64.b64decode(compact, validate=True))
    except Refusal:
        raise
    except (ValueError, IndexError):
        raise Refusal("is not a public PGP key in base64", _EXPORT) from None
    _refuse_unusable(certificate, int(time.time() if now is None else now))
    return compact


def _refuse_unusable(certificate: _Certificate, now: int) -> None:
    primary = certificate.primary
    if primary.revoked or (certificate.users and certificate.users == certificate.revoked_users):
        raise Refusal("is a PGP key that was revoked", "export one that is in use")
    if not certificate.users or not primary.signature:
        raise Refusal("is a PGP key without a user id that the key itself has signed", _EXPORT)
    if primary.is_over(now) or primary.signature.is_over(now):
        raise Refusal("is a PGP key that has expired", "prolong it (gpg --quick-set-expire), and export it again")
    made = [key for key in (*certificate.subkeys, primary) if key.is_made_to_encrypt]
    if not made:
        raise Refusal("is a PGP key that can sign, but that nothing can be encrypted to", _NEW)
    usable = [key for key in made if not key.revoked and not key.is_over(now)]
    if not any(key.signature and not key.signature.is_over(now) for key in usable):
        raise Refusal("is a PGP key whose subkeys for encryption have expired or were revoked", _NEW)


def _certificate(data: bytes) -> _Certificate:
    packets = list(_packets(data))
    if any(tag in (_SECRET_KEY, _SECRET_SUBKEY) for tag, _ in packets):
        raise Refusal("is a private PGP key, which nobody but its owner may have", _EXPORT, is_secret=True)
    if [tag for tag, _ in packets].count(_PUBLIC_KEY) > 1:
        raise Refusal("holds several PGP keys, of which only one could be meant", _EXPORT)
    if not packets or packets[0][0] != _PUBLIC_KEY:
        raise Refusal("is not a public PGP key", _EXPORT)
    certificate = _Certificate(_key(packets[0][1]))
    on_user = False
    for tag, body in packets[1:]:
        if tag == _PUBLIC_SUBKEY:
            certificate.subkeys.append(_key(body))
        elif tag in (_USER_ID, _ATTRIBUTE):
            on_user = tag == _USER_ID
            certificate.users += on_user
        elif tag == _SIGNATURE and (signature := _signature(body)):
            _apply(certificate, signature, on_user=on_user)
    return certificate


def _apply(certificate: _Certificate, signature: _Signature, *, on_user: bool) -> None:
    primary = certificate.primary
    if signature.kind == _BINDING and certificate.subkeys:
        certificate.subkeys[-1].take(signature)
    elif signature.kind == _SUBKEY_REVOKED and certificate.subkeys:
        certificate.subkeys[-1].revoked = True
    elif signature.issuer != primary.id:
        # Somebody else has certified the key, which says nothing about what it is for.
        return
    elif signature.kind == _KEY_REVOKED:
        primary.revoked = True
    elif signature.kind == _USER_REVOKED and on_user:
        certificate.revoked_users += 1
    elif signature.kind == _DIRECT if primary.body[0] == 6 else signature.kind in _CERTIFICATIONS and on_user:
        primary.take(signature)


def _key(body: bytes) -> _Key:
    if body[0] not in _VERSIONS:
        raise Refusal("is a PGP key of a version that is out of use", _NEW)
    return _Key(body)


def _key_id(version: int, fingerprint: bytes) -> bytes:
    return fingerprint[-8:] if version == 4 else fingerprint[:8]


def _signature(body: bytes) -> _Signature | None:
    version, kind = body[0], body[1]
    if version not in _VERSIONS:
        return None
    width = 2 if version == 4 else 4
    hashed, rest = _counted(body[4:], width)
    unhashed, _ = _counted(rest, width)
    return _Signature(kind, dict(_subpackets(hashed)), dict(_subpackets(unhashed)))


def _counted(data: bytes, width: int) -> tuple[bytes, bytes]:
    end = width + int.from_bytes(data[:width], "big")
    if end > len(data):
        raise ValueError(data)
    return data[width:end], data[end:]


def _subpackets(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, start = _length(data, partial=False)
        # The highest bit says that whoever does not know the type must not go on.
        yield data[start] & 0x7F, data[start + 1 : start + length]
        data = data[start + length :]


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        head = data[0]
        if not head & 0x80:
            raise ValueError(head)
        if head & 0x40:
            tag, (length, start) = head & 0x3F, _length(data[1:], partial=True)
            start += 1
        else:
            # The old form: a length of 1, 2 or 4 bytes. Without a length the packet is the rest, which no key is.
            tag, start = head >> 2 & 0x0F, 1 + (1, 2, 4)[head & 3]
            length = int.from_bytes(data[1:start], "big")
        if start + length > len(data):
            raise ValueError(length)
        yield tag, data[start : start + length]
        data = data[start + length :]


def _length(data: bytes, *, partial: bool) -> tuple[int, int]:
    """The length of what follows, and how many bytes it takes to say it (sections 4.2.1 and 5.2.3.7)."""
    first = data[0]
    if first < 192:
        return first, 1
    # Packets that come in parts are only for data; there, the lengths from 224 to 254 begin one.
    if first < (224 if partial else 255):
        return ((first - 192) << 8) + data[1] + 192, 2
    if first != 255:
        raise ValueError(first)
    return int.from_bytes(data[1:5], "big"), 5
