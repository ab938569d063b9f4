"""The settings of lists: the SFTP server, its partners with their public keys, and the import of their files.

A public key of SSH is in the form of an OpenSSH file: kind, base64 and an optional comment.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from hashlib import sha256
from ipaddress import IPv4Network
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, PlainValidator, SecretStr, ValidationInfo, WithJsonSchema

from bounded_context.declaration.context import Context
from bounded_context.domain.formats import CHOICES, COUNT, FIRST, LAST, SUM, FileFormat

from .config import SettingError, SettingSource, only_if
from .defaults import MAX_LIST_MB, TEMPORARY_NAMES, TOLERATED_SHARE
from .formats import file_format
from .schema import ONCE, BadMember, Form, Members, Schema, members, setting, within

# The kinds, and 2,048 bits for RSA: Transfer Family user guide, "Generate SSH keys for service-managed users".
_LEAST_RSA_BITS: Final = 2048
_ED25519_BYTES: Final = 32
_POINTS: Final = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
"""Bytes of an uncompressed point of each curve (RFC 5656, section 3.1; SEC 1, section 2.3.3)."""

_LINE: Final = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]+={0,2})( \S.*)?")

LONGEST: Final = 2048
"""Characters (Transfer Family API reference, ImportSshPublicKey)."""

WARNED: Final = timedelta(days=30)
"""The time before a key's end in which it is reported: a partner needs weeks to change a key."""

_WANTED: Final = "write an ed25519, ecdsa or rsa public key on one line, as in a .pub file"


@dataclass(frozen=True)
class PublicKey:
    """A public key. It is deployed until the end of the day `expires`, or without end.

    The resource of a key is named by its position in the list, or by the key if `by_position` is false.
    """

    text: str
    expires: date | None = None
    by_position: bool = True

    @classmethod
    def parse(cls, text: str, expires: date | None = None, *, by_position: bool = True) -> Self:
        """Return a valid key. Raises ValueError with the fault and the remedy, without the text of a private key."""
        if "PRIVATE KEY" in text:
            raise ValueError("a private key, which nobody else may have: replace it, and write its public key")
        if "BEGIN SSH2 PUBLIC KEY" in text:
            raise ValueError("a key in the form of RFC 4716: convert it with `ssh-keygen -i -f FILE`")
        match = _LINE.fullmatch(text.strip())
        if not match or len(text) > LONGEST:
            raise ValueError(f"the key {text[:80]!r}: {_WANTED}")
        if fault := _fault(match[1], match[2]):
            raise ValueError(f"the key {text[:80]!r}, {fault}: {_WANTED}")
        return cls(text.strip(), expires, by_position)

    @property
    def fingerprint(self) -> str:
        """The fingerprint that `ssh-keygen -l` prints."""
        return f"SHA256:{b64encode(bytes.fromhex(self.digest)).decode().rstrip('=')}"

    @property
    def digest(self) -> str:
        """The hexadecimal digits of the fingerprint."""
        return sha256(b64decode(self.text.split()[1])).hexdigest()

    def is_expired(self, today: date) -> bool:
        """Return whether the key's last day has passed."""
        return self.expires is not None and self.expires < today

    def warning(self, today: date) -> str | None:
        """Return a sentence if the key has expired or expires soon, else None."""
        if self.expires is None or self.expires > today + WARNED:
            return None
        if self.is_expired(today):
            return f"the key {self.fingerprint} expired on {self.expires} and is not deployed: remove it."
        return f"the key {self.fingerprint} expires on {self.expires}: ask the partner for a new key."


def _fault(kind: str, encoded: str) -> str | None:
    """Return the reason why the content of a key is not one of its kind, or None."""
    try:
        name, *parts = _fields(b64decode(encoded, validate=True))
    except ValueError:
        return "which is cut off or damaged"
    if name != kind.encode():
        return "which is damaged"
    match kind, [len(part) for part in parts]:
        case "ssh-ed25519", [size]:
            return None if size == _ED25519_BYTES else "which is damaged"
        case "ssh-rsa", [_, _]:
            bits = int.from_bytes(parts[1]).bit_length()
            return None if bits >= _LEAST_RSA_BITS else f"which has {bits} bits instead of {_LEAST_RSA_BITS} or more"
        case _, [_, size]:
            curve = kind.rpartition("-")[2]
            return None if (parts[0], size) == (curve.encode(), _POINTS.get(curve)) else "which is damaged"
        case _:
            return "which is damaged"


