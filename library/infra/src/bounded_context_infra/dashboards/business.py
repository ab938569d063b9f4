"""The business dashboard: how many changes, lists and rows, with which outcome."""

from collections.abc import Mapping
from typing import Any

from bounded_context.declaration import measures
from bounded_context.declaration.measures import Measure

from .sections import BUSINESS, TECHNICAL, head
from .sources import Names, by_value, own
from .widgets import BAD, DOUBTFUL, GOOD, Metric, Section, Widget, body, graph, line, numbers, rows, section

_OUTCOMES: Mapping[Measure, Mapping[str, Any]] = {
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
    return [own(names, measure, **drawn) for measure, drawn in _OUTCOMES.items()]


def _rows(names: Names) -> list[Metric]:
    return [own(names, measures.ROWS_IMPORTED, color=GOOD)]
