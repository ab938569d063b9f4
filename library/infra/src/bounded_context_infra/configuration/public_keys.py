"""Public keys of SSH, in the form of an OpenSSH file: kind, base64 and an optional comment."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final, Self

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
