"""What each way of handing out a key leaves in Pulumi's state, searched for in any encoding."""

from __future__ import annotations

import base64
import codecs
import json
import urllib.parse
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.test_keys import Site, error_of, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pgp import Owner
    from tests.support.sandboxes import Sandbox

PIECE = 12
"""A piece of this length is found of a secret that was cut into lines or pieces."""


@pytest.fixture
def site(sandbox: Sandbox) -> Site:
    return Site(sandbox)


def forms(secret: str) -> set[str]:
    """A secret in every form in which it might lie somewhere."""
    raw = secret.encode()
    found = {secret, secret[::-1], codecs.encode(secret, "rot13"), raw.hex(), raw.hex().upper(), raw[::-1].hex()}
    found |= {
        urllib.parse.quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        secret.replace("/", "\\/"),
        secret.swapcase(),
    }
    found |= {
        base64.b32encode(raw).decode().rstrip("="),
        base64.b85encode(raw).decode(),
        base64.a85encode(raw).decode(),
    }
    for shift in range(3):
        # Inside a longer text, base64 looks different for each of the three places a character can have.
        encoded = base64.b64encode(b" " * shift + raw).decode()
        found |= {encoded[4:-4], base64.urlsafe_b64encode(b" " * shift + raw).decode()[4:-4]}
    found |= {secret[start : start + PIECE] for start in range(len(secret) - PIECE + 1)}
    return found


def places(sandbox: Sandbox) -> Iterator[str]:
    """Every file of the state folder: the state, its backups and its history."""
    for file in (sandbox.folder / "state").rglob("*"):
        if file.is_file():
            yield file.read_bytes().decode("latin-1")


def lies_in_state(site: Site, secret: str) -> bool:
    texts = [json.dumps(site.stack.state()), *places(site.sandbox)]
    return any(form in text for form in forms(secret) for text in texts)


def lies_encrypted_in_state(site: Site, secret: str) -> bool:
    shown = site.stack.command("stack", "export", "--show-secrets")
    return any(form in succeeded(shown).output for form in forms(secret))


def test_the_search_finds_what_it_is_for() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    hidden = [secret, secret[::-1], secret.encode().hex(), base64.b64encode(f"key={secret}".encode()).decode()]

    for text in hidden:
        assert any(form in f"something {text} something" for form in forms(secret))
    assert not any(form in "something else altogether" for form in forms(secret))


def test_in_the_state_a_secret_lies_encrypted(site: Site) -> None:
    site.up()
    _, secret = site.key

    assert not lies_in_state(site, secret)
    assert lies_encrypted_in_state(site, secret)


@pytest.mark.long
@pytest.mark.parametrize("store", ["secrets-manager", "parameter-store"])
def test_a_store_gets_the_key_that_is_handed_out_and_the_state_has_it_encrypted(site: Site, store: str) -> None:
    kms = site.sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    keys = {"secret": store, "kms_key_arn": kms, "store_name": f"{store}/site"}

    def stored() -> dict[str, str]:
        if store == "secrets-manager":
            text = site.sandbox.client("secretsmanager").get_secret_value(SecretId=keys["store_name"])["SecretString"]
        else:
            answer = site.sandbox.client("ssm").get_parameter(Name=keys["store_name"], WithDecryption=True)
            text = answer["Parameter"]["Value"]
        return json.loads(text)

    site.up(keys=keys)
    first = stored()
    site.assume((first["accessKeyId"], first["secretAccessKey"]))
    assert site.outputs["secret_access_key"] is None
    assert (
        site.outputs["key_store_arn"].split(":")[5].startswith("secret" if store == "secrets-manager" else "parameter")
    )
    assert not lies_in_state(site, first["secretAccessKey"])
    assert lies_encrypted_in_state(site, first["secretAccessKey"])

    site.up(keys={**keys, "rotation": 1})
    assert stored() == first, "a new key is not handed out yet"
    site.up(keys={**keys, "rotation": 2})
    second = stored()
    assert second["accessKeyId"] == site.outputs["key_ids"]["second"]
    site.assume((second["accessKeyId"], second["secretAccessKey"]))
    assert site.stack.preview().changes == {}
    succeeded(site.stack.destroy())


@pytest.mark.long
def test_with_a_pgp_key_only_its_owner_has_the_secret(site: Site, pgp_owner: Owner) -> None:
    keys = {"secret": "pgp", "pgp_key": pgp_owner.public_key}
    site.up()
    before = site.key
    changed_mode = site.up(keys=keys)
    assert changed_mode.changes == {}, "the key that jobs use stays as it is"
    assert site.statuses() == {before[0]: "Active"}

    for step in (1, 2, 3, 4):
        site.up(keys={**keys, "rotation": step})
    outputs = site.outputs
    assert outputs["secret_access_key"] is None
    secret = pgp_owner.decrypt(outputs["encrypted_secret_access_key"])
    site.assume((outputs["access_key_id"], secret))
    assert not lies_in_state(site, secret)
    assert not lies_encrypted_in_state(site, secret)
    assert not lies_encrypted_in_state(site, before[1]), "the key of before is gone with its secret"


@pytest.mark.long
def test_keys_that_are_made_outside_are_never_in_the_state_and_a_suspended_user_cannot_use_them(site: Site) -> None:
    made_outside = {"secret": "outside"}
    site.up(keys=made_outside)
    made = site.iam.create_access_key(UserName="site-pipeline")["AccessKey"]
    key = (made["AccessKeyId"], made["SecretAccessKey"])
    site.assume(key)
    succeeded(site.stack.refresh())
    assert site.up(keys=made_outside).changes == {}
    outputs = site.outputs
    assert outputs["access_key_id"] is outputs["next_key_due"] is None
    assert outputs["key_ids"] == {}
    assert not lies_in_state(site, key[1])
    assert not lies_encrypted_in_state(site, key[1])
    assert key[0] not in succeeded(site.stack.command("stack", "export", "--show-secrets")).output

    site.up(keys=made_outside, suspended="2099-01-01T00:00:00Z")
    assert error_of(lambda: site.assume(key)) == "AccessDenied"
