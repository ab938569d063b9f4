"""TransactWriteItems: atomic, and applied once per token."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..client_errors import refused
from ..expressions.tokens import Malformed, Mismatch
from .store import Store
from .writes import PLANS, Answer, ConditionFailed, Planned, Request, key_of

OPERATION: Final = "TransactWriteItems"

MOST_ACTIONS: Final = 100
"""Actions of a transaction (AWS limit)."""

TOKEN_SECONDS: Final = 600.0
"""How long a token is remembered (API reference, TransactWriteItems, ClientRequestToken)."""

_CONFLICTING: Final = 0.02
"""The share of transactions of which one action conflicts with another transaction, or is throttled."""


class _Reason(NamedTuple):
    """The reason of an action for cancelling the transaction. The code "None" does not cancel it."""

    code: str
    members: Mapping[str, Any]


_NONE: Final = _Reason("None", {})
_PASSING: Final = (
    _Reason("TransactionConflict", {"Message": "Transaction is ongoing for the item"}),
    _Reason("ThrottlingError", {"Message": "Throughput exceeds the current capacity for one or more items"}),
)


def transact_write_items(store: Store, request: Request) -> Answer:
    """Apply a transaction. A request whose token was applied in the last ten minutes has no second effect."""
    token, actions = request["ClientRequestToken"], request["TransactItems"]
    if _applied(store, token, actions):
        return {}
    plans = _plans(store, actions)
    for plan in plans:
        store.commit(plan.key, plan.new)
    store.tokens[token] = store.gate.now() + TOKEN_SECONDS, actions
    return {}


def _applied(store: Store, token: str, actions: Any) -> bool:
    until, before = store.tokens.get(token, (0.0, None))
    if store.gate.now() >= until:
        return False
    if before != actions:
        raise refused(OPERATION, "IdempotentParameterMismatchException", "the token came with another request")
    return True


def _plans(store: Store, actions: Sequence[Mapping[str, Request]]) -> list[Planned]:
    if not 0 < len(actions) <= MOST_ACTIONS:
        raise Malformed("Member must have length less than or equal to 100, and greater than 0")
    single = [operation for action in actions for operation in action.items()]
    keys = {key_of(store, request.get("Key") or request["Item"]) for _, request in single}
    if len(keys) < len(single):
        raise Malformed("Transaction request cannot include multiple operations on one item")
    decided = [_decided(store, *operation) for operation in single]
    reasons = _conflicting(store, [reason for _, reason in decided])
    if any(reason is not _NONE for reason in reasons):
        raise _cancelled(reasons)
    return [plan for plan, _ in decided if plan is not None]


def _decided(store: Store, kind: str, request: Request) -> tuple[Planned | None, _Reason]:
    try:
        return PLANS[kind](store, request), _NONE
    except ConditionFailed as failure:
        return None, _Reason("ConditionalCheckFailed", {"Message": str(failure), **failure.members})
    except Mismatch as error:
        return None, _Reason("ValidationError", {"Message": str(error)})


def _conflicting(store: Store, reasons: list[_Reason]) -> list[_Reason]:
    if store.gate.chance(_CONFLICTING):
        reasons[store.gate.choose(range(len(reasons)))] = store.gate.choose(_PASSING)
    return reasons


def _cancelled(reasons: Sequence[_Reason]) -> Exception:
    codes = ", ".join(reason.code for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    listed = [{"Code": reason.code, **reason.members} for reason in reasons]
    return refused(OPERATION, "TransactionCanceledException", message, CancellationReasons=listed, Message=message)
