"""Concurrent executions: whether an account has as many as a stack needs."""

from collections.abc import Mapping
from typing import Final

from ..infra.settings import Settings
from ..rollout.errors import Refused

QUEUE: Final = 10
"""Batches of the queue of other contexts' events that Lambda hands over at a time."""

OTHERS: Final = 2
"""Executions besides: a command or a step, and a function of a schedule."""

UNRESERVED: Final = 100
"""Executions that must stay unreserved (Lambda developer guide, "Configuring reserved concurrency")."""


def needed(settings: Settings) -> int:
    """Return the executions that a stack has at a time while it imports one list into a table of one shard.

    With more shards there may be more; Lambda then throttles the readers of the stream, and tries again.
    """
    readers = dict.fromkeys(("relay_events", "measure_lists"), settings.stream_parallelization_factor)
    queue = {"on_event": QUEUE} if settings.consumes else {}
    used = {**readers, **queue, "import_list": settings.import_concurrency}
    return sum((used | dict(settings.reserved_concurrency)).values()) + OTHERS


def refuse_too_few(settings: Settings, limit: Mapping[str, int]) -> None:
    """Raise Refused if an account cannot run the stack; `limit` is `AccountLimit` of Lambda's GetAccountSettings."""
    needs, free = needed(settings), limit["UnreservedConcurrentExecutions"]
    if free < needs:
        raise Refused(
            f"Lambda may run {free} executions at a time in this account ({limit['ConcurrentExecutions']} less those "
            f"that other functions reserve), and the stack needs {needs}: ask AWS for more (Service Quotas, Lambda, "
            '"Concurrent executions"), or lower stream_parallelization_factor and import_concurrency.'
        )
    reserved = sum(settings.reserved_concurrency.values())
    if reserved and free - reserved < UNRESERVED:
        raise Refused(
            f"reserved_concurrency takes {reserved} of {free} executions, and AWS keeps {UNRESERVED} unreserved: "
            'ask AWS for more (Service Quotas, Lambda, "Concurrent executions"), or reserve fewer.'
        )
