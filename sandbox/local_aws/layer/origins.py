"""Where a call comes from: an address, or a VPC endpoint.

On one machine everything comes from loopback, so a call may say where it would come from:

- by the header ``X-Sandbox-Source-Ip``, an IPv4 or IPv6 address. AWS knows no such header, so nothing that a program
  sends to AWS can mean it;
- by the name it calls: ``vpce-ID-SUFFIX.SERVICE.REGION.vpce.amazonaws.com``, as in AWS, is the VPC endpoint of this id.
  Then, as in AWS, there is no ``aws:SourceIp``.

Source: "AWS global condition context keys" in the IAM user guide.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.local_aws.layer.calls import Refused

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Scope

_ADDRESS_HEADER = b"x-sandbox-source-ip"
_ENDPOINT = re.compile(r"(vpce-(?:[0-9a-f]{17}|[0-9a-f]{8}))-[\w-]+\.[\w.-]+\.vpce\.amazonaws\.com(?::\d+)?")


@dataclass(frozen=True)
class Origin:
    """Where one call comes from.

    Attributes:
        address: An IP address.
        vpc_endpoint: The id of the VPC endpoint it came through, empty for none.
    """

    address: str = "127.0.0.1"
    vpc_endpoint: str = ""


def of(scope: Scope) -> Origin:
    """Where a request comes from.

    Raises:
        Refused: It says that it comes from what is no address.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    peer = str((scope.get("client") or ("127.0.0.1",))[0])
    endpoint = _ENDPOINT.fullmatch(headers.get(b"host", ""))
    return Origin(_checked(headers.get(_ADDRESS_HEADER, peer)), endpoint[1] if endpoint else "")


def _checked(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise Refused(400, "ValidationError", f"X-Sandbox-Source-Ip: {address!r} is no IP address.") from None
