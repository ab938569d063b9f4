"""Check that dashboards and alarms query the metrics that the code defines, and that the code writes no others.

AWS documents the format of a dashboard in "Dashboard body structure and syntax" of the CloudWatch API reference. Of the
searches, only exact terms are supported; AWS also has partial terms ("CloudWatch search expression syntax").
"""

import ast
import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.declaration.measures import OPTIONAL, Measure, uses
from bounded_context_infra.configuration.routes import all_deprecated

from .logs import Sample

AS_BEFORE = "."
ALL_AS_BEFORE = "..."
DEFAULTS = {"stat": "Average", "period": 300}

OF_AWS = "AWS/"
"""The prefix of the namespaces of AWS's own metrics."""


@dataclass(frozen=True)
class Metric:
    """A metric, identified by its namespace, its name and all its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Line:
    """One entry of a widget's `metrics`: a metric with a statistic over a period in seconds, or an expression."""

    id: str
    metric: Metric | None
    expression: str
    stat: str
    period: int
    visible: bool
    label: str = ""
    right: bool = False
    color: str | None = None


def widgets(body: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """Return the properties of the widgets of a type, such as `metric`."""
    return [widget["properties"] for widget in body.get("widgets", []) if widget["type"] == kind]


def lines_of_widget(properties: Mapping[str, Any]) -> list[Line]:
    """Return the lines of a metric widget, with its shorthands expanded."""
    expanded: list[Line] = []
    defaults = DEFAULTS | {key: properties[key] for key in DEFAULTS if key in properties}
    before: Sequence[str] = ()
    for entry in properties.get("metrics", []):
        options = defaults | (entry[-1] if isinstance(entry[-1], dict) else {})
        words = [word for word in entry if isinstance(word, str)]
        before = _expanded(words, before) if words else before
        expanded.append(_line(_metric(before) if words else None, options))
    return expanded


def _expanded(words: Sequence[str], before: Sequence[str]) -> Sequence[str]:
    if words[0] == ALL_AS_BEFORE:
        return [*before[: len(before) - len(words) + 1], *words[1:]]
    return [before[index] if word == AS_BEFORE else word for index, word in enumerate(words)]


def _metric(words: Sequence[str]) -> Metric:
    namespace, name, *pairs = words
    return Metric(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))


def _line(metric: Metric | None, options: Mapping[str, Any]) -> Line:
    return Line(
        id=options.get("id", ""),
        metric=metric,
        expression="" if metric else options["expression"].strip(),
        label=options.get("label", ""),
        stat=options["stat"],
        period=options["period"],
        visible=options.get("visible", True),
        right=options.get("yAxis") == "right",
        color=options.get("color"),
    )


_QUERY = re.compile(r"\s*\{(?P<schema>[^}]*)\}(?P<terms>.*)", re.DOTALL)
_TERM = re.compile(
    r"""\s*(?:AND\s+)?"?(?P<key>[\w.-]+)"?\s*=\s*(?P<values>"[^"]*"|\(\s*"[^"]*"(?:\s+OR\s+"[^"]*")*\s*\))"""
)
_VALUE = re.compile(r'"([^"]*)"')
METRIC_NAME = "MetricName"


class Unreadable(ValueError):
    """A search with terms that are not supported."""


@dataclass(frozen=True)
class Search:
    """A search for metrics of a namespace with exactly these dimensions; `terms` has the allowed values by key."""

    text: str
    namespace: str
    dimensions: frozenset[str]
    terms: Mapping[str, frozenset[str]]

    def finds(self, metric: Metric) -> bool:
        """Return whether a metric matches the search."""
        has = term_values(metric)
        return (
            metric.namespace == self.namespace
            and has.keys() - {METRIC_NAME} == self.dimensions
            and all(has.get(key) in allowed for key, allowed in self.terms.items())
        )


def term_values(metric: Metric) -> dict[str, str]:
    """Return the values that a search's terms match: the metric's name and its dimensions."""
    return {**dict(metric.dimensions), METRIC_NAME: metric.name}


def read_search(text: str) -> Search:
    """Parse the first argument of SEARCH. Raises Unreadable."""
    if not (query := _QUERY.fullmatch(text)):
        raise Unreadable(text)
    namespace, *dimensions = next(csv.reader([query["schema"].strip()], skipinitialspace=True))
    names = frozenset(name.strip() for name in dimensions)
    return Search(text, namespace.strip(), names, _terms(query["terms"]))


def _terms(text: str) -> dict[str, frozenset[str]]:
    terms: dict[str, frozenset[str]] = {}
    while text.strip():
        if not (term := _TERM.match(text)):
            raise Unreadable(text)
        terms[term["key"]] = frozenset(_VALUE.findall(term["values"]))
        text = text[term.end() :]
    return terms


class NotCalculated(ValueError):
    """An expression or a statistic that the library does not evaluate."""


def metric_of(sample: Sample) -> Metric:
    """Return the metric that a sample belongs to."""
    return Metric(sample.namespace, sample.metric, frozenset(sample.dimensions.items()))


def tree(expression: str) -> ast.expr:
    """Return an expression's syntax tree. Raises NotCalculated for other syntax, such as a Metrics Insights query."""
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise NotCalculated(expression) from error


NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
"""Environment variable of a function with the namespace of its metrics."""

Query = Metric | Search | str
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
    service, of_deprecated = {"service": frozenset({context.name})}, uses(all_deprecated(context))
    others = (measure for measure in context.measures.all if measure.name != of_deprecated.name)
    return [
        MetricDefinition(namespace, measure.name, service | _dimension(measure), measure.unit)
        for measure in (*others, *([of_deprecated] if of_deprecated.values else ()))
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
    namespaces = {function["environment"]["variables"][NAMESPACE] for function in functions}
    defined = [metric for namespace in namespaces for metric in defined_by(context, namespace)]
    return [*problems(bodies, {alarm["name"]: alarm for alarm in alarms}, defined), *undeclared(samples, defined)]


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
            for line in lines_of_widget(properties):
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
        return [read_search(_query(call)) for call in calls if ast.unparse(call.func) == "SEARCH"]
    except (NotCalculated, Unreadable):
        return [expression]


def _query(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(query)), *_]:
            return query
    raise Unreadable(ast.unparse(call))


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
        case Search() if not query.namespace.startswith(OF_AWS):
            yield from _not_found(query, [metric for metric in defined if query.finds(metric)])


def _not_found(query: Search, matches: list[Metric]) -> Iterator[str]:
    """Yield the dimension values of a search that match no defined metric, or the search if nothing matches."""
    if not matches:
        yield f"a search that matches no defined metric: {query.text}"
        return
    for key, values in query.terms.items():
        for value in sorted(values - {term_values(metric)[key] for metric in matches}):
            yield f"{key} {value} in a search, which no defined metric has"


def _hint(query: Metric, defined: set[Metric]) -> str:
    """Return a hint with the defined metrics of the same name; empty without such metrics."""
    same = sorted(_text(metric) for metric in defined if metric.name == query.name)
    return f"; it defines {', '.join(same)}" if same else ""


def _queried(queries: Iterable[Query], defined: set[Metric]) -> Iterator[Metric]:
    for query in queries:
        if isinstance(query, Metric):
            yield query
        elif isinstance(query, Search):
            yield from filter(query.finds, defined)


def _text(metric: Metric) -> str:
    dimensions = ", ".join(f"{name} {value}" for name, value in sorted(metric.dimensions))
    return f"{metric.name} ({metric.namespace}: {dimensions})" if dimensions else f"{metric.name} ({metric.namespace})"
