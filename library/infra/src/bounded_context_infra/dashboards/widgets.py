"""The widgets of a dashboard, their metrics, and the sections that both dashboards share.

Widgets are laid out in rows as wide as the dashboard. The form is CloudWatch's "Dashboard Body Structure and Syntax";
the limits are there and in "CloudWatch service quotas". The shared sections are the head with links into the AWS
console, and the HTTP API.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote

from bounded_context.declaration.context import Context
from bounded_context.declaration.measures import Measure, Measures

from ..configuration.alarms import RUNBOOK
from ..configuration.config import partition_of

MOST_WIDGETS = 500
"""Maximum widgets of a dashboard."""

MOST_METRICS = 500
"""Maximum metrics of a widget."""

MOST_METRICS_OF_ALL = 2500
"""Maximum metrics of a dashboard."""

MOST_ALARMS = 100
"""Maximum alarms of an alarm widget."""

MINUTE = 60
FIVE_MINUTES = 300
DAY = 86_400

GOOD = "#2ca02c"
BAD = "#d62728"
WORSE = "#7f0000"
DOUBTFUL = "#ff7f0e"

Metric = list[Any]
"""Namespace, name, each dimension's name and value, and rendering properties; or an expression's rendering
properties."""


@dataclass(frozen=True)
class Widget:
    """A widget; its row determines its width."""

    kind: Literal["text", "metric", "alarm"]
    height: int
    properties: Mapping[str, Any]

    @property
    def is_empty(self) -> bool:
        """Whether the widget has no content."""
        content = {"text": "markdown", "metric": "metrics", "alarm": "alarms"}[self.kind]
        return not self.properties[content]


def metric(namespace: str, name: str, dimensions: Mapping[str, str], **drawn: Any) -> Metric:
    """Return a metric; `drawn` are its rendering properties, such as label, stat, color, yAxis."""
    pairs = [part for pair in dimensions.items() for part in pair]
    return [namespace, name, *pairs, *([drawn] if drawn else [])]


def text(markdown: str, height: int = 1) -> Widget:
    """Return a text without a frame."""
    return Widget("text", height, {"markdown": markdown, "background": "transparent"})


def graph(
    title: str, metrics: Iterable[Metric], *, stat: str = "Sum", period: int = FIVE_MINUTES, **more: Any
) -> Widget:
    """Return lines over time, from zero; `more` are further properties, such as stacked or annotations."""
    properties = {
        "title": title,
        "view": "timeSeries",
        "metrics": list(metrics),
        "stat": stat,
        "period": period,
        "yAxis": {"left": {"min": 0}},
    }
    return Widget("metric", 6, properties | more)


def numbers(title: str, metrics: Iterable[Metric]) -> Widget:
    """Return each metric's sum of a day as a number."""
    properties = {
        "title": title,
        "view": "singleValue",
        "metrics": list(metrics),
        "stat": "Sum",
        "period": DAY,
    }
    return Widget("metric", 4, properties)


def line(label: str, value: float) -> dict[str, Any]:
    """Return the annotations of a graph for a limit."""
    return {"horizontal": [{"label": label, "value": value, "color": BAD, "fill": "above"}]}


def alarms(title: str, arns: Sequence[str]) -> list[Widget]:
    """Return the states of the given alarms, active alarms first, in as many widgets as needed."""
    chunks = [arns[start : start + MOST_ALARMS] for start in range(0, len(arns), MOST_ALARMS)]
    return [_alarms(title, chunk) for chunk in chunks]


def _alarms(title: str, arns: Sequence[str]) -> Widget:
    # Three alarms fit side by side into half of the dashboard; beyond six rows the widget scrolls.
    height = 2 + min(math.ceil(len(arns) / 3), 6)
    return Widget("alarm", height, {"title": title, "alarms": list(arns), "sortBy": "stateUpdatedTimestamp"})


WIDTH = 24
"""Columns of a dashboard."""

