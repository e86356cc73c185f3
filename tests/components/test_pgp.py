"""A PGP key to which nothing can be encrypted is refused before there is a secret that nobody could be given.

The keys of `pgp_keys.json` were made and exported with gpg 2.2, each as its name says.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from pipeline_identity import ArgumentError, PipelineUser
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.keys.pgp import public_key

from tests.components.cases import user_args
from tests.components.recording import declare

KEYS: dict[str, str] = json.loads((Path(__file__).parent / "pgp_keys.json").read_text())
GOOD = KEYS["ed25519 with a subkey for encryption"]
# Packet and subpacket headers of the keys above.
_PUBLIC_SUBKEY, _PUBLIC_KEY, _FLAGS = b"\xb8\x38", b"\x98\x33", b"\x02\x1b\x0c"


def changed(before: bytes, after: bytes) -> str:
    """The good key with a part of it changed."""
    raw = base64.b64decode(GOOD)
    assert raw.count(before) == 1
    return base64.b64encode(raw.replace(before, after)).decode()


@pytest.mark.parametrize(
    "name",
    [
        "ed25519 with a subkey for encryption",
        "rsa2048 with a subkey for encryption",
        "rsa2048 that encrypts by itself",
        "certified by somebody else",
        "replaced subkey",
    ],
)
def test_a_key_that_something_can_be_encrypted_to_is_accepted(name: str) -> None:
    assert public_key(KEYS[name]) == KEYS[name]


def test_line_breaks_of_base64_are_taken_out() -> None:
    assert public_key("\n".join([GOOD[:76], GOOD[76:], ""])) == GOOD


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (KEYS["signs alone"], "can sign, but"),
        (KEYS["rsa2048, signs alone"], "can sign, but"),
        (KEYS["expired"], "has expired"),
        (KEYS["subkey expired"], "subkeys for encryption have expired or were revoked"),
        (KEYS["subkey revoked"], "subkeys for encryption have expired or were revoked"),
        (KEYS["revoked"], "was revoked"),
        (KEYS["two keys"], "several PGP keys"),
        (changed(_PUBLIC_KEY, b"\x94\x33"), "private PGP key"),
        (changed(_PUBLIC_SUBKEY, b"\x9c\x38"), "private PGP key"),
        # The third byte is the key's version, the eighth its algorithm: 22 signs, 18 encrypts.
        (changed(_PUBLIC_KEY + b"\x04", _PUBLIC_KEY + b"\x03"), "version that is out of use"),
        (changed(b"\x12\x0a\x2b", b"\x16\x0a\x2b"), "can sign, but"),
        # To encrypt files alone (0x08) is not what the AWS provider looks for.
        (changed(_FLAGS, b"\x02\x1b\x08"), "can sign, but"),
        (base64.b64encode(base64.b64decode(GOOD)[:-1]).decode(), "not a public PGP key in base64"),
        (base64.b64encode(b"\xb4\x03ops").decode(), "not a public PGP key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----", "armored text"),
        ("ssh-ed25519", "not a public PGP key in base64"),
        ("", "not a public PGP key"),
    ],
)
def test_any_other_key_is_refused_with_what_to_do(key: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as refused:
        public_key(key)
    assert "gpg" in refused.value.fix or "export" in refused.value.fix


def test_a_flag_for_messages_alone_is_enough() -> None:
    key = changed(_FLAGS, b"\x02\x1b\x04")
    assert public_key(key) == key


def test_a_key_is_good_until_the_day_it_expires() -> None:
    assert public_key(KEYS["expired"], now=1_600_000_000)
    with pytest.raises(Refusal, match="has expired"):
        public_key(KEYS["expired"], now=1_620_000_000)


def test_nothing_is_registered_with_a_key_that_only_signs() -> None:
    keys = {"secret": "pgp", "pgp_key": KEYS["signs alone"]}
    with pytest.raises(ArgumentError, match=r"keys.pgp_key: .* can sign, but that nothing can be encrypted to"):
        declare(lambda: PipelineUser("site", user_args(keys=keys)))


@pytest.mark.parametrize("key", [changed(_PUBLIC_KEY, b"\x94\x33"), "-----BEGIN PGP PRIVATE KEY BLOCK----- lQ..."])
def test_a_private_key_is_shown_nowhere(key: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        declare(lambda: PipelineUser("site", user_args(keys={"secret": "pgp", "pgp_key": key})))
    assert key[:8] not in str(refused.value)
    assert "is armored text" in str(refused.value) or "is a private PGP key" in str(refused.value)


def test_a_user_can_be_suspended_after_the_pgp_key_has_expired() -> None:
    keys = {"secret": "pgp", "pgp_key": KEYS["expired"]}
    with pytest.raises(ArgumentError, match="has expired"):
        declare(lambda: PipelineUser("site", user_args(keys=keys)))

    recording = declare(lambda: PipelineUser("site", user_args(keys=keys, suspended="2026-11-25T16:30:00Z")))

    assert recording.one("aws:iam/accessKey:AccessKey").inputs["status"] == "Inactive"
