"""The settings of alarms, dashboards and logs."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from .alarms import Objectives, Thresholds, Wanted
from .config import Retention
from .partition import ARN
from .schema import Form, setting, within

Boards = Literal["all", "none"]

# A description of an alarm has at most 1,024 characters (CloudWatch API reference, PutMetricAlarm).
_RUNBOOK: Final = Form(
    r"""(https://|\w)[^\s#()<>"':]{1,500}""",
    "an https address, or a path in this repository, of up to 500 characters",
)
_KEY: Final = Form(
    ARN + r"kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    "the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>",
)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Alarms, dashboards and logs."""

    alarms: Wanted = setting("critical", "all")
    """`critical` leaves out warnings, except those that stop a gradual release. Each metric of an alarm costs 0.10 USD
    a month."""
    thresholds: Thresholds = setting({"queue_age_minutes": 1440}, Thresholds())
    """The values that must be exceeded to set off an alarm."""
    objectives: Objectives = setting({"import_minutes": 30}, Objectives())
    """The service level objectives. An alarm watches the use of each error budget."""
    runbook_url: Annotated[str, _RUNBOOK] = setting("https://wiki.example.org/loan", "")
    """The address in each alarm's description. By default it is the command that prints the library's runbook."""
    dashboards: Boards = setting("none", "all")
    """`none` leaves out both dashboards, which cost 3 USD a month each."""
    trace_percent: Annotated[int, within(0, 100)] = setting(0, 5)
    """Percentage of imports that are traced beyond the first of each second. 0 traces no import."""
    debug_percent: Annotated[float, within(0, 100)] = setting(10, 1.0)
    """Percentage of calls that also write DEBUG lines."""
    log_retention_days: Retention = setting(90, 30)
    """Days for which logs are stored."""
    # CloudWatch Logs accepts a key, but no alias.
    log_key_arn: Annotated[str, _KEY] | None = setting(
        "arn:aws:kms:eu-west-1:111122223333:key/0f5a1c2e-1111-2222-3333-444455556666", None
    )
    """A key for the logs instead of the stack's. Its policy must permit the stack's log groups."""
