"""DynamoDB as a test says it is, on a port of this machine; and who inserts there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3

from bounded_context.adapters.dynamodb_bulk import Inserts
from bounded_context.adapters.systems import Signed
from bounded_context.testing.functions import TABLE

Answer = Callable[[dict[str, Any]], tuple[int, Any]]
"""What is answered to a request's body: a status, and what becomes JSON, or bytes."""


def inserts() -> Inserts:
    """Who inserts into the table that the environment leads to."""
    meta: Any = boto3.client("dynamodb").meta
    credentials: Any = boto3.Session().get_credentials()
    return Inserts(TABLE, Signed("dynamodb", credentials, meta.region_name, meta.endpoint_url))


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1, and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, content = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # A connection that is kept would be waited for.
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
