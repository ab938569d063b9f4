"""The saved queries of Logs Insights: their texts, and the functions whose logs each query reads.

The queries use the keys of the library's log lines. Metrics are log lines too (CloudWatch's embedded metric format).
Their values are arrays, whose first element Logs Insights calls `<name>.0`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bounded_context.declaration.context import Context

from .configuration.routes import all_deprecated, all_routes

MOST_GROUPS: Final = 50
"""Maximum log groups of a query (CloudWatch Logs, StartQuery)."""

_MEASURES: Final = ("measure_lists",)


@dataclass(frozen=True)
class Query:
    """A saved query: its name, the functions whose logs it reads, and its text."""

    name: str
    functions: tuple[str, ...]
    text: str


def placeholder(context: Context[Any]) -> str:
    """Return the text of a query that the reader replaces by the identity of an aggregate."""
    return f"PUT-THE-{context.name.upper()}-ID-HERE"


def saved_queries(context: Context[Any]) -> tuple[Query, ...]:
    """Return the saved queries of a context."""
    of_lists = (_SLOWEST, _BY_PARTNER, _rejections(context)) if context.has_lists else ()
    return (*of_lists, _history(context), _errors(context), *_callers(context))


_SLOWEST: Final = Query(
    "slowest lists",
    _MEASURES,
    """fields @timestamp, list_id, partner, outcome, seconds, rows, valid, rejected, xray_trace_id
| filter message = "list closed"
| sort seconds desc
| limit 20""",
)

_BY_PARTNER: Final = Query(
    "lists by partner",
    _MEASURES,
    """filter message = "list closed"
| stats count(*) as lists, sum(rejected) as rejected_rows, max(@timestamp) as last by partner, outcome
| sort rejected_rows desc""",
)


def _rejections(context: Context[Any]) -> Query:
    measure = context.measures.rows_rejected.name
    return Query(
        "rejected rows",
        _MEASURES,
        f"""filter ispresent({measure}.0)
| stats sum({measure}.0) as rows_rejected, count(*) as lists by reason
| sort rows_rejected desc""",
    )


def _history(context: Context[Any]) -> Query:
    return Query(
        f"history of one {context.name}",
        (*context.command_functions, "relay_events"),
        f"""fields @timestamp, function_name, message, command, code, version, xray_trace_id
| filter @message like /"{placeholder(context)}"/
| sort @timestamp asc
| limit 1000""",
    )


def _callers(context: Context[Any]) -> Iterator[Query]:
    """Yield the query for the remaining callers of deprecated functions, if there are any."""
    if functions := tuple(name for name in all_routes(context) if name in all_deprecated(context)):
        yield Query(
            "callers of deprecated functions",
            functions,
            """filter message = "deprecated function called"
| stats count(*) as calls, max(@timestamp) as last by function, caller, sunset
| sort calls desc""",
        )


def _errors(context: Context[Any]) -> Query:
    return Query(
        "errors by version",
        context.functions,
        # A call that runs out of time or memory writes no log line. Lambda's report contains its status.
        """filter level in ["ERROR", "CRITICAL"] or record.status in ["timeout", "error"]
| parse @logStream "[*]" as stream_version
| fields coalesce(version, stream_version) as running
| fields coalesce(exception_name, record.status, message) as what
| fields coalesce(function_request_id, record.requestId) as call
| stats count_distinct(call) as calls, min(@timestamp) as first, max(@timestamp) as last by @log, running, what
| sort last desc""",
    )
