"""The network of an SFTP server: its elastic addresses, the addresses that may connect, and its own name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi
from pulumi_aws import ec2, route53, transfer

from ..configuration.sftp import Vpc
from ..stack.component import Component

PORT: Final = 22

_DESCRIBED: Final = 255
"""Characters of a rule's description (Amazon EC2 API reference, IpRange)."""

_TTL: Final = 300
"""Seconds for which resolvers store the record."""


def sftp_addresses(owner: Component, name: str, vpc: Vpc, *, protect: bool) -> list[ec2.Eip]:
    """Make an elastic address for each subnet. Partners name the addresses in their firewalls, so they are data."""
    return [
        ec2.Eip(f"{name}-address-{number}", domain="vpc", tags=owner.labels.tags, opts=owner.stateful(protect))
        for number, _ in enumerate(vpc.subnet_ids, start=1)
    ]


def sftp_network(
    owner: Component, name: str, vpc: Vpc, addresses: Sequence[ec2.Eip], allowed: Mapping[str, Sequence[str]]
) -> "transfer.ServerEndpointDetailsArgsDict":
    """Return the details of an endpoint in a VPC, with a security group of the partners' addresses.

    AWS checks the addresses of a server, not of a user: each partner may connect from the addresses of all partners.
    """
    group = ec2.SecurityGroup(
        f"{name}-partners",
        name=owner.labels.name(f"{name}-partners"),
        description="Partners that may connect over SFTP",
        vpc_id=vpc.vpc_id,
        ingress=[_rule(address, allowed) for address in sorted({one for found in allowed.values() for one in found})],
        tags=owner.labels.tags,
        opts=owner.child(),
    )
    return {
        "vpc_id": vpc.vpc_id,
        "subnet_ids": list(vpc.subnet_ids),
        "address_allocation_ids": [address.id for address in addresses],
        "security_group_ids": [group.id],
    }


def _rule(address: str, allowed: Mapping[str, Sequence[str]]) -> Any:
    """Return the rule of an address, which several partners may share: AWS refuses a second rule for it."""
    names = ", ".join(sorted(partner for partner, found in allowed.items() if address in found))
    port = {"protocol": "tcp", "from_port": PORT, "to_port": PORT}
    return {**port, "cidr_blocks": [address], "description": names[:_DESCRIBED]}


def sftp_name(owner: Component, name: str, host: str, zone: str, endpoint: pulumi.Input[str]) -> None:
    """Make the host name of a server in a zone of Route 53."""
    route53.Record(name, zone_id=zone, name=host, type="CNAME", ttl=_TTL, records=[endpoint], opts=owner.child())
