"""A server on this machine, to which a stand-in forwards requests."""

from collections.abc import Mapping
from typing import Final

from urllib3 import HTTPConnectionPool

from ..emulator.process import HOST
from .http_server import Response

_SECONDS: Final = 60.0
"""Timeout of a response; botocore's default."""

_KEPT: Final = 256
"""Pooled connections to the server: more than all functions use together."""

_OF_THE_CONNECTION: Final = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Response headers that apply to a single connection and are not forwarded."""


class Upstream:
    """A server at a port of this machine. Several threads may use it."""

    def __init__(self, port: int) -> None:
        self._pool = HTTPConnectionPool(HOST, port, maxsize=_KEPT, timeout=_SECONDS, retries=False)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the server's response to a request. Raises HTTPError if it does not respond."""
        answer = self._pool.urlopen(method, path, body, headers, redirect=False, decode_content=False)
        dropped = _OF_THE_CONNECTION - ({"content-length"} if method == "HEAD" else set())
        forwarded = {name: value for name, value in answer.headers.items() if name.lower() not in dropped}
        return Response(answer.status, forwarded, answer.data)

    def close(self) -> None:
        """Close the connections to the server."""
        self._pool.close()