Row = Sequence[Widget]
Section = Sequence[Row]


def section(title: str, *rows: Row) -> Section:
    """Return a heading and its rows without empty widgets; an empty section if all widgets are empty."""
    full = [widgets for row in rows if (widgets := [widget for widget in row if not widget.is_empty])]
    return [[text(f"## {title}")], *full] if full else []


def rows(widgets: Sequence[Widget], across: int) -> Section:
    """Return the widgets in rows of `across` widgets."""
    return [widgets[start : start + across] for start in range(0, len(widgets), across)]


def body(region: str, start: str, *sections: Section) -> dict[str, Any]:
    """Return the dashboard: the sections from top to bottom, over the time from `start`, such as -PT3H, until now."""
    placed: list[dict[str, Any]] = []
    top = 0
    for row in chain(*sections):
        placed += _positions(row, top, region)
        top += max(widget.height for widget in row)
    # Each graph keeps its own period. Otherwise a sum of a day would become a sum of five minutes.
    return {"start": start, "periodOverride": "inherit", "widgets": placed}


def _positions(row: Row, top: int, region: str) -> Iterator[dict[str, Any]]:
    height = max(widget.height for widget in row)
    for number, widget in enumerate(row):
        left, right = (WIDTH * edge // len(row) for edge in (number, number + 1))
        where = {"region": region} if widget.kind == "metric" else {}
        yield {
            "type": widget.kind,
            "x": left,
            "y": top,
            "width": right - left,
            "height": height,
            "properties": {**widget.properties, **where},
        }


@dataclass(frozen=True)
class Names:
    """The names of a stack's resources, as the dimensions of their metrics contain them, and its targets.

    `alarms` maps a severity to ARNs, the most urgent first. `functions` maps a heading to functions. `queues` and
    `dead_letters` map a purpose to a queue, `rules` an event to a rule. `inbound` is the queue of other contexts'
    events. `machine_arn` is None without
    lists, `server` without SFTP. `endpoints` maps a dashboard to sections of endpoints, such as the HTTP API.
    """

    context: Context[Any]
    prefix: str
    alias: str
    region: str
    runbook: str
    target_seconds: int
    alarms: Mapping[str, Sequence[str]]
    functions: Mapping[str, Sequence[str]]
    log_groups: Sequence[str]
    machine_arn: str | None
    rules: Mapping[str, str]
    server: str | None
    table: str
    operations: Sequence[str]
    readers: Sequence[str]
    topic: str
    queues: Mapping[str, str]
    inbound: str
    dead_letters: Mapping[str, str]
    endpoints: Mapping[str, Sequence[Section]]

    @property
    def service(self) -> dict[str, str]:
        """The dimension of all metrics of the context."""
        return {"service": self.context.name}

    @property
    def measures(self) -> Measures:
        """The metrics of the context."""
        return self.context.measures

    def part(self, name: str) -> str:
        """Return a name without the stack's prefix, for a legend."""
        return name.removeprefix(f"{self.prefix}-")


_NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


def own(names: Names, measure: Measure, more: Mapping[str, str] = _NOTHING_MORE, **drawn: Any) -> Metric:
    """Return a metric of the context, by `service` and at most one more dimension."""
    return metric(names.prefix, measure.name, {**names.service, **more}, **drawn)


def by_value(names: Names, measure: Measure) -> list[Metric]:
    """Return a metric of the context for each value of its dimension."""
    return [own(names, measure, {str(measure.dimension): value}, label=value) for value in measure.values]


def function(names: Names, name: str, function_name: str, **drawn: Any) -> Metric:
    """Return a metric of a function, all its versions together."""
    label = names.part(function_name)
    return metric("AWS/Lambda", name, {"FunctionName": function_name}, **{"label": label, **drawn})


def machine(arn: str, name: str, **drawn: Any) -> Metric:
    """Return a metric of a state machine."""
    return metric("AWS/States", name, {"StateMachineArn": arn}, **drawn)


def rule(name: str, rule_name: str, **drawn: Any) -> Metric:
    """Return a metric of a rule on the default event bus."""
    return metric("AWS/Events", name, {"RuleName": rule_name}, **drawn)


def server(server_id: str, name: str, **drawn: Any) -> Metric:
    """Return a metric of an SFTP server."""
    return metric("AWS/Transfer", name, {"ServerId": server_id}, **drawn)


def queue(name: str, queue_name: str, **drawn: Any) -> Metric:
    """Return a metric of a queue."""
    return metric("AWS/SQS", name, {"QueueName": queue_name}, **drawn)


def table(names: Names, name: str, **drawn: Any) -> Metric:
    """Return a metric of the table as a whole."""
    return metric("AWS/DynamoDB", name, {"TableName": names.table}, **drawn)


def operation(names: Names, name: str, what: str, **drawn: Any) -> Metric:
    """Return a metric of an operation on the table. DynamoDB has no sum over its operations."""
    return metric("AWS/DynamoDB", name, {"TableName": names.table, "Operation": what}, **drawn)


def topic(names: Names, name: str, **drawn: Any) -> Metric:
    """Return a metric of the topic."""
    return metric("AWS/SNS", name, {"TopicName": names.topic}, **drawn)


def versions(names: Names, name: str, function_name: str, stat: str, period: int) -> Metric:
    """Return a search for a metric of each version called by the alias, since their numbers are not known before."""
    search = (
        "{AWS/Lambda,FunctionName,Resource,ExecutedVersion} "
        f'MetricName="{name}" Resource="{function_name}:{names.alias}"'
    )
    label = f"{names.part(function_name)} ${{PROP('Dim.ExecutedVersion')}}"
    return [{"expression": f"SEARCH('{search}', '{stat}', {period})", "label": label}]


BUSINESS = "business"
"""The name of the dashboard for the owners of the context's business."""
TECHNICAL = "technical"
"""The name of the dashboard for the operators of the context."""


def head(names: Names, this: str, other: str) -> Section:
    """Return the description of the context, links, and the state of every alarm, the most urgent first."""
    context = names.context
    markdown = (
        f"# {context.display_name}, {this}: {names.prefix}\n"
        f"The context `{context.name}` of {context.owner} executes commands{_imports(names)}, "
        f"and publishes an event for each change. "
        f"Made by code: the next deployment overwrites changes that are made here.\n\n"
        f"{_links(names, other)}"
    )
    states = [widget for severity, arns in names.alarms.items() for widget in alarms(severity, arns)]
    return [[text(markdown, height=4)], *section("Alarms", *rows(states, 2))]


def _imports(names: Names) -> str:
    return ", imports lists of its partners" if names.machine_arn else ""


def _links(names: Names, other: str) -> str:
    region = names.region
    return " | ".join(
        [
            _link(f"Dashboard: {other}", dashboard_url(region, f"{names.prefix}-{other}")),
            _link("Runbook", names.runbook) if "://" in names.runbook else f"Runbook: `{names.runbook or RUNBOOK}`",
            _link("Logs", logs(region, names.log_groups)),
            _link("Traces", traces(region, names.prefix)),
            *([_link("Imports", executions(region, names.machine_arn))] if names.machine_arn else ()),
        ]
    )


def _link(title: str, url: str) -> str:
    return f"[{title}]({url})"


_TROUBLE = """fields @timestamp, level, message, function_name, list_id, code
| filter level != "INFO"
| sort @timestamp desc
| limit 100"""


def dashboard_url(region: str, name: str) -> str:
    """Return the link to a dashboard."""
    return f"{_console(region, 'cloudwatch')}#dashboards/dashboard/{name}"


def logs(region: str, groups: Sequence[str]) -> str:
    """Return the link to Logs Insights over the given log groups, with a query for warnings and errors."""
    sources = "".join(f"~'{_escape(group)}" for group in groups)
    detail = (
        f"~(end~0~start~-3600~timeType~'RELATIVE~unit~'seconds~editorString~'{_escape(_TROUBLE)}~source~({sources}))"
    )
    # Links to Logs Insights have dollars in place of percent signs, after a second encoding.
    encoded = quote(detail, safe="*").replace("~", "%7E").replace("%", "$25")
    return f"{_console(region, 'cloudwatch')}#logsV2:logs-insights$3FqueryDetail$3D{encoded}"


def traces(region: str, prefix: str) -> str:
    """Return the link to a stack's traces of the last hour (X-Ray, "Console deep linking").

    The library's functions write the stack's prefix on each segment.
    """
    expression = quote(f'annotation.stack = "{prefix}"', safe="")
    return f"{_console(region, 'xray')}#/traces?timeRange=PT1H&filter={expression}"


def executions(region: str, machine_arn: str) -> str:
    """Return the link to the executions of a state machine."""
    return f"{_console(region, 'states')}#/statemachines/view/{machine_arn}"


def _console(region: str, service: str) -> str:
    return f"https://{region}.{partition_of(region).console}/{service}/home?region={region}"


def _escape(value: str) -> str:
    """Return text for the detail of a Logs Insights link, with stars in place of percent signs."""
    return quote(value, safe="").replace("~", "%7E").replace("%", "*")


_OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    "Count": {"label": "requests"},
    "4xx": {"label": "refused (4xx)", "color": DOUBTFUL},
    "5xx": {"label": "failed (5xx)", "color": BAD},
}
_LATENCIES = {"Latency": "of the answer", "IntegrationLatency": "of the function"}


