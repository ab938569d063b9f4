"""The dashboard for whoever asks how business goes."""

from typing import Any

from .. import measures
from .grid import Section, body, rows, section
from .head import BUSINESS, TECHNICAL, head
from .names import Names
from .sources import own
from .widgets import BAD, DOUBTFUL, GOOD, Metric, Widget, graph, line, numbers

_OUTCOMES = {
    measures.LISTS_RECEIVED: {},
    measures.LISTS_IMPORTED: {"color": GOOD},
    measures.LISTS_REJECTED: {"color": DOUBTFUL},
    measures.LISTS_FAILED: {"color": BAD},
}


def business(names: Names) -> dict[str, Any]:
    """The body: aggregates, lists, rows and what they are worth."""
    return body(
        names.region,
        "-P1D",
        head(names, BUSINESS, TECHNICAL),
        _today(names),
        *names.doors.get(BUSINESS, ()),
        _aggregates(names),
        _lists(names),
        _contents(names),
    )


def _today(names: Names) -> Section:
    return section(
        "Day by day (UTC)",
        [
            numbers("Changes", _changes(names)),
            numbers("Lists", _outcomes(names)),
            numbers("Rows imported", _rows(names)),
            numbers("Rows rejected", _by_reason(names, measures.ROWS_REJECTED)),
        ],
    )


def _aggregates(names: Names) -> Section:
    return section(
        "Changes and commands",
        [
            graph("Changes told to other contexts", _changes(names)),
            graph("Commands refused, by code", _by_reason(names, measures.COMMANDS_REFUSED), stacked=True),
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
        ],
    )


def _contents(names: Names) -> Section:
    return section(
        "What lists bring",
        [
            graph("Rows imported", _rows(names)),
            graph("Rows rejected, by reason", _by_reason(names, measures.ROWS_REJECTED), stacked=True),
        ],
        *rows([_by_currency(names, name) for name in measures.BY_CURRENCY], 2),
    )


def _by_currency(names: Names, name: str) -> Widget:
    each = [own(names, name, {"currency": value}, label=value) for value in measures.BY_CURRENCY[name]]
    return graph(f"{name}, by currency", each)


def _changes(names: Names) -> list[Metric]:
    return [own(names, name) for name in measures.CHANGES]


def _outcomes(names: Names) -> list[Metric]:
    return [own(names, name, **drawn) for name, drawn in _OUTCOMES.items()]


def _rows(names: Names) -> list[Metric]:
    return [own(names, measures.ROWS_IMPORTED, color=GOOD)]


def _by_reason(names: Names, name: str) -> list[Metric]:
    return [own(names, name, {"reason": reason}, label=reason) for reason in measures.BY_REASON[name]]
