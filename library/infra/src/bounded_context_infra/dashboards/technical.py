"""The technical dashboard, for the operators of the context."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bounded_context.declaration import measures

from . import sources
from .sections import BUSINESS, TECHNICAL, head
from .sources import Names, by_value, own
from .widgets import BAD, DOUBTFUL, GOOD, MINUTE, WORSE, Metric, Row, Section, Widget, body, graph, section

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
        _events(names),
        _inbound(names),
        _queues(names),
        _table(names),
        _releases(names),
    )


def _workflow(machine_arn: str) -> Section:
    times = [sources.machine(machine_arn, "ExecutionTime", label=stat, stat=stat) for stat in ("p50", "p99")]
    return section(
        "List imports",
        [
            graph("Executions", [sources.machine(machine_arn, name, **drawn) for name, drawn in _OUTCOMES.items()]),
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
        sources.function(names, name, function, label=f"{names.part(function)} {name.lower()}")
        for function in each
        for name in ("Errors", "Throttles")
    ]
    durations = [
        sources.function(names, "Duration", function, label=f"{names.part(function)} {stat}", stat=stat)
        for function in each
        for stat in ("p50", "p99")
    ]
    return [
        graph("Invocations", [sources.function(names, "Invocations", function) for function in each]),
        graph("Errors and throttles", failures),
        graph("Duration (ms)", durations),
    ]


def _uploads(names: Names) -> Section:
    matched = [sources.rule("MatchedEvents", name, label=event) for event, name in names.rules.items()]
    started = [
        sources.rule(metric, name, label=f"{event} {word}", **drawn)
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
        sources.server(names.server, "FilesIn", label="files"),
        sources.server(names.server, "BytesIn", label="bytes", yAxis="right"),
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
    published = sources.topic(names, "NumberOfMessagesPublished", label="published")
    if not names.queues:
        return [published]
    return [
        published,
        sources.topic(names, "NumberOfNotificationsDelivered", label="delivered", color=GOOD),
        sources.topic(names, "NumberOfNotificationsFailed", label="failed", color=BAD),
    ]


def _queues(names: Names) -> Section:
    return section(
        "Queues",
        [
            _depth("Waiting for subscribers", names.queues),
            graph(
                "Age of the oldest message (s)",
                [
                    sources.queue("ApproximateAgeOfOldestMessage", name, label=title)
                    for title, name in names.queues.items()
                ],
                stat="Maximum",
            ),
            _depth("Dead letters", names.dead_letters),
        ],
    )


def _depth(title: str, queues: Mapping[str, str]) -> Widget:
    depths = [sources.queue("ApproximateNumberOfMessagesVisible", name, label=label) for label, name in queues.items()]
    return graph(title, depths, stat="Maximum")


def _table(names: Names) -> Section:
    consumed = [sources.table(names, f"Consumed{kind}CapacityUnits", label=kind.lower()) for kind in ("Read", "Write")]
    failing = own(names, measures.MAPPINGS_FAILING, label="mappings", color=BAD, stat="Maximum")
    stopped = graph("Event source mappings that fail", [failing])
    return section("Table and stream", [graph("Capacity units consumed", consumed), *_table_troubles(names), stopped])


def _table_troubles(names: Names) -> Row:
    throttled = [
        sources.table(names, f"{kind}ThrottleEvents", label=f"{kind.lower()} throttled") for kind in ("Read", "Write")
    ]
    errors = [
        sources.operation(names, "SystemErrors", operation, label=f"{operation} error")
        for operation in names.operations
    ]
    latency = [
        sources.operation(names, "SuccessfulRequestLatency", operation, label=operation)
        for operation in names.operations
    ]
    behind = [sources.function(names, "IteratorAge", name) for name in names.readers]
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
    searches = [sources.versions(names, name, function, "Sum", MINUTE) for function in functions]
    return graph(f"{name} by version", searches, period=MINUTE)


def _inbound(names: Names) -> Section:
    events = [
        own(names, measures.EVENTS_APPLIED, label="applied", color=GOOD),
        own(names, measures.EVENTS_STALE, label="older or repeated", color=DOUBTFUL),
    ]
    poison = by_value(names, measures.EVENTS_POISONED)
    waiting = [
        sources.queue("ApproximateNumberOfMessagesVisible", names.inbound, label="messages"),
        sources.queue("ApproximateAgeOfOldestMessage", names.inbound, label="age (s)", yAxis="right", color=BAD),
    ]
    return section(
        "Events of other contexts",
        [
            graph("Taken", events),
            graph("Poison messages, by reason", poison, stacked=True),
            graph("Waiting to be taken", waiting, stat="Maximum"),
        ],
    )