def _fields(content: bytes) -> Iterator[bytes]:
    """Yield the fields of a key, each after its length (RFC 4251, section 5). Raises ValueError."""
    while content:
        size = int.from_bytes(content[:4])
        field, content = content[4 : 4 + size], content[4 + size :]
        if not field or len(field) < size:
            raise ValueError
        yield field


_NAME: Final = Form(r"[a-z][a-z0-9-]{1,30}[a-z0-9]", "3 to 32 lower-case letters, digits and hyphens")
"""A part of resource names and object keys, and a user name of Transfer Family, which needs 3 characters."""

# Pulumi passes a date without quotes on as a time (observed with version 3.274).
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)( 00:00:00 \+0000 UTC)?")

_ADDRESS: Final = Form(
    r"sftp://[A-Za-z0-9.-]+(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~+=@-]+)*",
    "an address such as sftp://sftp.example.org:22/inbox, without the user, whom the secret names",
)
"""A connector has no directory: it is a part of each transfer (Transfer Family API reference, StartFileTransfer)."""

MOST_HOST_KEYS: Final = 10
"""Transfer Family API reference, SftpConnectorConfig. It names RSA and ECDSA as the accepted kinds of keys."""

LONGEST_ADDRESS: Final = 255
"""Characters of a connector's address (Transfer Family API reference, CreateConnector)."""

CONNECTOR_ID: Final = "c-0123456789abcdef0"
"""A connector's id, all of which have this length."""

MOST_CHARACTERS: Final = 2500
"""The maximum length of all formats and directories as JSON. A function has 4 KB for its variables, which have them."""

SHARED_PARTNERS_LIMIT: Final = 1600
"""Characters. A rule on a shared server names its partners, and EventBridge limits a pattern to 2,048 characters."""

_TEXT: Final[Schema] = {"type": "string", "maxLength": LONGEST, "title": "a public key, as in a .pub file"}
_PARTNER_ENDING: Final = members({"key": _TEXT, "expires": {"type": "string", "format": "date"}}, "key")
_DATE: Final[Schema] = {"type": "string", "title": "YYYY, MM and DD once each, such as DD.MM.YYYY"}
_HEADER: Final[Schema] = {"type": "object", "additionalProperties": {"type": "string"}}
_CHOICES: Final[Mapping[str, Schema]] = {member: {"enum": [*values]} for member, values in CHOICES.items()}
_COLUMNS: Final[Schema] = {
    "type": "object",
    "additionalProperties": {"type": "string", "title": "a place such as 1-10, or a path such as Amount"},
}
_RECORD: Final[Schema] = {"type": "string", "title": "the beginning of each row, or the path of its element"}
_CONTROL: Final = members({key: {"type": "string"} for key in (COUNT, SUM, "of", FIRST, LAST)})
_SHEET: Final[Schema] = {"type": "string", "title": "the name of a workbook's sheet"}
_PLACES: Final = {"columns": _COLUMNS, "record": _RECORD, "control": _CONTROL, "sheet": _SHEET}
_FREE: Final = {"date": _DATE, "header": _HEADER, **_PLACES}
_FORMAT: Final = {**members({**_CHOICES, **_FREE}), "minProperties": 1}


def _key(value: Any) -> PublicKey:
    text, expires = (value.get("key"), value.get("expires")) if isinstance(value, dict) else (value, None)
    if not isinstance(text, str) or (isinstance(value, dict) and not value.keys() <= {"key", "expires"}):
        raise ValueError(f'has {value!r}: write a key, or {{key: ..., expires: "2027-01-31"}}')
    try:
        return PublicKey.parse(text, None if expires is None else last_day(expires), by_position=text is value)
    except ValueError as error:
        raise ValueError(f"has {error}") from None


def last_day(text: Any) -> date:
    """Return the day of a text such as 2027-01-31. Raises ValueError with the remedy."""
    match = _DAY.fullmatch(text) if isinstance(text, str) else None
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise ValueError(f'the date {text!r}: write a day such as "2027-01-31"') from None


