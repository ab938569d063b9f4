"""The head of both dashboards."""

from ...configuration.alarms import RUNBOOK
from . import links
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
    says = (
        f"# {context.display_name}, {this}: {names.prefix}\n"
        f"The context `{context.name}` of {context.owner} takes its commands one by one, and lists from its partners, "
        f"and tells the other contexts of each change. "
        f"Made by code: what is changed here goes with the next deployment.\n\n"
        f"{_links(names, other)}"
    )
    states = [widget for severity, arns in names.alarms.items() for widget in alarms(severity, arns)]
    return [[text(says, height=4)], *section("Alarms", *rows(states, 2))]


def _links(names: Names, other: str) -> str:
    region = names.region
    return " | ".join(
        [
            _link(f"Dashboard: {other}", links.dashboard_url(region, f"{names.prefix}-{other}")),
            _link("Runbook", names.runbook) if "://" in names.runbook else f"Runbook: `{names.runbook or RUNBOOK}`",
            _link("Logs", links.logs(region, names.log_groups)),
            _link("Traces", links.traces(region, names.prefix)),
            _link("Imports", links.executions(region, names.machine_arn)),
        ]
    )


def _link(title: str, url: str) -> str:
    return f"[{title}]({url})"
