"""Links into the AWS console."""

from collections.abc import Sequence
from urllib.parse import quote

_TROUBLE = """fields @timestamp, level, message, function_name, list_id, code
| filter level != "INFO"
| sort @timestamp desc
| limit 100"""


def dashboard_url(region: str, name: str) -> str:
    """Return the link to a dashboard."""
    return f"{_console(region, 'cloudwatch')}#dashboards/dashboard/{name}"


def logs(region: str, groups: Sequence[str]) -> str:
    """Return the link to Logs Insights over these log groups, with a query for warnings and errors."""
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
    return f"https://{region}.console.aws.amazon.com/{service}/home?region={region}"


def _escaped(value: str) -> str:
    """Return text for the detail of a Logs Insights link, with stars in place of percent signs."""
    return quote(value, safe="").replace("~", "%7E").replace("%", "*")
