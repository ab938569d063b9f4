"""The stack of the failed call: reads only, also by a proxy. Everything that it returns is masked.

Before it forwards a request, it copies each item that the request names, once. The function's own writes stay on the
embedded table.
"""

import csv
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from io import BytesIO, StringIO
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer
from urllib3.exceptions import HTTPError

from bounded_context.adapters.items import KEY, TRACEPARENT
from bounded_context.application.detection import json_record
from bounded_context.application.reading import FileSource
from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat, Formats, span
from bounded_context.domain.lists import INCOMING
from bounded_context.domain.rows import Record, Unreadable
from bounded_context.testing.functions import assembled
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Calls
from bounded_context_cli.command.operation import Clock
from bounded_context_operations.repair.erase.person import ERASED, mapped
from bounded_context_operations.repair.erase.stores import ErasureStack

from ..inserts import insert, is_insert
from ..stand_ins import Request, Response, Upstream, serving

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"))


def masked(document: Any, personal: Mapping[str, Any]) -> Any:
    """Return a JSON document in which each personal field has its value after an erasure, at any depth.

    Also masks JSON that is a text in the document, and attributes of DynamoDB (``{"S": "text"}``).
    """
    erased = personal.keys()
    return mapped(
        document,
        lambda members: members | {name: _erased(members[name], personal[name]) for name in members.keys() & erased},
    )


def _erased(value: Any, erased: Any) -> Any:
    is_attribute = isinstance(value, dict) and len(value) == 1 and value.keys() <= _TYPES
    return TypeSerializer().serialize(erased) if is_attribute else erased


_PLAIN: Final = Formats()
_LINES: Final = ".csv"
_REASON: Final = 2
"""The place of the reason in a line of a report, which quotes a cell."""


def masked_object(key: str, data: bytes, context: Context[Any], formats: Formats = _PLAIN) -> bytes:
    """Return an object's bytes without personal data; unchanged if the context marks no field.

    A partner's file keeps its format.
    """
    if not context.personal:
        return data
    if key.startswith(f"{INCOMING}/"):
        return _masked_file(data, context, context.rows.of_lists(formats.of(key.split("/")[1])))
    text = data.decode(errors="replace")
    if key.endswith(_LINES):
        return assembled([*cells[:_REASON], ERASED, *cells[_REASON + 1 :]] for cells in csv.reader(StringIO(text)))
    return masked(text, context.personal).encode()


def _masked_file(data: bytes, context: Context[Any], format_: FileFormat) -> bytes:
    """Return a partner's file without personal data. Rows with another number of cells than the header have no data."""
    try:
        header, *rows = _table(data, context, format_)
    except (Unreadable, ValueError):
        return ERASED.encode()
    names = [*map(format_.column, header)]
    if context.identity not in names:
        return assembled(([ERASED] * len(cells) for cells in (header, *rows)), format_)
    masked_rows = [_masked_row(names, cells, context.personal) for cells in rows]
    if format_.kind == "fixed":
        widths = [span(format_.columns[name]) for name in header]
        masked_rows = [
            [cell[: part.stop - part.start] for cell, part in zip(cells, widths, strict=False)] for cells in masked_rows
        ]
    return assembled([header, *masked_rows], format_)


def _table(data: bytes, context: Context[Any], format_: FileFormat) -> list[list[str]]:
    """Return the cells of the header and of each record. A line that is no JSON object is masked."""
    lines = [*FileSource(BytesIO(data)).records(format_)]
    if not format_.has_objects:
        return [record.cells for record in lines]
    columns = context.rows.columns
    rows = (json_record(record, columns, format_) for record in lines)
    return [format_.names(columns), *(row.cells if isinstance(row, Record) else [ERASED] for row in rows)]


def _masked_row(names: list[str], cells: list[str], personal: Mapping[str, Any]) -> list[str]:
    if len(cells) != len(names):
        return [ERASED] * len(cells)
    return [_cell(personal[name]) if name in personal else cell for name, cell in zip(names, cells, strict=True)]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


Item = dict[str, Any]
"""An item with DynamoDB's types."""


@dataclass(frozen=True)
class Production:
    """A deployed stack.

    `functions` has the ARNs of the aliases. `clients` has the AWS clients by service. They exist before the call,
    because the call replaces this process's AWS variables.
    """

    stack: ErasureStack
    functions: Mapping[str, str]
    context: Context[Any]
    clients: Mapping[str, Any]
    clock: Clock

    def masked(self, document: Any) -> Any:
        """Return a document without personal data."""
        return masked(document, self.context.personal)

    def item(self, key: str) -> Item | None:
        """Return an item of the table as it is now, or None."""
        tables = self.clients["dynamodb"]
        response = tables.get_item(TableName=self.stack.table, Key={KEY: {"S": key}}, ConsistentRead=True)
        return self.masked(response.get("Item"))

    def keys(self, query: Mapping[str, Any]) -> Iterator[str]:
        """Yield the keys of the items that a query of the table or of an index returns."""
        answer = self.clients["dynamodb"].query(**{**query, "TableName": self.stack.table})
        return (item[KEY]["S"] for item in answer["Items"])

    def traced(self, trace_id: str) -> Iterator[Item]:
        """Yield the items whose last change belongs to a trace. This reads the whole table."""
        pages = (
            self.clients["dynamodb"]
            .get_paginator("scan")
            .paginate(
                TableName=self.stack.table,
                FilterExpression="contains(#trace, :id)",
                ExpressionAttributeNames={"#trace": TRACEPARENT},
                ExpressionAttributeValues={":id": {"S": trace_id}},
            )
        )
        return (self.masked(item) for page in pages for item in page["Items"])

    def object(self, key: str, version: str | None = None) -> bytes:
        """Return an object of the inbox, or one of its versions."""
        place = {"Bucket": self.stack.inbox, "Key": key} | ({"VersionId": version} if version else {})
        return masked_object(key, self.clients["s3"].get_object(**place)["Body"].read(), self.context, self._formats)

    @cached_property
    def _formats(self) -> Formats:
        """The formats of the partners' files, as the deployed function reads them."""
        _, validate, *_ = self.context.steps
        # A stack of an earlier version has no formats.
        variables = self.variables(validate) if validate in self.functions else {}
        formats = json.loads(variables.get("FORMATS", "{}"))
        return Formats({partner: FileFormat(**settings) for partner, settings in formats.items()})

    def objects(self, folder: str) -> Iterator[str]:
        """Yield the keys of the objects in a folder of the inbox."""
        pages = (
            self.clients["s3"].get_paginator("list_objects_v2").paginate(Bucket=self.stack.inbox, Prefix=f"{folder}/")
        )
        return (entry["Key"] for page in pages for entry in page.get("Contents", []))

    def variables(self, function: str) -> Mapping[str, str]:
        """Return the environment variables of a deployed function."""
        configuration = self.clients["lambda"].get_function_configuration(FunctionName=self.functions[function])
        return configuration.get("Environment", {}).get("Variables", {})


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

        def respond(request: Request) -> Response:
            try:
                copies.copy(request.headers.get("X-Amz-Target", ""), json.loads(request.body))
                return emulator.send(request.method, request.path, request.headers, request.body)
            except (HTTPError, *AWS_ERRORS) as error:
                copies.error = copies.error or error
                return Response(HTTPStatus.BAD_REQUEST, {}, repr(error).encode())

        with serving(respond, 0, "reads") as endpoint:
            yield endpoint
