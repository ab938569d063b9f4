"""Check that dashboards and alarms query the metrics that the code defines, and that the code writes no others."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.declaration.measures import OPTIONAL, Measure

from ..metric_math import metric_lines
from ..metric_math.expressions import NotCalculated, metric_of, tree
from ..metric_math.metric_lines import OF_AWS, Metric, lines, widgets
from ..observation.logs import Sample

NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
"""Environment variable of a function with the namespace of its metrics."""

Query = Metric | metric_lines.Search | str
"""A queried metric, a search, or an expression that cannot be parsed here."""


@dataclass(frozen=True)
class MetricDefinition:
    """A metric definition with the possible values of each dimension. A `unit` of None matches any unit."""

    namespace: str
    name: str
    dimensions: Mapping[str, frozenset[str]]
    unit: str | None = None

    def metrics(self) -> Iterator[Metric]:
        """Yield a metric for each combination of dimension values."""
        pairs = [[(name, value) for value in values] for name, values in self.dimensions.items()]
        yield from (Metric(self.namespace, self.name, frozenset(combination)) for combination in product(*pairs))


def defined_by(context: Context[Any], namespace: str) -> list[MetricDefinition]:
    """Return the definitions of a context's measures in a namespace. All have the dimension `service`."""
    service = {"service": frozenset({context.name})}
    return [
        MetricDefinition(namespace, measure.name, service | _dimension(measure), measure.unit)
        for measure in context.measures.all
    ]


def _dimension(measure: Measure) -> dict[str, frozenset[str]]:
    return {measure.dimension: frozenset(map(str, measure.values))} if measure.dimension else {}


def problems_of_run(
    context: Context[Any], inputs: Mapping[str, Mapping[str, Any]], samples: Iterable[Sample]
) -> list[str]:
    """Return the problems of a stack's dashboards and alarms, and of the metrics that its functions wrote.

    Args:
        context: the deployed context.
        inputs: the inputs of the stack's resources, by `type name`.
        samples: the measured metric samples.
    """
    dashboards, alarms, functions = (
        [properties for label, properties in inputs.items() if label.startswith(f"aws:{kind}:")]
        for kind in ("cloudwatch/dashboard", "cloudwatch/metricAlarm", "lambda/function")
    )
    bodies = {board["dashboardName"]: json.loads(board["dashboardBody"]) for board in dashboards}
    defined = [metric for namespace in _namespaces(functions) for metric in defined_by(context, namespace)]
    return [*problems(bodies, {alarm["name"]: alarm for alarm in alarms}, defined), *undeclared(samples, defined)]


def _namespaces(functions: Iterable[Mapping[str, Any]]) -> set[str]:
    return {function["environment"]["variables"][NAMESPACE] for function in functions}


def problems(
    bodies: Mapping[str, Any], alarms: Mapping[str, Mapping[str, Any]], defined: Iterable[MetricDefinition]
) -> list[str]:
    """Return a sentence for each custom metric that is queried but not defined, or defined but not queried.

    Args:
        bodies: the dashboards' bodies by name. Without dashboards, unqueried metrics are no problem.
        alarms: the metric alarms by name, with Pulumi's property names: `metricName` or `metricQueries`.
        defined: the context's custom metrics, in one or several namespaces.
    """
    defined_metrics = {metric for definition in defined for metric in definition.metrics()}
    queries = [*_on_dashboards(bodies), *_in_alarms(alarms)]
    wrong = [f"{where} queries {problem}." for where, query in queries for problem in _unknown(query, defined_metrics)]
    queried_metrics = {*_queried((query for _, query in queries), defined_metrics)}
    optional = {measure.name for measure in OPTIONAL}
    unseen = [metric for metric in defined_metrics - queried_metrics if bodies and metric.name not in optional]
    return [*wrong, *sorted(f"{_text(metric)} is on no dashboard and in no alarm." for metric in unseen)]


