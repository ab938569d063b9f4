"""The setting `partners`: who may upload over SFTP, with which keys, from which addresses, and in which format."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema

from bounded_context.domain.formats import CHOICES, FileFormat

from .public_keys import LONGEST, PublicKey
from .schema import BadMember, Form, Members, Schema, members

_NAME: Final = Form(r"[a-z][a-z0-9-]{1,30}[a-z0-9]", "3 to 32 lower-case letters, digits and hyphens")
"""A part of resource names and object keys, and a user name of Transfer Family, which needs 3 characters."""

# Pulumi passes a date without quotes on as a time (observed with version 3.274).
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)( 00:00:00 \+0000 UTC)?")

MOST_CHARACTERS: Final = 2500
"""The maximum length of all formats as JSON. A function has 4 KB for its variables, and a variable has the formats."""

SHARED_PARTNERS_LIMIT: Final = 1600
"""Characters. A rule on a shared server names its partners, and EventBridge limits a pattern to 2,048 characters."""

_TEXT: Final[Schema] = {"type": "string", "maxLength": LONGEST, "title": "a public key, as in a .pub file"}
_ENDING: Final = members({"key": _TEXT, "expires": {"type": "string", "format": "date"}}, "key")
_DATE: Final[Schema] = {"type": "string", "title": "YYYY, MM and DD once each, such as DD.MM.YYYY"}
_HEADER: Final[Schema] = {"type": "object", "additionalProperties": {"type": "string"}}
_CHOICES: Final[Mapping[str, Schema]] = {member: {"enum": [*values]} for member, values in CHOICES.items()}
_FORMAT: Final = {**members({**_CHOICES, "date": _DATE, "header": _HEADER}), "minProperties": 1}


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
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise ValueError(f'the date {text!r}: write a day such as "2027-01-31"') from None


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
    return FileFormat.parse(values, info.context.context.rows.columns)


@dataclass(frozen=True, kw_only=True)
class Partner(Members):
    """A partner."""

    public_keys: Annotated[
        tuple[Annotated[PublicKey, PlainValidator(_key), WithJsonSchema({"anyOf": [_TEXT, _ENDING]})], ...],
        AfterValidator(_differing),
        Field(title="a list of keys, or of `{key: ..., expires: ...}`"),
    ]
    """The keys for the login, each with its last day if any."""
    addresses: tuple[Annotated[str, AfterValidator(_network), Field(title="IPv4 addresses and networks")], ...] = ()
    """The addresses that may connect. With `sftp_vpc` they are required."""
    format: Annotated[FileFormat | None, PlainValidator(_format), WithJsonSchema(_FORMAT)] = None
    """The format of the partner's files, if it differs from the plain format."""

    def __iter__(self) -> Iterator[PublicKey]:
        """Iterate over the keys: a copy of the inbox passes a partner on as its keys."""
        return iter(self.public_keys)


def formats(partners: Mapping[str, Partner]) -> Mapping[str, FileFormat]:
    """Return the formats of the partners whose files are not plain, by the partners' names."""
    return {name: partner.format for name, partner in partners.items() if partner.format}


def _checked(partners: Mapping[str, Partner], info: ValidationInfo[Any]) -> Mapping[str, Partner]:
    """Return the partners. Raises ValueError if the server does not accept their addresses, names or formats."""
    fixed = info.context.get("sftp_vpc") is not None
    for name, partner in partners.items():
        if fixed != bool(partner.addresses):
            remedy = "write the addresses that connect, 0.0.0.0/0 for all" if fixed else "remove them, or set sftp_vpc"
            raise BadMember(f"{name}.addresses", f"are {[*partner.addresses]}: {remedy}")
    if info.context.get("sftp") == "shared" and len(json.dumps([*partners])) > SHARED_PARTNERS_LIMIT:
        raise ValueError("are too many for one rule on a shared server: write sftp: dedicated")
    length = len(json.dumps({name: one.settings for name, one in formats(partners).items()}))
    if length > MOST_CHARACTERS:
        problem = f"has formats of {length} characters, and at most {MOST_CHARACTERS} are possible"
        raise ValueError(f"{problem}: ask partners for our column names instead of mapping them")
    return partners


Partners = Annotated[Mapping[Annotated[str, _NAME], Partner], AfterValidator(_checked)]
"""The type of the setting: the partners by name."""