def _host_key(value: Any) -> PublicKey:
    key = _key(value if isinstance(value, str) else [])
    if key.text.startswith("ssh-ed25519"):
        remedy = "write the keys of `ssh-keyscan -t rsa,ecdsa HOST` that the partner confirms"
        raise ValueError(f"has an ed25519 key, which a connector of Transfer does not accept: {remedy}")
    return key


def _differing(keys: tuple[PublicKey, ...]) -> tuple[PublicKey, ...]:
    if len({key.fingerprint for key in keys}) != len(keys):
        raise ValueError("has a key twice: write each key once")
    return keys


def _network(value: str) -> str:
    try:
        return str(IPv4Network(value))
    except ValueError:
        network = "an IPv4 address such as 203.0.113.7, or a network such as 198.51.100.0/24"
        raise ValueError(f"has {value!r}: write {network}") from None


def _format(values: Any, info: ValidationInfo[Any]) -> FileFormat:
    rows, exports = info.context.context.rows, info.context.context.exports
    known = (*rows.columns, *rows.earlier_names)
    exported = (name for export in exports for name in export.fields if name not in known)
    form = file_format(values, (*known, *dict.fromkeys(exported)))
    names = [*known, *form.header] if form.has_names else [*form.columns]
    meanings = [rows.read_as(form).column(name) for name in names]
    if nameless := [column for column in rows.columns_with(default=False) if column not in meanings]:
        member, noun = ("header", "name") if form.has_names else ("columns", "place")
        raise BadMember(member, f"leaves {nameless[0]!r} without a {noun}, so no file is accepted: write its {noun}")
    if form.control.get("of", rows.identity) not in known:
        raise BadMember(
            "control", f"has the sum of {form.control['of']!r}, which lists do not have: write another column"
        )
    if not form.has_names and len({*meanings}) < len(meanings):
        raise BadMember("columns", "has a column by two names: write one of them")
    return rows.of_lists(form, form.columns)


@dataclass(frozen=True, kw_only=True)
class Partner(Members):
    """A partner."""

    public_keys: (
        Annotated[
            tuple[Annotated[PublicKey, PlainValidator(_key), WithJsonSchema({"anyOf": [_TEXT, _PARTNER_ENDING]})], ...],
            AfterValidator(_differing),
            Field(title="a list of keys, or of `{key: ..., expires: ...}`"),
        ]
        | None
    ) = None
    """The keys for the login, each with its last day if any. Required, except with `deliver`."""
    addresses: tuple[Annotated[str, AfterValidator(_network), Field(title="IPv4 addresses and networks")], ...] = ()
    """The addresses that may connect. With `sftp_vpc` they are required."""
    format: Annotated[FileFormat | None, PlainValidator(_format), WithJsonSchema(_FORMAT)] = None
    """The format of the partner's files, if it differs from the plain format."""
    deliver: Annotated[str, Field(max_length=LONGEST_ADDRESS), _ADDRESS] | None = None
    """The address of the partner's own server. Exported files are sent to its directory."""
    host_keys: Annotated[
        tuple[Annotated[PublicKey, PlainValidator(_host_key), WithJsonSchema(_TEXT)], ...],
        Field(max_length=MOST_HOST_KEYS, title="a list of public keys of rsa or ecdsa"),
        AfterValidator(_differing),
    ] = ()
    """The keys of the partner's own server. A server with another key gets no file."""

    def __iter__(self) -> Iterator[PublicKey]:
        """Iterate over the keys: a copy of the inbox passes a partner on as its keys."""
        return iter(self.public_keys or ())

    @property
    def has_home(self) -> bool:
        """Whether the partner has a user on the stack's server."""
        return self.public_keys is not None

    @property
    def server(self) -> tuple[str, str]:
        """The address of the partner's own server, and the directory of the files there, each empty without it."""
        host, slash, directory = (self.deliver or "").removeprefix("sftp://").partition("/")
        return f"sftp://{host}" if host else "", slash + directory


def formats(partners: Mapping[str, Partner]) -> Mapping[str, FileFormat]:
    """Return the formats of the partners whose files are not plain, by the partners' names."""
    return {name: partner.format for name, partner in partners.items() if partner.format}