def undeclared(samples: Iterable[Sample], defined: Iterable[MetricDefinition]) -> list[str]:
    """Return a sentence for each custom metric that was written with undefined dimensions or with another unit."""
    units = {metric: definition.unit for definition in defined for metric in definition.metrics()}
    namespaces = {metric.namespace for metric in units}
    metric_units = {(metric_of(sample), sample.unit) for sample in samples if sample.namespace in namespaces}
    unknown = {metric for metric, _ in metric_units if metric not in units}
    wrong = [(metric, unit) for metric, unit in metric_units if units.get(metric, unit) not in (unit, None)]
    return sorted(
        [
            *(f"{_text(metric)} was written, and the code does not define it." for metric in unknown),
            *(f"{_text(metric)} was written in {unit}, and is defined in {units[metric]}." for metric, unit in wrong),
        ]
    )


def _on_dashboards(bodies: Mapping[str, Any]) -> Iterator[tuple[str, Query]]:
    for name, body in bodies.items():
        for properties in widgets(body, "metric"):
            where = f"The widget {properties.get('title', '')!r} of the dashboard {name}"
            for line in lines(properties):
                queries: list[Query] = [line.metric] if line.metric else _in_expression(line.expression)
                yield from ((where, query) for query in queries)


def _in_alarms(alarms: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Query]]:
    for name, alarm in alarms.items():
        for query in alarm.get("metricQueries") or [{"metric": alarm}]:
            yield from ((f"The alarm {name}", metric_query) for metric_query in _in_query(query))


def _in_query(query: Mapping[str, Any]) -> list[Query]:
    if not (metric := query.get("metric")):
        return _in_expression(query["expression"])
    dimensions = frozenset((metric.get("dimensions") or {}).items())
    return [Metric(metric["namespace"], metric["metricName"], dimensions)]


def _in_expression(expression: str) -> list[Query]:
    """Return the searches in an expression, or the expression itself if it cannot be parsed."""
    try:
        calls = [node for node in ast.walk(tree(expression)) if isinstance(node, ast.Call)]
        return [metric_lines.read(_query(call)) for call in calls if ast.unparse(call.func) == "SEARCH"]
    except (NotCalculated, metric_lines.Unreadable):
        return [expression]


def _query(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(query)), *_]:
            return query
    raise metric_lines.Unreadable(ast.unparse(call))


def _unknown(query: Query, defined: set[Metric]) -> Iterator[str]:
    """Yield the undefined metrics of a query, as the end of a sentence. Ignore the metrics of AWS services."""
    match query:
        case str():
            namespaces = {metric.namespace for metric in defined}
            if any(re.search(rf'[{{"]{re.escape(namespace)}[,}}"]', query) for namespace in namespaces):
                yield f"an expression that cannot be checked, {query}: use a metric, or a SEARCH with only exact terms"
        case Metric():
            if query not in defined and not query.namespace.startswith(OF_AWS):
                yield f"{_text(query)}, which the code does not define{_hint(query, defined)}"
        case metric_lines.Search() if not query.namespace.startswith(OF_AWS):
            yield from _not_found(query, [metric for metric in defined if query.finds(metric)])


def _not_found(query: metric_lines.Search, matches: list[Metric]) -> Iterator[str]:
    """Yield the dimension values of a search that match no defined metric, or the search if nothing matches."""
    if not matches:
        yield f"a search that matches no defined metric: {query.text}"
        return
    for key, values in query.terms.items():
        for value in sorted(values - {metric_lines.values(metric)[key] for metric in matches}):
            yield f"{key} {value} in a search, which no defined metric has"


def _hint(query: Metric, defined: set[Metric]) -> str:
    """Return a hint with the defined metrics of the same name; empty without such metrics."""
    same = sorted(_text(metric) for metric in defined if metric.name == query.name)
    return f"; it defines {', '.join(same)}" if same else ""


def _queried(queries: Iterable[Query], defined: set[Metric]) -> Iterator[Metric]:
    for query in queries:
        if isinstance(query, Metric):
            yield query
        elif isinstance(query, metric_lines.Search):
            yield from filter(query.finds, defined)


def _text(metric: Metric) -> str:
    dimensions = ", ".join(f"{name} {value}" for name, value in sorted(metric.dimensions))
    return f"{metric.name} ({metric.namespace}: {dimensions})" if dimensions else f"{metric.name} ({metric.namespace})"
