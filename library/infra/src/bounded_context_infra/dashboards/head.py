"""The head of both dashboards, and links into the AWS console."""

from collections.abc import Sequence
from urllib.parse import quote

from ..configuration.alarms import RUNBOOK
from ..configuration.partition import partition_of
from .grid import Section, rows, section
from .names import Names
from .widgets import alarms, text

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
    sources = "".join(f"~'{_escaped(group)}" for group in groups)
    detail = (
        f"~(end~0~start~-3600~timeType~'RELATIVE~unit~'seconds~editorString~'{_escaped(_TROUBLE)}~source~({sources}))"
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


def _escaped(value: str) -> str:
    """Return text for the detail of a Logs Insights link, with stars in place of percent signs."""
    return quote(value, safe="").replace("~", "%7E").replace("%", "*")
