"""For tests of `rotate`: a user whose keys are made outside Pulumi, and its secret store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from pipeline_identity_cli.rotation import keys
from pipeline_identity_cli.rotation.tags import MARK, STORE

from tests.support import secrets_guard

if TYPE_CHECKING:
    from tests.pipeline.conftest import Command, Deployed, Ran

PARAMETER = "/pipelines/keys"


class Killed(BaseException):
    """The run ends here, as if the machine had lost its power."""


@dataclass
class Minted:
    """The user of the pipeline `minted`, and its key in a parameter."""

    command: Command
    deployed: Deployed
    user: str

    @cached_property
    def iam(self) -> Any:
        return self.deployed.sandbox.client("iam")

    @cached_property
    def ssm(self) -> Any:
        return self.deployed.sandbox.client("ssm")

    @property
    def address(self) -> str:
        sandbox = self.deployed.sandbox
        return f"arn:aws:ssm:{sandbox.region}:{sandbox.account}:parameter{PARAMETER}"

    def rotate(self, *arguments: str) -> Ran:
        ran = self.command("rotate", "--user", self.user, "--parameter", PARAMETER, "--settle", "0", *arguments)
        assert ran.out == "" or "json" in arguments
        return ran

    def killed_at(self, number: int, *arguments: str) -> bool:
        """Run it, and kill it at one of its calls of AWS; False when it ended before."""
        with pytest.MonkeyPatch.context() as patch:
            killing(patch, number)
            try:
                self.rotate(*arguments)
            except Killed:
                self.command.capsys.readouterr()
                return True
            return False

    def tags(self) -> dict[str, str]:
        """Those that a rotation has left."""
        found = self.iam.list_user_tags(UserName=self.user)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found if tag["Key"] in (MARK, STORE)}

    def bind(self, address: str | None = None) -> None:
        """As earlier rotations have left the user."""
        self.iam.tag_user(UserName=self.user, Tags=[{"Key": STORE, "Value": address or self.address}])

    def kept(self) -> tuple[str, str] | None:
        try:
            text = self.ssm.get_parameter(Name=PARAMETER, WithDecryption=True)["Parameter"]["Value"]
        except ClientError:
            return None
        key = json.loads(text)
        return key["accessKeyId"], key["secretAccessKey"]

    def put(self, key: tuple[str, str]) -> None:
        secrets_guard.remember_one(key[1])
        text = json.dumps({"accessKeyId": key[0], "secretAccessKey": key[1]})
        self.ssm.put_parameter(Name=PARAMETER, Value=text, Type="SecureString", Overwrite=True)

    def new_key(self) -> tuple[str, str]:
        made = self.iam.create_access_key(UserName=self.user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def keys(self) -> dict[str, str]:
        found = self.iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in found}

    def kept_works(self) -> bool:
        kept = self.kept()
        return kept is not None and self.works(kept)

    def works(self, key: tuple[str, str]) -> bool:
        try:
            arn = self.deployed.sandbox.client("sts", key).get_caller_identity()["Arn"]
        except ClientError:
            return False
        return arn == self.deployed.pipelines["minted"]["userArn"]

    def clear(self) -> None:
        for key in self.keys():
            self.iam.delete_access_key(UserName=self.user, AccessKeyId=key)
        if self.kept():
            self.ssm.delete_parameter(Name=PARAMETER)
        self.iam.untag_user(UserName=self.user, TagKeys=[MARK, STORE])


def killing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Kill what runs before one of its calls of AWS leaves; between calls, nothing changes that would last."""
    original: Any = vars(BaseClient)["_make_api_call"]
    made = 0

    def call(self: object, operation: str, arguments: object) -> Any:
        nonlocal made
        made += 1
        if made == number:
            raise Killed
        return original(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def goes_on(minted: Minted, number: int) -> None:
    """As somebody would go on who knows nothing of the kill, a day later."""
    with pytest.MonkeyPatch.context() as patch:
        later(patch, timedelta(hours=25))
        for arguments in ((), ("--delete-old",)):
            ran = minted.rotate(*arguments)
            assert ran.code == 0, f"after a kill at call {number}: {ran.err}"
            assert minted.kept_works(), f"after a kill at call {number}"
    kept = minted.kept()
    assert kept is not None
    assert minted.keys() == {kept[0]: "Active"}, f"after a kill at call {number}: no key is lost or left over"


def later(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    """AWS's clock is ahead of the times at which keys were made and used."""

    def ahead(date: str) -> datetime:
        return parsedate_to_datetime(date) + span

    monkeypatch.setattr(keys, "parsedate_to_datetime", ahead)
