"""Where calls may come from: public networks, VPC endpoints, endpoints of some owner, VPCs, or any of these.

A call through a VPC endpoint has no public address, so the two can only be alternatives. Keys:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_identity._arns import account_id
from pipeline_identity._conditions import Condition
from pipeline_identity._formats import organization_id
from pipeline_identity._reading.arguments import late, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity._reading.tokens import is_late

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity._reading.arguments import Arguments

_VPC = re.compile(r"arn:[a-z-]+:ec2:[a-z0-9-]+:[0-9]{12}:vpc/vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_ENDPOINT = re.compile(r"vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_PRIVATE_4 = [ipaddress.IPv4Network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_PRIVATE_6 = ipaddress.IPv6Network("fc00::/7")


@dataclass(frozen=True)
class Networks:
    """Where calls may come from; anywhere when all are empty."""

    source_ips: tuple[str, ...] = ()
    vpc_endpoints: tuple[str, ...] = ()
    vpc_endpoint_accounts: tuple[str, ...] = ()
    vpc_endpoint_organizations: tuple[str, ...] = ()
    vpc_arns: tuple[str, ...] = ()

    @property
    def alternatives(self) -> list[tuple[Condition, ...]]:
        """The conditions of each way to call: a statement needs one of them, so it stands once for each."""
        ways = (
            Condition("IpAddress", "aws:SourceIp", self.source_ips),
            Condition("StringEquals", "aws:SourceVpce", self.vpc_endpoints),
            Condition("StringEquals", "aws:VpceAccount", self.vpc_endpoint_accounts),
            Condition("StringEquals", "aws:VpceOrgID", self.vpc_endpoint_organizations),
            Condition("ArnEquals", "aws:SourceVpcArn", self.vpc_arns),
        )
        return [(one,) for one in ways if one.values] or [()]


def read_networks(arguments: Arguments, *, owners: bool = True) -> Networks:
    """Reads `NetworkArgs` or, with the owners of endpoints, `OwnedNetworkArgs`.

    Args:
        arguments: The arguments.
        owners: Whether owners of endpoints and VPCs are taken: the records of calls do not tell them all.
    """
    networks = Networks(
        arguments.texts("source_ips", late(_network)), arguments.texts("vpc_endpoints", late(_endpoint))
    )
    if owners:
        networks = replace(
            networks,
            vpc_endpoint_accounts=arguments.texts("vpc_endpoint_accounts", late(account_id)),
            vpc_endpoint_organizations=arguments.texts("vpc_endpoint_organizations", late(organization_id)),
            vpc_arns=arguments.texts("vpc_arns", late(_vpc)),
        )
    if _are_everywhere(networks.source_ips):
        arguments.refuse(
            ("source_ips",),
            list(networks.source_ips),
            "are everywhere together",
            "leave the argument out, or name your own networks",
        )
    return networks


def _are_everywhere(source_ips: Sequence[str]) -> bool:
    networks = [ipaddress.ip_network(one) for one in source_ips if not is_late(one)]
    four = [one for one in networks if isinstance(one, ipaddress.IPv4Network)]
    six = [one for one in networks if isinstance(one, ipaddress.IPv6Network)]
    joined = (*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six))
    return any(network.prefixlen == 0 for network in joined)


def _network(value: object) -> str:
    written = text(value)
    try:
        network = ipaddress.ip_network(written)
    except ValueError as error:
        raise Refusal(
            f"is not an address or network ({error})", "write it like 203.0.113.7 or 203.0.113.0/24"
        ) from None
    if network.prefixlen == 0:
        raise Refusal("is everywhere", "leave the argument out, or name your own networks")
    if _is_private(network):
        raise Refusal(
            "is a private network, and AWS sees public addresses", "name its VPC endpoint under vpc_endpoints"
        )
    return written


def _is_private(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if isinstance(network, ipaddress.IPv6Network):
        return network.subnet_of(_PRIVATE_6)
    return any(network.subnet_of(private) for private in _PRIVATE_4)


def _endpoint(value: object) -> str:
    endpoint = text(value)
    if not _ENDPOINT.fullmatch(endpoint):
        raise Refusal("is not the id of a VPC endpoint", "write it like vpce-0123456789abcdef0")
    return endpoint


def _vpc(value: object) -> str:
    arn = text(value)
    if not _VPC.fullmatch(arn):
        raise Refusal(
            "is not the ARN of a VPC", "write it like arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0"
        )
    return arn
