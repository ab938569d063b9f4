"""Copies of the stack's items: a proxy between the function and the embedded DynamoDB.

Before it forwards a request, it copies each item that the request names, once. The function's own writes stay on the
embedded table.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from typing import Any, Final

from urllib3.exceptions import HTTPError

from bounded_context_cli.command.aws_errors import AWS_ERRORS
from bounded_context_cli.command.calls import Calls

from ..stand_ins.http_server import Request, Response, serving
from ..stand_ins.inserts import insert, is_insert
from ..stand_ins.upstream import Upstream
from .production import Item, Production

_QUERY: Final = "DynamoDB_20120810.Query"
_OF_THE_CONNECTION: Final = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Copies:
    """The items of the stack that the function has used, by key. None are items that the stack does not have.

    `error` is the error of a copy: the function then ran without the stack's state.
    """

    def __init__(self, production: Production, aws: Calls, table: str) -> None:
        self._production = production
        self._aws = aws
        self._table = table
        self._lock = threading.Lock()
        self.error: Exception | None = None
        self.items: dict[str, Item | None] = {}

    def put(self, key: str, item: Item | None) -> None:
        """Store an item in the embedded table in place of the stack's."""
        self.items[key] = item
        if item is not None:
            self._aws.call("dynamodb", "put_item", TableName=self._table, Item=item)

    def copy(self, target: str, request: Any) -> None:
        """Copy each item that a request of the function names, unless it is already copied. Raises AWS_ERRORS."""
        keys = [*keys_in(request)]
        if target == _QUERY:
            keys += self._production.keys(request)
        with self._lock:
            for key in keys:
                if key not in self.items:
                    self.put(key, self._production.item(key))


def keys_in(request: Any) -> Iterator[str]:
    """Yield the keys of the items in a request of DynamoDB's API: keys, items, and rows of INSERT statements."""
    match request:
        case {"Statement": _} if is_insert(request):
            # The emulator answers statements that cannot be parsed.
            with suppress(ValueError):
                yield from keys_in(insert(request).item)
        case {"pk": {"S": str() as key}}:
            yield key
        case dict():
            for value in request.values():
                yield from keys_in(value)
        case list():
            for value in request:
                yield from keys_in(value)
        case _:
            return


@contextmanager
def reading_through(copies: Copies, port: int) -> Iterator[str]:
    """Serve the proxy of the DynamoDB at a port of this machine until the block ends; yield its endpoint."""
    with closing(Upstream(port)) as emulator:

        def respond(sent: Request) -> Response:
            try:
                copies.copy(sent.headers.get("X-Amz-Target", ""), json.loads(sent.body))
                return emulator.send(sent.method, sent.path, sent.headers, sent.body)
            except (HTTPError, *AWS_ERRORS) as error:
                copies.error = copies.error or error
                return Response(HTTPStatus.BAD_REQUEST, {}, repr(error).encode())

        with serving(respond, 0, "reads") as endpoint:
            yield endpoint
