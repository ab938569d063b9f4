"""The SFTP server, its users and its network."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pulumi
import pulumi_aws as aws
from pulumi_aws import iam, route53, s3, transfer

from ..configuration.list_settings import SECURITY_POLICY, PublicKey, Vpc
from ..stack.program import Account, Component, Logs, allow, grant, trust

FOLDERS: Final = ("incoming", "reports")
"""The folders that a partner sees. A partner with exported files sees "outgoing" too."""

DEDICATED_COST = "the dedicated SFTP endpoint costs about 0.30 USD an hour for as long as it exists."


def sftp_server(
    owner: Component,
    name: str,
    logs: Logs,
    *,
    security_policy: str = SECURITY_POLICY,
    host_key: str | None = None,
    vpc: "transfer.ServerEndpointDetailsArgsDict | None" = None,
) -> transfer.Server:
    """Make an SFTP server with managed users and structured logs, and log its cost.

    `vpc` are the details of an endpoint in a VPC, which replaces the public endpoint.
    """
    pulumi.log.info(DEDICATED_COST, owner)
    log_group = logs.group("vendedlogs/transfer", name, parent=owner)
    return transfer.Server(
        name,
        domain="S3",
        endpoint_type="VPC" if vpc else "PUBLIC",
        endpoint_details=vpc,
        host_key=host_key,
        protocols=["SFTP"],
        identity_provider_type="SERVICE_MANAGED",
        security_policy_name=security_policy,
        # Clients set a file's time after its upload, which S3 does not support. Ignore the request instead of failing.
        protocol_details={"set_stat_option": "ENABLE_NO_OP"},
        # Transfer then creates the folders of a new partner, who otherwise finds none (Transfer Family User Guide,
        # "Configure logical directories examples"). The API's default is off.
        s3_storage_options={"directory_listing_optimization": "ENABLED"},
        structured_log_destinations=[pulumi.Output.concat(log_group.arn, ":*")],
        tags=owner.labels.tags,
        opts=owner.child(depends_on=[log_group]),
    )


def sftp_endpoint(server_id: str, account: Account) -> pulumi.Output[str]:
    """Return the host name of a server that another stack owns."""
    domain = account.partition.apply(lambda partition: partition.domain)
    return pulumi.Output.concat(server_id, ".server.transfer.", account.region, ".", domain)


def sftp_user(
    owner: Component,
    partner: str,
    public_keys: Iterable[PublicKey],
    *,
    server_id: pulumi.Input[str],
    bucket: s3.Bucket,
    key_arn: pulumi.Input[str],
    account: Account,
    folders: Sequence[str] = FOLDERS,
) -> None:
    """Make a partner's user, who logs in by key only and sees the folders, which are the partner's own prefixes."""
    name = f"sftp-{partner}"
    role = iam.Role(name, assume_role_policy=trust("transfer", account.id), **owner.named(name))
    _permit(owner, role, partner, bucket, key_arn, folders)
    login = transfer.User(
        name,
        server_id=server_id,
        user_name=partner,
        role=role.arn,
        home_directory_type="LOGICAL",
        home_directory_mappings=[
            {"entry": f"/{folder}", "target": pulumi.Output.concat("/", bucket.id, f"/{folder}/{partner}")}
            for folder in folders
        ],
        tags=owner.labels.tags,
        opts=owner.child(),
    )
    _import(owner, name, server_id, login, public_keys)


def _import(
    owner: Component, name: str, server_id: pulumi.Input[str], login: transfer.User, keys: Iterable[PublicKey]
) -> None:
    """Import the keys, and warn of keys that expire soon. An expired key is not imported."""
    today = datetime.now(UTC).date()
    for number, key in enumerate(keys, start=1):
        if warning := key.warning(today):
            pulumi.log.warn(f"{name}: {warning}", owner)
        if not key.is_expired(today):
            named, options = _key_name(name, number, key)
            options = owner.child(**options)
            transfer.SshKey(named, server_id=server_id, user_name=login.user_name, body=key.text, opts=options)


def _key_name(name: str, number: int, key: PublicKey) -> tuple[str, dict[str, Any]]:
    """Return the name of a key's resource, and its options.

    A position changes with the removal of an earlier key. Pulumi would then import a key that the user still has.
    """
    position = f"{name}-key-{number}"
    if key.by_position:
        return position, {}
    return f"{name}-key-{key.digest[:8]}", {"aliases": [pulumi.Alias(position)]}


def sftp_folders(owner: Component, partner: str, bucket: s3.Bucket, folders: Sequence[str] = FOLDERS) -> None:
    """Make the partner's folders as empty objects, for a server of another stack, which creates no folders."""
    for folder in folders:
        s3.BucketObjectv2(f"{folder}-{partner}", bucket=bucket.id, key=f"{folder}/{partner}/", opts=owner.child())


