"""Where a pipeline's calls must come from, and calls that come from there: see `sandbox/local_aws/layer/origins.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Place:
    """A place that calls come from; this machine when both are empty.

    Attributes:
        address: An IP address.
        vpc_endpoint: The id of a VPC endpoint of STS.
    """

    address: str = ""
    vpc_endpoint: str = ""

    def __bool__(self) -> bool:
        return bool(self.address or self.vpc_endpoint)

    def send_from_here(self, client: Any, service: str, region: str) -> None:
        """Let the calls of a boto3 client come from this place, the calls of STS alone through the endpoint."""

        def mark(request: Any, **_: Any) -> None:
            if self.address:
                request.headers["X-Sandbox-Source-Ip"] = self.address
            elif self.vpc_endpoint and service == "sts":
                request.headers["Host"] = f"{self.vpc_endpoint}-proof.sts.{region}.vpce.amazonaws.com"

        client.meta.events.register("before-sign", mark)


THIS_MACHINE = Place()


def of_trust(policy: str) -> Place:
    """The first place from which a trust policy lets anybody in."""
    for statement in json.loads(policy)["Statement"]:
        for operator, key in (("IpAddress", "aws:SourceIp"), ("StringEquals", "aws:SourceVpce")):
            for value in _values(statement.get("Condition", {}), operator, key):
                return Place(address=value.partition("/")[0]) if key == "aws:SourceIp" else Place(vpc_endpoint=value)
    return THIS_MACHINE


def _values(conditions: Mapping[str, Any], operator: str, key: str) -> Iterator[str]:
    written = cast("str | list[str]", conditions.get(operator, {}).get(key, []))
    yield from [written] if isinstance(written, str) else written