def _valid_partners(partners: Mapping[str, Partner], info: ValidationInfo[Any]) -> Mapping[str, Partner]:
    """Return the partners. Raises ValueError if a server does not accept their addresses, names, formats or keys."""
    fixed = info.context.get("sftp_vpc") is not None
    receivers = {name for export in info.context.context.exports for name in export.partners}
    for name, partner in partners.items():
        _check_delivery(name, partner, receivers)
        if (fixed and partner.has_home) != bool(partner.addresses):
            remedy = "write the addresses that connect, 0.0.0.0/0 for all" if fixed else "remove them, or set sftp_vpc"
            raise BadMember(f"{name}.addresses", f"are {[*partner.addresses]}: {remedy}")
    if info.context.get("sftp") == "shared" and len(json.dumps([*partners])) > SHARED_PARTNERS_LIMIT:
        raise ValueError("are too many for one rule on a shared server: write sftp: dedicated")
    length = len(json.dumps({name: own.settings for name, own in formats(partners).items()}))
    sent = {name: (CONNECTOR_ID, partner.server[1]) for name, partner in partners.items() if partner.deliver}
    length += len(json.dumps(sent)) if sent else 0
    if length > MOST_CHARACTERS:
        problem = f"has formats of {length} characters, and at most {MOST_CHARACTERS} are possible"
        raise ValueError(f"{problem}: ask partners for our column names instead of mapping them")
    return partners


def _check_delivery(name: str, partner: Partner, receivers: Collection[str]) -> None:
    if not partner.has_home and not partner.deliver:
        remedy = "write the partner's keys, or deliver with the address of its own server"
        raise BadMember(f"{name}.public_keys", f"are missing: {remedy}")
    if partner.deliver and name not in receivers:
        remedy = "name it in partners of an export, or remove deliver"
        raise BadMember(f"{name}.deliver", f"is set, and no export names the partner: {remedy}")
    if bool(partner.deliver) != bool(partner.host_keys):
        remedy = "write the keys of `ssh-keyscan -t rsa,ecdsa HOST` that the partner confirms"
        problem = f"are missing: {remedy}" if partner.deliver else "belong to deliver, which is missing: remove them"
        raise BadMember(f"{name}.host_keys", problem)


Partners = Annotated[Mapping[Annotated[str, _NAME], Partner], AfterValidator(_valid_partners)]
"""The type of the setting: the partners by name."""


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


Sftp = Literal["dedicated", "shared", "none"]
Malware = Literal["none", "guardduty"]

MOST_TEMPORARY: Final = 20
"""The endings are a variable of two functions, and Lambda limits all variables of a function to 4 KB."""

LONGEST_KEPT: Final = 3650
"""Days: ten years, the longest retention that bookkeeping requires in most countries."""

LONGEST_WAIT: Final = 168
"""Hours: an alarm evaluates at most a week (CloudWatch API reference, PutMetricAlarm)."""

