"""The provider without an engine: what the engine would ask, asked by the test."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.provider.service import Service
from sandbox.provider.values import UNKNOWN, from_struct, to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.local_aws import LocalAws

REGION = "eu-central-1"


@dataclass
class Known:
    """A resource as the engine's state knows it."""

    token: str
    name: str
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::project::{self.token}::{self.name}"


@dataclass
class Asked:
    """A configured provider in an account of its own."""

    account: str
    endpoint: str
    service: Service
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])

    def client(self, service: str, region: str = REGION) -> Any:
        """boto3 as the account's root."""
        if (service, region) not in self._clients:
            session: Any = boto3.Session(self.account, "test")
            made = session.client(service, endpoint_url=self.endpoint, region_name=region)
            self._clients[service, region] = made
        return self._clients[service, region]

    def configure(self, **settings: Any) -> None:
        basic = {"region": REGION, "accessKey": self.account, "secretKey": "test", "s3UsePathStyle": "true"}
        self.service.configure(provider_pb2.ConfigureRequest(args=struct({**basic, **settings})))

    def one_who_may(self, *actions: str) -> dict[str, str]:
        """The settings of a provider that a user with these permissions runs."""
        iam = self.client("iam")
        iam.create_user(UserName="limited")
        allowed = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam.put_user_policy(UserName="limited", PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName="limited")["AccessKey"]
        return {"accessKey": key["AccessKeyId"], "secretKey": key["SecretAccessKey"]}

    def check(self, token: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> Any:
        return self.service.check(
            provider_pb2.CheckRequest(
                urn=Known(token, "one").urn, news=struct(inputs), olds=struct(old or {}), randomSeed=b"seed"
            )
        )

    def failures(self, token: str, inputs: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with inputs, by property."""
        return {failure.property: failure.reason for failure in self.check(token, inputs).failures}

    def create(self, token: str, inputs: Mapping[str, Any]) -> Known:
        checked = self.check(token, inputs)
        assert list(checked.failures) == []
        known = Known(token, "one", inputs=plain(checked.inputs))
        made = self.service.create(provider_pb2.CreateRequest(urn=known.urn, properties=checked.inputs))
        known.id, known.outputs = made.id, plain(made.properties)
        return known

    def preview_create(self, token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        known = Known(token, "one")
        made = self.service.create(provider_pb2.CreateRequest(urn=known.urn, properties=struct(inputs), preview=True))
        return plain(made.properties)

    def compare(self, known: Known, inputs: Mapping[str, Any], ignored: tuple[str, ...] = ()) -> Any:
        news = self.check(known.token, inputs, known.inputs).inputs
        return self.service.compare(
            provider_pb2.DiffRequest(
                urn=known.urn, id=known.id, olds=struct(known.outputs), news=news, ignoreChanges=ignored
            )
        )

    def changes(self, known: Known, inputs: Mapping[str, Any]) -> dict[str, str]:
        """What is to change: the kind of the change, by property."""
        compared = self.compare(known, inputs)
        kinds = provider_pb2.PropertyDiff.Kind
        found = {path: kinds.Name(one.kind) for path, one in compared.detailedDiff.items()}
        assert compared.changes == (
            provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
        )
        return found

    def update(self, known: Known, inputs: Mapping[str, Any]) -> None:
        news = self.check(known.token, inputs, known.inputs).inputs
        done = self.service.update(
            provider_pb2.UpdateRequest(urn=known.urn, id=known.id, olds=struct(known.outputs), news=news)
        )
        known.inputs, known.outputs = plain(news), plain(done.properties)

    def refresh(self, known: Known) -> bool:
        """Read a known resource again; whether it is still there."""
        read = self.service.read(
            provider_pb2.ReadRequest(
                urn=known.urn, id=known.id, properties=struct(known.outputs), inputs=struct(known.inputs)
            )
        )
        known.inputs, known.outputs = plain(read.inputs), plain(read.properties)
        return bool(read.id)

    def read(self, token: str, resource_id: str) -> Known:
        """Read a resource of which nothing but the id is known, as an import does."""
        known = Known(token, "one")
        read = self.service.read(provider_pb2.ReadRequest(urn=known.urn, id=resource_id))
        return Known(token, "one", read.id, plain(read.inputs), plain(read.properties))

    def delete(self, known: Known) -> None:
        self.service.delete(provider_pb2.DeleteRequest(urn=known.urn, id=known.id, properties=struct(known.outputs)))

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        answer = self.service.invoke(provider_pb2.InvokeRequest(tok=token, args=struct(arguments)))
        return plain(getattr(answer, "return"))


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(to_plain(cast("Any", values)), struct_pb2.Struct())


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    return cast("dict[str, Any]", from_struct(message))


@pytest.fixture
def aws(shared_local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A configured provider, and an empty account."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", shared_local_aws.endpoint)
    account = f"{random.SystemRandom().randrange(10**11, 10**12)}"
    asked = Asked(account, shared_local_aws.endpoint, Service("7.51.1"))
    asked.configure()
    return asked


__all__ = ["REGION", "UNKNOWN", "Asked", "Known", "plain", "struct"]
