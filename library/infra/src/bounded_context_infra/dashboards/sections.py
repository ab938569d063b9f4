"""The sections that both dashboards share: the head with links into the AWS console, and the HTTP API."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..configuration.alarms import RUNBOOK
from ..configuration.partition import partition_of
from .sources import Names
from .widgets import BAD, DOUBTFUL, Metric, Section, alarms, graph, metric, rows, section, text

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
