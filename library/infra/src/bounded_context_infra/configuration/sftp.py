"""The settings of the SFTP server: another stack's server, or an own server with its network, name and host key."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema

from .config import SettingError, only_if
from .schema import ONCE, Form, Members, members

SecurityPolicy = Literal[
    "TransferSecurityPolicy-2025-03",
    "TransferSecurityPolicy-FIPS-2025-03",
    "TransferSecurityPolicy-SshAuditCompliant-2025-02",
    "TransferSecurityPolicy-2024-01",
    "TransferSecurityPolicy-FIPS-2024-05",
]
"""The accepted policies: the newest, and policies for clients or rules that need another one."""

SECURITY_POLICY: Final = get_args(SecurityPolicy)[0]
"""The newest policy for servers: no SHA-1, no CBC ciphers, and key exchange that also withstands quantum computers."""

SERVER_ID: Final = Form(r"s-[0-9a-f]{17}", "the id of a server, s- and 17 hex digits")
HOST_NAME: Final = Form(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", "a host name such as sftp.example.org"
)
HOST_ZONE: Final = Form(r"Z[A-Z0-9]{1,31}", "the id of a public hosted zone of Route 53, such as Z0123456789ABC")
_VPC: Final = Form(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a VPC")
_SUBNET: Final = Form(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a public subnet")

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
class Vpc(Members):
    """A VPC, and the public subnets in which the server has an elastic address each."""

    vpc_id: Annotated[str, _VPC]
    subnet_ids: Annotated[tuple[Annotated[str, _SUBNET], ...], Field(min_length=1, max_length=MOST_SUBNETS), ONCE]


def _without_passphrase(key: SecretStr) -> SecretStr:
    """Return the private key of the server. The error message does not contain it."""
    text = key.get_secret_value()
    if not _ENCRYPTED.fullmatch(text) and (len(text) > LONGEST_KEY or not _PRIVATE.fullmatch(text)):
        raise ValueError(f"is not a private key of OpenSSH without a passphrase: {_WRITTEN}")
    return key


_SECURE: Final = members({"secure": {"type": "string"}}, "secure")
HostKey = Annotated[SecretStr, AfterValidator(_without_passphrase), WithJsonSchema(_SECURE)]
"""The private key of the server, in a file as `secure: ...`."""

OF_SHARED_SERVER: Final = only_if("sftp: shared", lambda config: config.get("sftp") == "shared", needed=True)
OF_OWN_SERVER: Final = only_if("sftp: dedicated", lambda config: config.get("sftp") == "dedicated")
OF_OWN_NAME: Final = only_if("a server with sftp_host_name", lambda config: config.get("sftp_host_name") is not None)
"""The rules that a setting is set only with a kind of server, or with an own name, which only an own server has."""


def require_encrypted(key: SecretStr, *, secret: bool) -> None:
    """Raise SettingError if a stack's file has the host key in plain text: neither a secret, nor an encrypted text."""
    if not secret and not _ENCRYPTED.fullmatch(key.get_secret_value()):
        raise SettingError(_HOST_KEY, f"is in plain text: make a new key, since Git has this one, and {_WRITTEN}.")
