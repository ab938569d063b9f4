"""A stub of AWS that accepts every request.

It stores S3 objects in memory. It counts the write units of DynamoDB writes and discards the items. It runs in a
separate process: the measured CPU time contains only the client's work.
"""

import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

from bounded_context_local.inserts import insert

UNITS = "/units"
"""The path that returns the number of write units since the start."""


def _taken(operation: str, body: dict[str, Any]) -> tuple[list[dict[str, Any]], float, Any]:
    """Return a request's items, the write units per KB of each item, and the response (AWS, "Write consumption")."""
    if operation == "BatchWriteItem":
        puts = [put["PutRequest"]["Item"] for requests in body["RequestItems"].values() for put in requests]
        return puts, 1, {"UnprocessedItems": {}}
    if operation == "TransactWriteItems":
        return [action["Put"]["Item"] for action in body["TransactItems"] if "Put" in action], 2, {}
    if operation == "BatchExecuteStatement":
        items = [insert(statement).item for statement in body["Statements"]]
        return items, 1, {"Responses": [{"TableName": "table"} for _ in items]}
    return [], 0, {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Send each response in one packet: two packets would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    objects: dict[str, bytes] = {}  # noqa: RUF012
    indexes: tuple[str, ...] = ()
    units = 0.0

    def handle_expect_100(self) -> bool:
        carry_on = super().handle_expect_100()
        self.wfile.flush()
        return carry_on

    def handle_one_request(self) -> None:
        # A client that needs only the first lines of a file closes the connection.
        self.close_connection = True
        with suppress(ConnectionError):
            super().handle_one_request()

    def do_GET(self) -> None:
        if self.path == UNITS:
            self._answer(json.dumps(_Handler.units).encode())
            return
        data, wanted = self.objects.get(urlsplit(self.path).path), self.headers.get("Range")
        if data is None:
            self._answer(b"<Error><Code>NoSuchKey</Code></Error>", status=404)
            return
        if wanted is None:
            self._answer(data)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        self._answer(data[int(first) : int(last) + 1 if last else None], f"bytes {first}-{last}/{len(data)}")

    def do_HEAD(self) -> None:
        # The steps only query the partner's report, which does not exist yet.
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        self.objects[urlsplit(self.path).path] = self._body()
        self._answer(b"")

    def do_POST(self) -> None:
        body, operation = json.loads(self._body()), self.headers["X-Amz-Target"].partition(".")[2]
        items, units, answer = _taken(operation, body)
        _Handler.units += sum((units + len(item.keys() & set(self.indexes))) * _kilobytes(item) for item in items)
        self._answer(json.dumps(answer).encode())

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, body: bytes, place: str = "", status: int = 200) -> None:
        self.send_response(206 if place else status)
        if place:
            self.send_header("Content-Range", place)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no log."""


def _kilobytes(item: dict[str, Any]) -> int:
    """Return an item's size in KB, rounded up: its names and values (AWS, "DynamoDB item sizes and formats")."""
    return -(-sum(len(name) + len(str(*value.values())) for name, value in item.items()) // 1024)


def _serve(parent: Connection, indexes: tuple[str, ...]) -> None:
    _Handler.indexes = indexes
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    parent.send(server.server_port)
    server.serve_forever()


@contextmanager
def endpoint(indexes: tuple[str, ...] = ()) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 and yield the URL; `indexes` are the key attributes of the table's indexes."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, indexes), daemon=True)
    process.start()
    try:
        if not here.poll(timeout=20):
            raise RuntimeError("the stub endpoint did not start within 20 seconds")
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