def _permit(
    owner: Component,
    role: iam.Role,
    partner: str,
    bucket: s3.Bucket,
    key_arn: pulumi.Input[str],
    names: Sequence[str],
) -> None:
    folders = [f"{folder}/{partner}" for folder in names]
    incoming, *readable = (pulumi.Output.concat(bucket.arn, f"/{folder}/*") for folder in folders)
    own = [*folders, *(f"{folder}/*" for folder in folders)]
    grant(
        owner,
        role,
        allow(["s3:ListBucket"], bucket.arn, Condition={"StringLike": {"s3:prefix": own}}),
        # S3 renames a file, for instance `list.csv.filepart`, by a copy and a deletion.
        allow(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], incoming),
        allow(["s3:GetObject"], *readable),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn),
    )


PORT: Final = 22

_DESCRIBED: Final = 255
"""Characters of a rule's description (Amazon EC2 API reference, IpRange)."""

_TTL: Final = 300
"""Seconds for which resolvers store the record."""


def sftp_addresses(owner: Component, name: str, vpc: Vpc, *, protect: bool) -> "list[aws.ec2.Eip]":
    """Make an elastic address for each subnet. Partners name the addresses in their firewalls, so they are data."""
    return [
        aws.ec2.Eip(f"{name}-address-{number}", domain="vpc", tags=owner.labels.tags, opts=owner.stateful(protect))
        for number, _ in enumerate(vpc.subnet_ids, start=1)
    ]


def sftp_network(
    owner: Component, name: str, vpc: Vpc, addresses: "Sequence[aws.ec2.Eip]", allowed: Mapping[str, Sequence[str]]
) -> "transfer.ServerEndpointDetailsArgsDict":
    """Return the details of an endpoint in a VPC, with a security group of the partners' addresses.

    AWS checks the addresses of a server, not of a user: each partner may connect from the addresses of all partners.
    """
    group = aws.ec2.SecurityGroup(
        f"{name}-partners",
        description="Partners that may connect over SFTP",
        vpc_id=vpc.vpc_id,
        ingress=[_rule(address, allowed) for address in sorted({cidr for cidrs in allowed.values() for cidr in cidrs})],
        **owner.named(f"{name}-partners"),
    )
    return {
        "vpc_id": vpc.vpc_id,
        "subnet_ids": list(vpc.subnet_ids),
        "address_allocation_ids": [address.id for address in addresses],
        "security_group_ids": [group.id],
    }


def _rule(address: str, allowed: Mapping[str, Sequence[str]]) -> Any:
    """Return the rule of an address, which several partners may share: AWS refuses a second rule for it."""
    names = ", ".join(sorted(partner for partner, cidrs in allowed.items() if address in cidrs))
    port = {"protocol": "tcp", "from_port": PORT, "to_port": PORT}
    return {**port, "cidr_blocks": [address], "description": names[:_DESCRIBED]}


def sftp_name(owner: Component, name: str, host: str, zone: str, endpoint: pulumi.Input[str]) -> None:
    """Make the host name of a server in a zone of Route 53."""
    route53.Record(name, zone_id=zone, name=host, type="CNAME", ttl=_TTL, records=[endpoint], opts=owner.child())
