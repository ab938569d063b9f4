"""The settings of alarms, dashboards and logs."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from .alarms import Objectives, Thresholds, Wanted
from .config import Retention
from .partition import ARN
from .schema import Form, setting, within

Boards = Literal["all", "none"]

# A description of an alarm has at most 1,024 characters (CloudWatch API reference, PutMetricAlarm).
_RUNBOOK: Final = Form(
    re.compile(r"""(https://|\w)[^\s#()<>"':]{1,500}"""),
    "an https address, or a path in this repository, of up to 500 characters",
)
_KEY: Final = Form(
    re.compile(ARN + r"kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"),
    "the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>",
)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Alarms, dashboards and logs."""

    alarms: Wanted = setting(
        "`critical` leaves out warnings, except those that stop a gradual release. Each metric of an alarm costs "
        "0.10 USD a month.",
        "critical",
        "all",
    )
    thresholds: Thresholds = setting(
        "The values that must be exceeded to set off an alarm.", {"queue_age_minutes": 1440}, Thresholds()
    )
    objectives: Objectives = setting(
        "The service level objectives. An alarm watches the use of each error budget.",
        {"import_minutes": 30},
        Objectives(),
    )
    runbook_url: Annotated[str, _RUNBOOK] = setting(
        "The address in each alarm's description. By default it is the command that prints the library's runbook.",
        "https://wiki.example.org/loan",
        "",
    )
    dashboards: Boards = setting("`none` leaves out both dashboards, which cost 3 USD a month each.", "none", "all")
    trace_percent: Annotated[int, within(0, 100)] = setting(
        "Percentage of imports that are traced beyond the first of each second. 0 traces no import.", 0, 5
    )
    debug_percent: Annotated[float, within(0, 100)] = setting(
        "Percentage of calls that also write DEBUG lines.", 10, 1.0
    )
    log_retention_days: Retention = setting("Days for which logs are stored.", 90, 30)
    # CloudWatch Logs accepts a key, but no alias.
    log_key_arn: Annotated[str, _KEY] | None = setting(
        "A key for the logs instead of the stack's. Its policy must permit the stack's log groups.",
        "arn:aws:kms:eu-west-1:111122223333:key/0f5a1c2e-1111-2222-3333-444455556666",
        None,
    )
