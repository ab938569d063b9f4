"""An emulator in memory, with one table and one function, behind HTTP as the pinned one is; and who sends to it."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bounded_context.tools.local.stand_ins.inserts.callers import keys

TABLE = "a-table"
KEY = "pk"
TARGET = "DynamoDB_20120810."
INSERT = f"INSERT INTO \"{TABLE}\" VALUE {{'{KEY}': ?, 'of': ?}}"
FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:import"
ROLE = "arn:aws:iam::000000000000:role/import"
QUALIFIERS = ("", ":$LATEST", ":7", ":live")

Answer = tuple[int, Any]


class World(ThreadingHTTPServer):
    """`items` are those of the table; `seen` has the headers and the body of each request to DynamoDB, by operation."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.items: dict[str, Any] = {}
        self.seen: list[tuple[str, list[tuple[str, str]], bytes]] = []
        self.connections = 0
        self.scripted: dict[str, Callable[[], Answer]] = {}
        self._one_at_a_time = threading.Lock()

    def transactions(self) -> list[list[str]]:
        """Return the keys of each transaction that was asked for."""
        return [
            [one["Put"]["Item"][KEY]["S"] for one in json.loads(body)["TransactItems"]]
            for operation, _, body in self.seen
            if operation == "TransactWriteItems"
        ]

    def asked(self, operation: str, body: Mapping[str, Any]) -> Answer:
        """Answer as DynamoDB does, or as the test has scripted it."""
        if operation in self.scripted:
            return self.scripted[operation]()
        if operation == "DescribeTable":
            return 200, {"Table": {"TableName": TABLE, "KeySchema": [{"AttributeName": KEY, "KeyType": "HASH"}]}}
        if operation == "TransactWriteItems":
            with self._one_at_a_time:
                return self._transaction([one["Put"] for one in body["TransactItems"]])
        return 200, {}

    def _transaction(self, puts: Sequence[Mapping[str, Any]]) -> Answer:
        assert {put["ConditionExpression"] for put in puts} == {"attribute_not_exists(#key)"}
        assert all(put["ExpressionAttributeNames"] == {"#key": KEY} for put in puts)
        items = {put["Item"][KEY]["S"]: put["Item"] for put in puts}
        if items.keys() & self.items.keys():
            codes = ["ConditionalCheckFailed" if key in self.items else "None" for key in items]
            return 400, {"__type": "TransactionCanceledException", "CancellationReasons": [{"Code": c} for c in codes]}
        self.items |= items
        return 200, {}


class _Handler(BaseHTTPRequestHandler):
    server: World  # pyrefly: ignore[bad-override-mutable-attribute] (only this server makes the handler)
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        if self.path.startswith("/2015-03-31/functions/import/versions"):
            self._answer(200, {"Versions": [{"Version": "$LATEST"}, {"Version": "7"}]})
        elif self.path.startswith("/2015-03-31/functions/import/aliases"):
            self._answer(200, {"Aliases": [{"Name": "live"}]})
        else:
            self._answer(200, {"Functions": [{"FunctionName": "import", "FunctionArn": FUNCTION, "Role": ROLE}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].removeprefix(TARGET)
        self.server.seen.append((operation, [(":path", self.path), *self.headers.items()], body))
        self._answer(*self.server.asked(operation, json.loads(body)))

    def _answer(self, status: int, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-errortype", "told")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Sender:
    """Sends to an address over one connection, with the keys of a function, or with those that are given."""

    def __init__(self, address: str, access_key: str | None = None) -> None:
        self.connection = HTTPConnection(address, timeout=10)
        self._access_key = access_key or keys(f"{FUNCTION}:live", ROLE)[0]

    def send(self, operation: str, body: Any, **more: str) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of what is answered."""
        credential = f"{self._access_key}/20260101/eu-west-1/dynamodb/aws4_request"
        headers = {
            "X-Amz-Target": TARGET + operation,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
            "X-Amz-Security-Token": "a token",
        }
        self.connection.request("POST", "/", json.dumps(body), headers | more)
        answer = self.connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def insert(self, *statements: str | Mapping[str, Any]) -> Any:
        """Send a batch, whose statements are those of items by their keys, and return what is answered."""
        batch = [one if isinstance(one, Mapping) else statement(one) for one in statements]
        return json.loads(self.send("BatchExecuteStatement", {"Statements": batch})[2])


def statement(key: str) -> dict[str, Any]:
    """Return the statement that inserts an item."""
    return {"Statement": INSERT, "Parameters": [{"S": key}, {"N": "1"}]}
