"""The setting `partners`: who may upload over SFTP, with which keys, and from which addresses."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network
from typing import Any, Final

from .config import SettingError, Source, structure
from .formats import schema_of_format
from .public_keys import LONGEST, PublicKey
from .schema import Schema, about, listing, mapping, members

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
"""A part of resource names and object keys, and a user name of Transfer Family, which needs 3 characters."""

# Pulumi passes a date without quotes on as a time (observed with version 3.274).
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)( 00:00:00 \+0000 UTC)?")


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A partner.

    Attributes:
        public_keys: the keys for the login: the text of a key, or a map of `key` and, optionally, `expires`: the last
            day of the key, such as "2027-01-31".
        addresses: the IPv4 addresses and networks that may connect, such as 203.0.113.7 or 198.51.100.0/24; only with
            `sftp_vpc`, which then requires them.
    """

    public_keys: tuple[PublicKey, ...]
    addresses: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[PublicKey]:
        """Iterate over the keys: a copy of the inbox passes a partner on as its keys."""
        return iter(self.public_keys)


def schema_of_partners() -> Schema:
    """Return the schema of the setting."""
    text: Schema = {"type": "string", "maxLength": LONGEST, "title": "a public key, as in a .pub file"}
    ending = members({"key": text, "expires": {"type": "string", "format": "date"}}, "key")
    keys = {**listing({"anyOf": [text, ending]}), "title": "a list of keys, or of `{key: ..., expires: ...}`"}
    addresses = listing({"type": "string", "title": "IPv4 addresses and networks"})
    known = {
        "public_keys": about("The keys for the login, each with its last day if it has one.", keys),
        "addresses": about("The addresses that may connect. With `sftp_vpc` they are required.", addresses),
        _FORMAT: about("The format of the partner's files, if it differs from the plain format.", schema_of_format()),
    }
    return mapping(members(known, "public_keys"))


def partners(config: Source, key: str = "partners") -> Mapping[str, Partner]:
    """Return the partners of a stack by name. Raises SettingError."""
    found: dict[Any, Any] = structure(config, key, dict, {}, "a map of names to {public_keys: [...]}")
    if wrong := [name for name in found if not isinstance(name, str) or not _NAME.fullmatch(name)]:
        raise SettingError(key, f"has the name {wrong[0]!r}: write 3 to 32 lower-case letters, digits and hyphens.")
    fixed = config.get("sftp_vpc") is not None
    return {name: _partner(f"{key}.{name}", value, fixed) for name, value in found.items()}


def _partner(key: str, value: Any, fixed: bool) -> Partner:
    """Return a partner; `fixed` is whether the server checks the addresses of its clients."""
    known = (*_MEMBERS, _FORMAT)
    if not isinstance(value, dict) or "public_keys" not in value or not value.keys() <= {*known}:
        raise SettingError(key, f"is {value!r}: write public_keys: [...], and nothing else but {', '.join(known)}.")
    if fixed != bool(value.get("addresses")):
        remedy = "write the addresses that connect, 0.0.0.0/0 for all" if fixed else "remove them, or set sftp_vpc"
        raise SettingError(f"{key}.addresses", f"are {value.get('addresses')!r}: {remedy}.")
    return Partner(**{name: read(f"{key}.{name}", value[name]) for name, read in _MEMBERS.items() if name in value})


def _keys(key: str, values: Any) -> tuple[PublicKey, ...]:
    found = tuple(_key(key, value) for value in _list(key, values, "public keys"))
    if len({one.fingerprint for one in found}) != len(found):
        raise SettingError(key, "has a key twice: write each key once.")
    return found


def _key(key: str, value: Any) -> PublicKey:
    text, expires = (value.get("key"), value.get("expires")) if isinstance(value, dict) else (value, None)
    if not isinstance(text, str) or (isinstance(value, dict) and not value.keys() <= {"key", "expires"}):
        raise SettingError(key, f'has {value!r}: write a key, or {{key: ..., expires: "2027-01-31"}}.')
    try:
        return PublicKey.parse(text, None if expires is None else last_day(expires), by_position=text is value)
    except ValueError as error:
        raise SettingError(key, f"has {error}.") from None


def last_day(text: Any) -> date:
    """Return the day of a text such as 2027-01-31. Raises ValueError with the remedy."""
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise ValueError(f'the date {text!r}: write a day such as "2027-01-31"') from None


def _addresses(key: str, values: Any) -> tuple[str, ...]:
    return tuple(_network(key, value) for value in _list(key, values, "addresses"))


def _network(key: str, value: Any) -> str:
    try:
        return str(IPv4Network(str(value)))
    except ValueError:
        raise SettingError(
            key, f"has {value!r}: write an IPv4 address such as 203.0.113.7, or a network such as 198.51.100.0/24."
        ) from None


def _list(key: str, values: Any, words: str) -> list[Any]:
    if not isinstance(values, list):
        raise SettingError(key, f"is {values!r}: write a list of {words}.")
    return values


_MEMBERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {"public_keys": _keys, "addresses": _addresses}
"""The readers of a partner's members, each with the name of the setting and the value."""

_FORMAT: Final = "format"
"""The member that `formats` reads: it depends on the context."""
