"""Everywhere but the given networks, in the words of event patterns: they can only say what an address is in."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from pipeline_identity._reading.tokens import is_late

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_identity._networks import Networks

_EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


def outside(networks: Networks) -> list[dict[str, Any]]:
    """Returns the ways to call from outside, as alternatives of a pattern; none when no networks are given.

    A call through a VPC endpoint has the endpoint's id in its record and a private address. A call that a service of
    AWS makes has the service's name instead of an address, and is none from outside.
    """
    if not networks.source_ips and not networks.vpc_endpoints:
        return []
    if any(map(is_late, networks.source_ips)):
        # Nothing can be computed yet, except that the pattern holds outputs.
        return [{"sourceIPAddress": list(networks.source_ips), "vpcEndpointId": list(networks.vpc_endpoints)}]
    addresses = [{"cidr": network} for network in everywhere_but(networks.source_ips)]
    others: list[Any] = [{"anything-but": list(networks.vpc_endpoints)} if networks.vpc_endpoints else {"exists": True}]
    by_endpoint: dict[str, Any] = {"vpcEndpointId": others}
    return [{"sourceIPAddress": addresses, "vpcEndpointId": [{"exists": False}]}, by_endpoint]


def everywhere_but(networks: Iterable[str]) -> list[str]:
    """Returns the fewest networks that hold every address outside the given ones."""
    left = list(_EVERYWHERE)
    for given in map(ipaddress.ip_network, networks):
        left = [piece for network in left for piece in _without(network, given)]
    return [
        str(network) for network in sorted(left, key=lambda network: (network.version, int(network.network_address)))
    ]


def _without(network: Any, taken: Any) -> list[Any]:
    if network.version != taken.version or not network.overlaps(taken):
        return [network]
    return [] if network.subnet_of(taken) else list(network.address_exclude(taken))
