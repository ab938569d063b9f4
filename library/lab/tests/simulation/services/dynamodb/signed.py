"""DynamoDB as ``adapters.systems.Signed`` has it: BatchExecuteStatement over HTTP, with PartiQL's INSERT only."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bounded_context.adapters.systems import Unanswered
from bounded_context_local.inserts import DUPLICATE, insert

from ..gate import Gate
from ..typed_values import untyped_item
from .store import Store
from .writes import key_of

AT_ONCE: Final = 25
"""Statements of a batch (API reference, BatchExecuteStatement)."""

_TARGET: Final = "DynamoDB_20120810.BatchExecuteStatement"

_PASSING: Final = 0.02
"""The share of statements that are rejected for a reason that passes by itself."""

_BROKEN: Final = "InternalServerError"
"""The error of a statement that may have had its effect."""

_REJECTED: Final = ("ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict", _BROKEN)

Response = tuple[int, bytes]


class _Answered(Exception):
    """A fault that reaches the sender as an answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.response = status, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}"}).encode()


class _Errors:
    """The faults of the whole batch."""

    def throttled(self) -> Exception:
        """Return the answer of a throttled batch."""
        return _Answered(400, "ThrottlingException")

    def failed(self) -> Exception:
        """Return the answer of a batch that ended with status 500."""
        return _Answered(500, "InternalServerError")

    def unanswered(self) -> Exception:
        """Return the exception of a lost connection."""
        return Unanswered("simulated")


_ERRORS: Final = _Errors()


class SimSigned:
    """A connection to DynamoDB. It sends each request once: the adapter above repeats it."""

    def __init__(self, store: Store, gate: Gate) -> None:
        self._store = store
        self._gate = gate

    def post(self, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the status and the body of the answer. Raises Unanswered."""
        if headers["X-Amz-Target"] != _TARGET:
            raise NotImplementedError(headers["X-Amz-Target"])
        statements = json.loads(body)["Statements"]
        name = f"dynamodb.BatchExecuteStatement {len(statements)} statements"
        try:
            return self._gate.call(name, lambda: self._answer(statements), _ERRORS)
        except _Answered as fault:
            return fault.response

    def _answer(self, statements: Sequence[Mapping[str, Any]]) -> Response:
        if not 0 < len(statements) <= AT_ONCE:
            return _Answered(400, "ValidationException").response
        answers = [self._inserted(statement) for statement in statements]
        return 200, json.dumps({"Responses": answers}).encode()

    def _inserted(self, statement: Mapping[str, Any]) -> dict[str, Any]:
        table, values = insert(statement)
        if table != self._store.name:
            return _error("ResourceNotFound", "Requested resource not found")
        rejected = self._gate.choose(_REJECTED) if self._gate.chance(_PASSING) else ""
        if rejected and not (rejected == _BROKEN and self._gate.chance(0.5)):
            return _error(rejected, "simulated")
        answer = self._stored(untyped_item(values))
        return _error(rejected, "simulated") if rejected else {"TableName": table, **answer}

    def _stored(self, item: dict[str, Any]) -> dict[str, Any]:
        key = key_of(self._store, item)
        if key in self._store.items:
            return {"Error": DUPLICATE}
        self._store.commit(key, item)
        return {}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}
