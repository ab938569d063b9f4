"""An issuer of tokens on this machine: what it publishes, and what it signs (JSON Web Tokens, RS256)."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HOST = "127.0.0.1"
KEY_ID = "key-1"


class Issuer:
    """Signs tokens with a key of its own; `url` is its name."""

    def __init__(self, url: str) -> None:
        """Make the key."""
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def documents(self) -> dict[str, Any]:
        """Return what is published, by path."""
        numbers = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "kid": KEY_ID,
            "use": "sig",
            "alg": "RS256",
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }
        return {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [key]},
        }

    def token(self, **claims: Any) -> str:
        """Return a token that is good for a minute, with these claims more or instead."""
        now = int(time.time())
        payload = {"iss": self.url, "sub": "caller", "iat": now - 1, "exp": now + 60, **claims}
        signed = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': KEY_ID})}.{_part(payload)}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def published() -> Iterator[Issuer]:
    """Serve an issuer's documents on a free port until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = issuer.documents().get(self.path)
            self.send_response(200 if document else 404)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by http.server)
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        issuer = Issuer(f"http://{HOST}:{server.server_port}")
        threading.Thread(target=server.serve_forever, name="issuer", daemon=True).start()
        yield issuer
        server.shutdown()


def _part(members: dict[str, Any]) -> str:
    return _encoded(json.dumps(members).encode())


def _number(number: int) -> str:
    return _encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
