"""The settings of the SFTP server: another stack's server, or an own server with its network, name and host key."""

import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from .config import SettingError, Source, matching, structure
from .schema import Schema, listing, members, schema_is, text

SECURITY_POLICY: Final = "TransferSecurityPolicy-2025-03"
"""The newest policy for servers: no SHA-1, no CBC ciphers, and key exchange that also withstands quantum computers."""

SECURITY_POLICIES: Final = (
    SECURITY_POLICY,
    "TransferSecurityPolicy-FIPS-2025-03",
    "TransferSecurityPolicy-SshAuditCompliant-2025-02",
    "TransferSecurityPolicy-2024-01",
    "TransferSecurityPolicy-FIPS-2024-05",
)
"""The accepted policies: the newest, and policies for clients or rules that need another one."""

_SERVER_ID: Final = re.compile(r"s-[0-9a-f]{17}")
_VPC: Final = re.compile(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})")
_SUBNET: Final = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_ZONE: Final = re.compile(r"Z[A-Z0-9]{1,31}")
_HOST: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")

_HOST_WORDS: Final = "a host name such as sftp.example.org"
_ZONE_WORDS: Final = "the id of a public hosted zone of Route 53, such as Z0123456789ABC"

MOST_SUBNETS: Final = 3
"""The number of elastic addresses of an endpoint (Transfer Family API reference, CreateServer)."""

LONGEST_KEY: Final = 4096
"""Characters of a host key (Transfer Family API reference, CreateServer)."""

_PRIVATE: Final = re.compile(r"-----BEGIN (OPENSSH |RSA |EC )?PRIVATE KEY-----\n.+-----END [A-Z ]+-----\n?", re.DOTALL)
_ENCRYPTED: Final = re.compile(r'\{"secure": "[^"]+"\}')
"""A secret in a stack's file, as it is read without Pulumi's engine."""

_HOST_KEY: Final = "sftp_host_key"
_WRITTEN: Final = f"write it with `pulumi config set --secret {_HOST_KEY} --cwd infra/service --stack STACK < FILE`"


@dataclass(frozen=True)
class Vpc:
    """A VPC, and the public subnets in which the server has an elastic address each."""

    vpc_id: str
    subnet_ids: tuple[str, ...]


@schema_is(lambda: text(_SERVER_ID, "the id of a server, s- and 17 hex digits"))
def server_id(config: Source, key: str) -> str | None:
    """Return the id of another stack's server, or None for an own server."""
    value, sftp = config.get(key), config.get("sftp")
    if sftp != "shared" and value is not None:
        raise SettingError(key, f"is set, yet sftp is {sftp}: remove it, or write sftp: shared.")
    if sftp == "shared" and not _SERVER_ID.fullmatch(value or ""):
        raise SettingError(key, f"is {value!r}: sftp: shared needs the server's id, s- and 17 hex digits.")
    return value


@schema_is(lambda: {"enum": [*SECURITY_POLICIES], "default": SECURITY_POLICY})
def security_policy(config: Source, key: str) -> str:
    """Return the security policy of the own server."""
    value = config.get(key) if _is_set(config, key) else SECURITY_POLICY
    if value not in SECURITY_POLICIES:
        raise SettingError(key, f"is {value!r}: write one of {', '.join(SECURITY_POLICIES)}.")
    return value


def _schema_of_vpc() -> Schema:
    subnets = {**listing(text(_SUBNET, "the id of a public subnet")), "minItems": 1, "maxItems": MOST_SUBNETS}
    return members({"vpc_id": text(_VPC, "the id of a VPC"), "subnet_ids": subnets}, "vpc_id", "subnet_ids")


@schema_is(_schema_of_vpc)
def vpc(config: Source, key: str) -> Vpc | None:
    """Return the network of the own server, or None for AWS's public endpoint."""
    if not _is_set(config, key):
        return None
    form = "{vpc_id: vpc-..., subnet_ids: [subnet-...]}, with one to three public subnets"
    value: dict[str, Any] = structure(config, key, dict, {}, form)
    subnets = value.get("subnet_ids")
    if value.keys() != {"vpc_id", "subnet_ids"} or not isinstance(subnets, list):
        raise SettingError(key, f"is {value!r}: write {form}.")
    identities = [_VPC.fullmatch(str(value["vpc_id"])), *(_SUBNET.fullmatch(str(subnet)) for subnet in subnets)]
    if not all(identities) or not 1 <= len(set(subnets)) == len(subnets) <= MOST_SUBNETS:
        raise SettingError(key, f"is {value!r}: write {form}.")
    return Vpc(value["vpc_id"], tuple(subnets))


@schema_is(lambda: text(_HOST, _HOST_WORDS))
def host_name(config: Source, key: str) -> str | None:
    """Return the own name of the server, or None for AWS's name."""
    return matching(config, key, _HOST, None, _HOST_WORDS) if _is_set(config, key) else None


@schema_is(lambda: text(_ZONE, _ZONE_WORDS))
def host_zone(config: Source, key: str) -> str | None:
    """Return the zone of Route 53 for the own name, or None if the name is made elsewhere."""
    if not _is_set(config, key):
        return None
    if config.get("sftp_host_name") is None:
        raise SettingError(key, "is set without sftp_host_name: write both, or remove it.")
    return matching(config, key, _ZONE, None, _ZONE_WORDS)


@schema_is(lambda: members({"secure": {"type": "string"}}, "secure"))
def host_key(config: Source, key: str) -> SecretStr | None:
    """Return the private key of the server, or None for a key that AWS makes with the server.

    The error messages do not contain the value.
    """
    if not _is_set(config, key):
        return None
    value = config.get(key) or ""
    if _ENCRYPTED.fullmatch(value):
        return SecretStr(value)
    if len(value) > LONGEST_KEY or not _PRIVATE.fullmatch(value):
        raise SettingError(key, f"is not a private key of OpenSSH without a passphrase: {_WRITTEN}.")
    return SecretStr(value)


def require_encrypted(key: SecretStr, *, secret: bool) -> None:
    """Raise SettingError if a stack's file has the host key in plain text: neither a secret, nor an encrypted text."""
    if not secret and not _ENCRYPTED.fullmatch(key.get_secret_value()):
        raise SettingError(_HOST_KEY, f"is in plain text: make a new key, since Git has this one, and {_WRITTEN}.")


def _is_set(config: Source, key: str) -> bool:
    """Return whether a setting of an own server is set. Raises SettingError if the stack has no own server."""
    if config.get(key) is None:
        return False
    if config.get("sftp") != "dedicated":
        raise SettingError(key, f"is set, yet sftp is {config.get('sftp')}: remove it, or write sftp: dedicated.")
    return True
