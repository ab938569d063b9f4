"""Public keys of partners: keys of another implementation are accepted, and damaged keys are refused."""

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bounded_context_infra.configuration.list_settings import PublicKey


def _text(public: ed25519.Ed25519PublicKey | rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


KEYS = {
    "ed25519": _text(ed25519.Ed25519PrivateKey.generate().public_key()),
    "rsa": _text(rsa.generate_private_key(65537, 3072).public_key()),
    **{curve.name: _text(ec.generate_private_key(curve).public_key()) for curve in (ec.SECP256R1(), ec.SECP384R1())},
    "secp521r1": _text(ec.generate_private_key(ec.SECP521R1()).public_key()),
}
EVERY = pytest.mark.parametrize("kind", KEYS)


@EVERY
def test_a_key_is_accepted_with_its_fingerprint(kind: str) -> None:
    """With and without a comment, and with the end of its line."""
    content = b64decode(KEYS[kind].split()[1])
    for text in (KEYS[kind], f"{KEYS[kind]} ada@acme laptop\n"):
        key = PublicKey.parse(text)
        assert key.text == text.strip()
        assert key.fingerprint == f"SHA256:{b64encode(sha256(content).digest()).decode().rstrip('=')}"


def _fields(content: bytes) -> list[bytes]:
    fields: list[bytes] = []
    while content:
        size = int.from_bytes(content[:4])
        fields.append(content[4 : 4 + size])
        content = content[4 + size :]
    return fields


def _of(kind: bytes, fields: list[bytes]) -> str:
    joined = b"".join(len(field).to_bytes(4) + field for field in fields)
    return f"{kind.decode()} {b64encode(joined).decode()}"


@EVERY
def test_a_key_that_is_cut_off_or_has_another_length_is_refused(kind: str) -> None:
    """Transfer would refuse it in the middle of a deployment."""
    fields = _fields(b64decode(KEYS[kind].split()[1]))
    assert PublicKey.parse(_of(fields[0], fields)).text == KEYS[kind]
    changed = [
        fields[:-1],
        [*fields, b"more"],
        [b"ssh-dss", *fields[1:]],
        [fields[0][:-1], *fields[1:]],
    ]
    if kind != "rsa":
        changed += [[*fields[:-1], fields[-1] + b"x"], [*fields[:-1], fields[-1][:-9]]]
        changed += [[fields[0], b"nistp224", *fields[2:]]]
    for content in changed:
        with pytest.raises(ValueError, match=r"write|damaged"):
            PublicKey.parse(_of(fields[0], content))
    for end in range(1, len(KEYS[kind].split()[1]) - 4, 7):
        with pytest.raises(ValueError, match="write"):
            PublicKey.parse(KEYS[kind][:-end])


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(ValueError, match="1024 bits"):
        PublicKey.parse(_text(rsa.generate_private_key(65537, 1024).public_key()))  # noqa: S505 (refused)