_ENDING: Final = Form(r"\.[A-Za-z0-9._-]{1,31}", "an ending such as .part, up to 32 characters")
_SOURCE: Final = Form(r"[a-z0-9]+(\.[a-z0-9]+)+", "a source such as aws.transfer")


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """Lists. A context without lists has no such setting, except `sftp: none`."""

    sftp: Sftp = setting("dedicated")
    """The SFTP server: its own, that of another stack, or none. An own server costs 0.30 USD an hour."""
    sftp_server_id: Annotated[str, SERVER_ID] | None = setting("s-0123456789abcdef0", None, OF_SHARED_SERVER)
    """The id of another stack's server, for `sftp: shared`."""
    sftp_vpc: Vpc | None = setting(
        {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-0123456789abcdef0"]}, None, OF_OWN_SERVER
    )
    """The server gets an elastic address in each subnet (0.005 USD an hour) and accepts only partners' addresses."""
    sftp_security_policy: SecurityPolicy = setting(SECURITY_POLICY, SECURITY_POLICY, OF_OWN_SERVER)
    """The algorithms of the server."""
    sftp_host_name: Annotated[str, HOST_NAME] | None = setting("sftp.example.org", None, OF_OWN_SERVER)
    """The name by which partners connect to the server."""
    sftp_host_zone: Annotated[str, HOST_ZONE] | None = setting("Z0123456789ABC", None, OF_OWN_NAME)
    """The hosted zone of Route 53 in which the stack makes the name. Without it, make a CNAME record yourself."""
    sftp_host_key: HostKey | None = setting({"secure": "v1:..."}, None, OF_OWN_SERVER)
    """The server's private key, as a secret. A server that is made again has the same key."""
    upload_event_source: Annotated[str, _SOURCE] = setting("aws.transfer", "aws.transfer")
    """The source of the upload events. Only the local run needs another source."""
    partners: Partners = setting(
        {"acme": {"public_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzjCAi5BRf9toDsqH1l2QQI3dqkOtnXuj0wdgnlKkLK"]}},
        {},
    )
    """The keys, addresses, file format and own server of each partner."""
    temporary_names: Annotated[tuple[Annotated[str, _ENDING], ...], Field(max_length=MOST_TEMPORARY)] = setting(
        [".filepart", ".tmp"], TEMPORARY_NAMES
    )
    """Endings of file names. Such a file becomes a list when its client renames it."""
    malware: Malware = setting("guardduty", "none")
    """`guardduty` scans each upload (0.09 USD for a GB). A list starts only after a clean result."""
    # Unseen uploads are found and redriven for 14 days. The sweep lists all stored uploads.
    incoming_days: Annotated[int, within(14, LONGEST_KEPT)] = setting(90, 365)
    """Days for which partners' files are stored."""
    reports_days: Annotated[int, within(1, LONGEST_KEPT)] = setting(90, 365)
    """Days for which partners' reports are stored."""
    # The record of a file is stored for longer: 400 days.
    outgoing_days: Annotated[int, within(1, 365)] = setting(14, 30)
    """Days for which exported files are stored."""
    tolerated_share: Annotated[float, within(0, 1)] = setting(0.05, TOLERATED_SHARE)
    """The share of bad rows up to which the other rows are imported. 0 imports all rows or none."""
    # A large list is validated in ranges, and one call joins their results within 15 minutes, Lambda's maximum. A list
    # in a format without ranges is validated by one call: at most 200 MB, unpacked (`ONE_PASS_BYTES`).
    max_list_mb: Annotated[int, within(1, 2048)] = setting(50, MAX_LIST_MB)
    """The largest accepted list, in MB. A list in UTF-16, or compressed with gzip, has at most 200 MB unpacked."""
    # A call imports a part within 4 minutes. The list's item stores the number of each part, so a list that could
    # have over 10,000 parts has larger parts (`rows_a_part`): up to 108,756 rows at 2,048 MB. So has a list whose parts
    # would write its record more often than a key accepts.
    part_rows: Annotated[int, within(250, 50_000)] = setting(2500, 5000)
    """Rows of a part. A list that could have very many parts has larger parts."""
    # A child of the import writes some 1,000 rows a second, with a write unit for the item and one for its index entry.
    # A table that has had this load accepts 40,000 units (AWS's default quota): 20 children. A new on-demand table
    # accepts 4,000: its first large list throttles, and so do commands. Children and commands retry.
    import_concurrency: Annotated[int, within(1, 100)] = setting(4, 20)
    """Parts and ranges of a list that are processed at the same time. Each part writes some 1,000 rows a second. Lower
    it for a new table with traffic, or warm the table up."""
    # A rule that calls another system sends one call at a time for each part that is verified.
    verification_concurrency: Annotated[int, within(1, 100)] | None = setting(5, None)
    """Parts of a list that are verified at the same time. Without the setting, as many as `import_concurrency`. Lower
    it for a rule that calls another system."""
    expect_list_hours: Annotated[int, within(1, LONGEST_WAIT)] | None = setting(26, None)
    """Hours without a list until an alarm. Without the setting, there is no alarm."""


OF_LISTS: Final = frozenset(declared.name for declared in fields(ListSettings))
"""The settings that only a context with lists reads."""


@dataclass(frozen=True)
class OfContext:
    """The source of the settings of a context. Without lists, a setting of lists is a fault, except ``sftp: none``."""

    context: Context[Any]
    source: SettingSource

    def get(self, key: str, /) -> str | None:
        """Return the value of a setting. Raises SettingError for a setting of lists in a context without lists."""
        value = self.source.get(key)
        if key == "subscribers" and value is None:
            return json.dumps([*self.context.subscribers])
        if self.context.has_lists or key not in OF_LISTS:
            return value
        if value is not None and (key, value) != ("sftp", "none"):
            raise SettingError(key, "is a setting of lists, and the context has none: remove it.")
        return "none" if key == "sftp" else value
