"""Check that an account allows enough concurrent executions for a stack."""

from collections.abc import Mapping
from typing import Final

from .....configuration.settings import Settings
from ....command.aws_errors import Refused

QUEUE: Final = 10
"""Batches of the inbox queue that Lambda delivers concurrently."""

OTHERS: Final = 2
"""Further concurrent executions: a command or a step, and a scheduled function."""

UNRESERVED: Final = 100
"""Executions that must stay unreserved (Lambda developer guide, "Configuring reserved concurrency")."""


def needed(settings: Settings) -> int:
    """Return the concurrent executions of a stack while it imports a list into a table with one shard.

    More shards may need more executions. Lambda then throttles the readers of the stream, which retry.
    """
    readers = dict.fromkeys(("relay_events", "measure_lists"), settings.stream_parallelization_factor)
    queue = {"on_event": QUEUE} if settings.consumes else {}
    children = max(settings.import_concurrency, settings.verification_concurrency or 0)
    used = {**readers, **queue, "import_list": children}
    return sum((used | dict(settings.reserved_concurrency)).values()) + OTHERS


def refuse_too_few(settings: Settings, limit: Mapping[str, int]) -> None:
    """Raise Refused if an account cannot run the stack; `limit` is `AccountLimit` of Lambda's GetAccountSettings."""
    needs, free = needed(settings), limit["UnreservedConcurrentExecutions"]
    if free < needs:
        raise Refused(
            f"Lambda may run {free} concurrent executions in this account ({limit['ConcurrentExecutions']} less the "
            f"reservations of other functions), and the stack needs {needs}: request more (Service Quotas, Lambda, "
            '"Concurrent executions"), or lower stream_parallelization_factor and import_concurrency.'
        )
    reserved = sum(settings.reserved_concurrency.values())
    if reserved and free - reserved < UNRESERVED:
        raise Refused(
            f"reserved_concurrency takes {reserved} of {free} executions, and AWS keeps {UNRESERVED} unreserved: "
            'request more (Service Quotas, Lambda, "Concurrent executions"), or reserve fewer.'
        )
