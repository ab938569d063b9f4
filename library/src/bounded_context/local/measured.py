"""Whether dashboards and alarms ask for the metrics that the code defines, and the code writes no others."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..context import Context
from .dashboards import search
from .dashboards.asked import OF_AWS, Metric, lines, widgets
from .dashboards.expressions import tree
from .dashboards.series import NotCalculated, metric_of
from .defined import Defined, defined_by
from .observation.samples import Sample

NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
"""The variable in which a function is told its metrics' namespace."""

Asked = Metric | search.Search | str
"""A metric, a search, or an expression that nobody here can read."""


def problems_of_run(
    context: Context[Any], inputs: Mapping[str, Mapping[str, Any]], samples: Iterable[Sample]
) -> list[str]:
    """Return what is wrong with what a stack asks for, and with what its functions wrote.

    Args:
        context: what was deployed.
        inputs: what its program asks for, by `type name`.
        samples: what was measured.
    """
    dashboards, alarms, functions = (
        [given for label, given in inputs.items() if label.startswith(f"aws:{kind}:")]
        for kind in ("cloudwatch/dashboard", "cloudwatch/metricAlarm", "lambda/function")
    )
    bodies = {one["dashboardName"]: json.loads(one["dashboardBody"]) for one in dashboards}
    defined = [one for namespace in _namespaces(functions) for one in defined_by(context, namespace)]
    return [*problems(bodies, {one["name"]: one for one in alarms}, defined), *undeclared(samples, defined)]


def _namespaces(functions: Iterable[Mapping[str, Any]]) -> set[str]:
    return {one["environment"]["variables"][NAMESPACE] for one in functions}


def problems(
    bodies: Mapping[str, Any], alarms: Mapping[str, Mapping[str, Any]], defined: Iterable[Defined]
) -> list[str]:
    """Return one sentence for each metric of ours that is asked for and not defined, or defined and never asked for.

    Args:
        bodies: the dashboards' bodies by their names. Where there is none, nothing need be asked for.
        alarms: the metric alarms by their names, under Pulumi's own names: `metricName` or `metricQueries`.
        defined: the metrics of one namespace or of several, which are ours.
    """
    known = {metric for one in defined for metric in one.metrics()}
    asked = [*_on_dashboards(bodies), *_in_alarms(alarms)]
    wrong = [f"{where} asks for {what}." for where, one in asked for what in _unknown(one, known)]
    unseen = known - set(_seen((one for _, one in asked), known)) if bodies else set[Metric]()
    return [*wrong, *sorted(f"{_text(metric)} is on no dashboard and in no alarm." for metric in unseen)]


def undeclared(samples: Iterable[Sample], defined: Iterable[Defined]) -> list[str]:
    """Return one sentence for each metric of ours that was measured and is not defined so: its dimensions, its unit."""
    units = {metric: one.unit for one in defined for metric in one.metrics()}
    namespaces = {metric.namespace for metric in units}
    seen = {(metric_of(one), one.unit) for one in samples if one.namespace in namespaces}
    unknown = {metric for metric, _ in seen if metric not in units}
    wrong = [(metric, unit) for metric, unit in seen if units.get(metric, unit) not in (unit, None)]
    return sorted(
        [
            *(f"{_text(metric)} was written, and the code does not define it." for metric in unknown),
            *(f"{_text(metric)} was written in {unit}, and is defined in {units[metric]}." for metric, unit in wrong),
        ]
    )


def _on_dashboards(bodies: Mapping[str, Any]) -> Iterator[tuple[str, Asked]]:
    for name, body in bodies.items():
        for properties in widgets(body, "metric"):
            where = f"The widget {properties.get('title', '')!r} of the dashboard {name}"
            for line in lines(properties):
                yield from ((where, one) for one in ([line.metric] if line.metric else _in_expression(line.expression)))


def _in_alarms(alarms: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Asked]]:
    for name, alarm in alarms.items():
        for query in alarm.get("metricQueries") or [{"metric": alarm}]:
            yield from ((f"The alarm {name}", one) for one in _in_query(query))


def _in_query(query: Mapping[str, Any]) -> list[Asked]:
    if not (metric := query.get("metric")):
        return _in_expression(query["expression"])
    dimensions = frozenset((metric.get("dimensions") or {}).items())
    return [Metric(metric["namespace"], metric["metricName"], dimensions)]


def _in_expression(expression: str) -> list[Asked]:
    """Return the searches in an expression; the expression itself if it cannot be read."""
    try:
        calls = [node for node in ast.walk(tree(expression)) if isinstance(node, ast.Call)]
        return [search.read(_query(call)) for call in calls if ast.unparse(call.func) == "SEARCH"]
    except (NotCalculated, search.Unreadable):
        return [expression]


def _query(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(query)), *_]:
            return query
    raise search.Unreadable(ast.unparse(call))


def _unknown(asked: Asked, known: set[Metric]) -> Iterator[str]:
    """Yield what is asked for and not known, if it is ours."""
    match asked:
        case str():
            if any(re.search(rf'[{{"]{re.escape(one)}[,}}"]', asked) for one in {metric.namespace for metric in known}):
                yield f"what cannot be checked here, {asked}: write a metric, or a SEARCH with exact terms alone"
        case Metric():
            if asked not in known and not asked.namespace.startswith(OF_AWS):
                yield f"{_text(asked)}, which the code does not define{_hint(asked, known)}"
        case search.Search() if not asked.namespace.startswith(OF_AWS):
            yield from _not_found(asked, [metric for metric in known if asked.finds(metric)])


def _not_found(asked: search.Search, found: list[Metric]) -> Iterator[str]:
    """Yield the values of a search that nothing found has, or the search if it finds nothing at all."""
    if not found:
        yield f"what a search does not find: {asked.text}"
        return
    for key, values in asked.wanted.items():
        for value in sorted(values - {search.values(metric)[key] for metric in found}):
            yield f"{key} {value}, which a search does not find"


def _hint(asked: Metric, known: set[Metric]) -> str:
    """Say how a metric of the name is defined."""
    same = sorted(_text(metric) for metric in known if metric.name == asked.name)
    return f"; it defines {', '.join(same)}" if same else ""


def _seen(asked: Iterable[Asked], known: set[Metric]) -> Iterator[Metric]:
    for one in asked:
        if isinstance(one, Metric):
            yield one
        elif isinstance(one, search.Search):
            yield from filter(one.finds, known)


def _text(metric: Metric) -> str:
    dimensions = ", ".join(f"{name} {value}" for name, value in sorted(metric.dimensions))
    return f"{metric.name} ({metric.namespace}: {dimensions})" if dimensions else f"{metric.name} ({metric.namespace})"
