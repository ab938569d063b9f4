"""Check that an account allows enough concurrent executions for a stack."""

from collections.abc import Mapping
from typing import Final

from bounded_context_cli.command.aws_errors import Refused
from bounded_context_cli.views.cost.prices import assumed
from bounded_context_infra.configuration.settings import Settings

from ..capacity.model import executions

UNRESERVED: Final = 100
"""Executions that must stay unreserved (Lambda developer guide, "Configuring reserved concurrency")."""


def refuse_too_few(settings: Settings, limit: Mapping[str, int]) -> None:
    """Raise Refused if an account cannot run the stack while it imports a list into a new table.

    `limit` is `AccountLimit` of Lambda's GetAccountSettings.
    """
    needs, free = executions(settings, assumed().shards), limit["UnreservedConcurrentExecutions"]
    if free < needs:
        raise Refused(
            f"Lambda may run {free} concurrent executions in this account ({limit['ConcurrentExecutions']} less the "
            f"reservations of other functions), and the stack needs {needs}: request more (Service Quotas, Lambda, "
            '"Concurrent executions"), reserve fewer for relay_events (reserved_concurrency), or lower '
            "stream_parallelization_factor and import_concurrency."
        )
    reserved = sum(settings.reserved_concurrency.values())
    if reserved and free - reserved < UNRESERVED:
        raise Refused(
            f"reserved_concurrency takes {reserved} of {free} executions, and AWS keeps {UNRESERVED} unreserved: "
            'request more (Service Quotas, Lambda, "Concurrent executions"), or reserve fewer.'
        )
