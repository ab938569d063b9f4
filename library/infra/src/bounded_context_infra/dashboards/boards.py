"""The technical dashboard, for the operators of the context."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from bounded_context.declaration import measures
from bounded_context.declaration.measures import Measure

from ..configuration.routes import all_deprecated
from . import widgets
from .widgets import (
    BAD,
    BUSINESS,
    DOUBTFUL,
    GOOD,
    MINUTE,
    TECHNICAL,
    WORSE,
    Metric,
    Names,
    Row,
    Section,
    Widget,
    body,
    by_value,
    graph,
    head,
    line,
    numbers,
    own,
    rows,
    section,
)

LEGIBLE = 7
"""Functions of a graph, each with up to two lines, that stay legible in a third of the dashboard's width."""

_OUTCOMES = {
    "ExecutionsStarted": {},
    "ExecutionsSucceeded": {"color": GOOD},
    "ExecutionsFailed": {"color": BAD},
    "ExecutionsTimedOut": {"color": WORSE},
    "ExecutionsAborted": {"color": DOUBTFUL},
}


def technical(names: Names) -> dict[str, Any]:
    """Return the body: rate, errors and duration of functions; use, saturation and errors of resources."""
    return body(
        names.region,
        "-PT3H",
        head(names, TECHNICAL, BUSINESS),
        *names.endpoints.get(TECHNICAL, ()),
        *([_workflow(names.machine_arn)] if names.machine_arn else ()),
        *(_functions(names, title) for title in names.functions),
        *([_uploads(names)] if names.machine_arn else ()),
        *([_deadlines(names)] if names.context.deadlines else ()),
        *([_exports(names)] if names.context.exports else ()),
        _events(names),
        *([_deprecated(names, deprecated)] if (deprecated := all_deprecated(names.context)) else ()),
        _inbound(names),
        _queues(names),
        _table(names),
        _releases(names),
    )


def _workflow(machine_arn: str) -> Section:
    times = [widgets.machine(machine_arn, "ExecutionTime", label=stat, stat=stat) for stat in ("p50", "p99")]
    return section(
        "List imports",
        [
            graph("Executions", [widgets.machine(machine_arn, name, **drawn) for name, drawn in _OUTCOMES.items()]),
            graph("Duration of an execution (ms)", times),
        ],
    )