def api_sections(api: str, stage: str, routes: Mapping[str, str]) -> dict[str, Sequence[Section]]:
    """Return the sections of each dashboard.

    Args:
        api: the API's id.
        stage: the name of its stage.
        routes: the keys, such as `GET /things`, of the routes with metrics of their own, by function.
    """
    stage_ = {"ApiId": api, "Stage": stage}
    return {BUSINESS: [_business(stage_, routes)], TECHNICAL: [_technical(stage_, routes)]}


def _business(stage: Mapping[str, str], routes: Mapping[str, str]) -> Section:
    return section(
        "Requests to the HTTP API",
        [
            graph("Requests, by route", _by_route(stage, routes, "Count"), stacked=True)
            if routes
            else graph("Requests", _outcomes(stage, "Count")),
            graph("Requests refused and failed", _outcomes(stage, "4xx", "5xx")),
        ],
    )


def _technical(stage: Mapping[str, str], routes: Mapping[str, str]) -> Section:
    return section(
        "HTTP API",
        [
            # Refused requests include the throttled requests (429), which the access log lists separately.
            graph("Requests, refused, failed", _outcomes(stage, *_OUTCOMES)),
            *([graph("Failed (5xx), by route", _by_route(stage, routes, "5xx"), stacked=True)] if routes else []),
            graph("Latency (ms)", _latencies(stage)),
        ],
    )


def _outcomes(stage: Mapping[str, str], *names: str) -> list[Metric]:
    return [_metric(name, stage, **_OUTCOMES[name]) for name in names]


def _by_route(stage: Mapping[str, str], routes: Mapping[str, str], name: str) -> list[Metric]:
    return [
        _metric(name, {**stage, **dict(zip(("Method", "Resource"), key.split(" "), strict=True))}, label=key)
        for key in routes.values()
    ]


def _latencies(stage: Mapping[str, str]) -> list[Metric]:
    return [
        _metric(name, stage, label=f"{stat} {whose}", stat=stat)
        for name, whose in _LATENCIES.items()
        for stat in ("p50", "p99")
    ]


def _metric(name: str, dimensions: Mapping[str, str], **drawn: Any) -> Metric:
    return metric("AWS/ApiGateway", name, dimensions, **drawn)
