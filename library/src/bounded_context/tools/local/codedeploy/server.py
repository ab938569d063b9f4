"""CodeDeploy's JSON protocol over HTTP, on 127.0.0.1."""

import json
import socketserver
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from ..clock import MINUTE_SECONDS
from .configs import Configs
from .deployment import Account
from .errors import Refused
from .fleet import Fleet
from .hooks import Hooks
from .moto_backend import CONTENT_TYPE, MotoBackend
from .operations import Operations

HOST = "127.0.0.1"

ActAs = Callable[[str], Callable[[str], Any]]
"""Returns, for the ARN of a role, a factory of clients with this role's credentials, by service name."""


@contextmanager
def running_codedeploy(
    act_as: ActAs, region: str, account: str, *, port: int = 0, minute_seconds: float = MINUTE_SECONDS
) -> Iterator[str]:
    """Serve CodeDeploy until the block ends; yield the endpoint.

    Args:
        act_as: called once per deployment with its group's service role, for clients of "lambda" and "cloudwatch".
        region: the functions' region.
        account: the account's id.
        port: the port on 127.0.0.1; 0 selects a free port.
        minute_seconds: the duration of a deployment's minute, such as between two shifts, in seconds.
    """
    hooks, configs, moto = Hooks(), Configs(), MotoBackend(region, account)

    def account_of(role: str) -> Account:
        client = act_as(role)
        return Account(client("lambda"), client("cloudwatch"), hooks, minute_seconds)

    fleet = Fleet(moto, configs, account_of)
    operations = Operations(moto, configs, hooks, fleet, f"arn:aws:lambda:{region}:{account}:function:")
    with _Server(operations, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="codedeploy", daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            fleet.close()
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, operations: Operations, port: int) -> None:
        self.operations = operations
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # type: ignore[assignment]

    def do_POST(self) -> None:
        """Handle one request."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = (self.headers.get("X-Amz-Target") or "").rpartition(".")[2]
        try:
            answer = self.server.operations.answer(operation, json.loads(content or b"{}"))
        except Refused as refused:
            self._send(HTTPStatus.BAD_REQUEST, {"__type": refused.code, "message": refused.message})
        except Exception as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"__type": "InternalFailure", "message": repr(error)})
            raise
        else:
            self._send(HTTPStatus.OK, answer)

    def _send(self, status: HTTPStatus, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Suppress the log of requests."""