def _functions(names: Names, title: str) -> Section:
    each = names.functions[title]
    parts = math.ceil(len(each) / LEGIBLE) or 1
    edges = [len(each) * edge // parts for edge in range(parts + 1)]
    return section(title, *(_rate_errors_duration(names, each[start:end]) for start, end in pairwise(edges)))


def _rate_errors_duration(names: Names, each: Sequence[str]) -> Row:
    failures = [
        widgets.function(names, name, function, label=f"{names.part(function)} {name.lower()}")
        for function in each
        for name in ("Errors", "Throttles")
    ]
    durations = [
        widgets.function(names, "Duration", function, label=f"{names.part(function)} {stat}", stat=stat)
        for function in each
        for stat in ("p50", "p99")
    ]
    return [
        graph("Invocations", [widgets.function(names, "Invocations", function) for function in each]),
        graph("Errors and throttles", failures),
        graph("Duration (ms)", durations),
    ]


def _deadlines(names: Names) -> Section:
    met = own(names, measures.DEADLINES_MET, label="met")
    refused = own(names, measures.DEADLINES_REFUSED, label="refused", color=BAD)
    late = own(names, measures.OLDEST_DEADLINE, label="oldest", stat="Maximum")
    graphs = [graph("Commands of deadlines", [met, refused]), graph("Oldest late deadline (s)", [late])]
    return section("Deadlines", graphs)


def _deprecated(names: Names, contracts: Iterable[str]) -> Section:
    lines = by_value(names, measures.uses(contracts))
    return section("Deprecated contracts", [graph("Calls of routes, and published events", lines)])


def _exports(names: Names) -> Section:
    prepared = own(names, measures.FILES_PREPARED, label="prepared")
    late = own(names, measures.OLDEST_UNPREPARED, label="not complete", stat="Maximum")
    unfetched = own(names, measures.OLDEST_UNFETCHED, label="not fetched", stat="Maximum")
    graphs = [graph("Exported files", [prepared]), graph("Oldest exported file (s)", [late, unfetched])]
    return section("Exports", graphs)


def _uploads(names: Names) -> Section:
    matched = [widgets.rule("MatchedEvents", name, label=event) for event, name in names.rules.items()]
    started = [
        widgets.rule(metric, name, label=f"{event} {word}", **drawn)
        for event, name in names.rules.items()
        for metric, word, drawn in (("Invocations", "started", {}), ("FailedInvocations", "lost", {"color": BAD}))
    ]
    broken = own(names, measures.UPLOADS_BROKEN, label="lists of broken uploads", color=BAD)
    unseen = own(names, measures.UPLOADS_UNSEEN, label="unseen", color=WORSE, stat="Maximum")
    return section(
        "Uploads",
        [
            graph("Uploads announced, broken off, and unseen", [*matched, broken, unseen]),
            graph("Imports started by uploads", started),
            graph("SFTP server, all its users", _transfers(names)),
        ],
    )


def _transfers(names: Names) -> Sequence[Metric]:
    if names.server is None:
        return []
    return [
        widgets.server(names.server, "FilesIn", label="files"),
        widgets.server(names.server, "BytesIn", label="bytes", yAxis="right"),
    ]


def _events(names: Names) -> Section:
    return section(
        "Events to other contexts",
        [
            graph(
                "Published, and refused by the topic",
                [
                    own(names, measures.EVENTS_PUBLISHED, color=GOOD),
                    own(names, measures.EVENTS_REFUSED, color=BAD),
                ],
            ),
            graph(
                "From commit to publication (s)",
                [own(names, measures.EVENT_AGE, label=stat, stat=stat) for stat in ("p50", "p99")],
            ),
            graph("Topic", _deliveries(names)),
        ],
    )


def _deliveries(names: Names) -> Sequence[Metric]:
    published = widgets.topic(names, "NumberOfMessagesPublished", label="published")
    if not names.queues:
        return [published]
    return [
        published,
        widgets.topic(names, "NumberOfNotificationsDelivered", label="delivered", color=GOOD),
        widgets.topic(names, "NumberOfNotificationsFailed", label="failed", color=BAD),
    ]


def _queues(names: Names) -> Section:
    return section(
        "Queues",
        [
            _depth("Waiting for subscribers", names.queues),
            graph(
                "Age of the oldest message (s)",
                [
                    widgets.queue("ApproximateAgeOfOldestMessage", name, label=title)
                    for title, name in names.queues.items()
                ],
                stat="Maximum",
            ),
            _depth("Dead letters", names.dead_letters),
        ],
    )


def _depth(title: str, queues: Mapping[str, str]) -> Widget:
    depths = [widgets.queue("ApproximateNumberOfMessagesVisible", name, label=label) for label, name in queues.items()]
    return graph(title, depths, stat="Maximum")


def _table(names: Names) -> Section:
    consumed = [widgets.table(names, f"Consumed{kind}CapacityUnits", label=kind.lower()) for kind in ("Read", "Write")]
    failing = own(names, measures.MAPPINGS_FAILING, label="mappings", color=BAD, stat="Maximum")
    stopped = graph("Event source mappings that fail", [failing])
    return section("Table and stream", [graph("Capacity units consumed", consumed), *_table_troubles(names), stopped])


def _table_troubles(names: Names) -> Row:
    throttled = [
        widgets.table(names, f"{kind}ThrottleEvents", label=f"{kind.lower()} throttled") for kind in ("Read", "Write")
    ]
    errors = [
        widgets.operation(names, "SystemErrors", operation, label=f"{operation} error")
        for operation in names.operations
    ]
    latency = [
        widgets.operation(names, "SuccessfulRequestLatency", operation, label=operation)
        for operation in names.operations
    ]
    behind = [widgets.function(names, "IteratorAge", name) for name in names.readers]
    return [
        graph("Throttles and errors", [*throttled, *errors]),
        graph("Latency (ms)", latency, stat="Average"),
        graph("Stream readers behind (ms)", behind, stat="Maximum"),
    ]


def _releases(names: Names) -> Section:
    each = [function for group in names.functions.values() for function in group]
    return section(
        "Releases: the newest version against the current, while both have calls",
        [_by_version(names, each, name) for name in ("Invocations", "Errors")],
    )


def _by_version(names: Names, functions: Sequence[str], name: str) -> Widget:
    searches = [widgets.versions(names, name, function, "Sum", MINUTE) for function in functions]
    return graph(f"{name} by version", searches, period=MINUTE)


def _inbound(names: Names) -> Section:
    events = [
        own(names, measures.EVENTS_APPLIED, label="applied", color=GOOD),
        own(names, measures.EVENTS_STALE, label="older or repeated", color=DOUBTFUL),
    ]
    poison = by_value(names, measures.EVENTS_POISONED)
    waiting = [
        widgets.queue("ApproximateNumberOfMessagesVisible", names.inbound, label="messages"),
        widgets.queue("ApproximateAgeOfOldestMessage", names.inbound, label="age (s)", yAxis="right", color=BAD),
    ]
    return section(
        "Events of other contexts",
        [
            graph("Taken", events),
            graph("Poison messages, by reason", poison, stacked=True),
            graph("Waiting to be taken", waiting, stat="Maximum"),
        ],
    )


_LIST_OUTCOMES: Mapping[Measure, Mapping[str, Any]] = {
    measures.LISTS_RECEIVED: {},
    measures.LISTS_IMPORTED: {"color": GOOD},
    measures.LISTS_REJECTED: {"color": DOUBTFUL},
    measures.LISTS_FAILED: {"color": BAD},
}


def business(names: Names) -> dict[str, Any]:
    """Return the body: aggregates, lists, rows, and the amounts of rows."""
    return body(
        names.region,
        "-P1D",
        head(names, BUSINESS, TECHNICAL),
        _today(names),
        *names.endpoints.get(BUSINESS, ()),
        _aggregates(names),
        *((_lists(names), _contents(names)) if names.machine_arn else ()),
    )


def _today(names: Names) -> Section:
    of_lists = [
        numbers("Lists", _outcomes(names)),
        numbers("Rows imported", _rows(names)),
        numbers("Rows rejected", by_value(names, names.measures.rows_rejected)),
    ]
    changes = numbers("Changes", _changes(names))
    return section("Day by day (UTC)", [changes, *(of_lists if names.machine_arn else ())])


def _aggregates(names: Names) -> Section:
    return section(
        "Changes and commands",
        [
            graph("Changes published to other contexts", _changes(names)),
            graph("Commands refused, by code", by_value(names, names.measures.commands_refused), stacked=True),
        ],
    )


def _lists(names: Names) -> Section:
    target = line(f"target: {names.target_seconds} s", names.target_seconds)
    return section(
        "Lists",
        [
            graph("Lists received, and what became of them", _outcomes(names)),
            graph(
                "From received to closed (s)",
                [own(names, measures.LIST_DURATION, label=stat, stat=stat) for stat in ("p50", "p99")],
                annotations=target,
            ),
        ],
        [
            graph("Lists closed too late", [own(names, measures.LISTS_LATE, color=BAD)]),
            graph(
                "Age of the oldest unfinished list (s)",
                [own(names, measures.OLDEST_UNFINISHED, label="oldest")],
                stat="Maximum",
                annotations=target,
            ),
            graph(
                "The rule, for the rows of a part (s)",
                [own(names, measures.RULE_SECONDS, label=stat, stat=stat) for stat in ("p50", "p99")],
            ),
        ],
    )


def _contents(names: Names) -> Section:
    return section(
        "What lists bring",
        [
            graph("Rows imported", _rows(names)),
            graph("Rows rejected, by reason", by_value(names, names.measures.rows_rejected), stacked=True),
        ],
        *rows([_by_currency(names, measure) for measure in names.measures.amounts_imported.values()], 2),
    )


def _by_currency(names: Names, measure: Measure) -> Widget:
    return graph(f"{measure.name}, by currency", by_value(names, measure))


def _changes(names: Names) -> list[Metric]:
    return [own(names, measure) for measure in names.measures.changes.values()]


def _outcomes(names: Names) -> list[Metric]:
    return [own(names, measure, **drawn) for measure, drawn in _LIST_OUTCOMES.items()]


def _rows(names: Names) -> list[Metric]:
    return [own(names, measures.ROWS_IMPORTED, color=GOOD)]
