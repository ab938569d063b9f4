"""Links into the AWS console."""

from collections.abc import Sequence
from urllib.parse import quote

_TROUBLE = """fields @timestamp, level, message, function_name, list_id, code
| filter level != "INFO"
| sort @timestamp desc
| limit 100"""


def dashboard_url(region: str, name: str) -> str:
    """A dashboard."""
    return f"{_console(region, 'cloudwatch')}#dashboards/dashboard/{name}"


def logs(region: str, groups: Sequence[str]) -> str:
    """Logs Insights over these log groups, with a query for what went wrong."""
    sources = "".join(f"~'{_escaped(group)}" for group in groups)
    detail = (
        f"~(end~0~start~-3600~timeType~'RELATIVE~unit~'seconds~editorString~'{_escaped(_TROUBLE)}~source~({sources}))"
    )
    # In a link to Logs Insights the percent signs are dollars, and encoded once more.
    encoded = quote(detail, safe="*").replace("~", "%7E").replace("%", "$25")
    return f"{_console(region, 'cloudwatch')}#logsV2:logs-insights$3FqueryDetail$3D{encoded}"


def traces(region: str, prefix: str) -> str:
    """A stack's traces of the last hour (X-Ray, "Console deep linking"): our code writes its prefix on each segment."""
    expression = quote(f'annotation.stack = "{prefix}"', safe="")
    return f"{_console(region, 'xray')}#/traces?timeRange=PT1H&filter={expression}"


def executions(region: str, machine_arn: str) -> str:
    """The executions of a state machine."""
    return f"{_console(region, 'states')}#/statemachines/view/{machine_arn}"


def _console(region: str, service: str) -> str:
    return f"https://{region}.console.aws.amazon.com/{service}/home?region={region}"


def _escaped(value: str) -> str:
    """Text within the detail of a Logs Insights link, where stars are what percent signs are elsewhere."""
    return quote(value, safe="").replace("~", "%7E").replace("%", "*")
