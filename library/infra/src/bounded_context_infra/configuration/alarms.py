"""The alarms of a stack: severities, thresholds, objectives with their burn rates, and their settings.

Windows and rates are the first two of Google's SRE workbook, "Alerting on SLOs", 5: multiple burn rate alerts. A rate
of 14.4 uses up a month's error budget in two days, a rate of 6 in five days. A second, short window would end an alarm
sooner, but needs two more alarms for each objective. Without it, an alarm ends a window after the failure.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from .config import ARN, Retention
from .schema import Form, Members, setting, within

RUNBOOK: Final = "uv run context docs runbook"
"""The command that prints the library's runbook, or the section of it that an argument names."""

Severity = Literal["critical", "warning"]
"""`critical` pages a person at any hour; `warning` waits for office hours."""

Wanted = Literal["all", "critical", "none"]
"""The alarms that a stack has."""


@dataclass(frozen=True)
class Thresholds(Members):
    """The values that must be exceeded to set off an alarm."""

    duration_percent: Annotated[int, within(1, 99)] = 80
    """Duration of a call, as a percentage of the function's timeout."""
    queue_age_minutes: Annotated[int, within(1, 7 * 24 * 60 - 1)] = 60
    """Age of the oldest message of a queue, which stores messages for 7 days."""
    stream_age_minutes: Annotated[int, within(1, 24 * 60 - 1)] = 15
    """Age of the oldest change in the table's stream, which stores changes for a day."""
    unfinished_list_minutes: Annotated[int, within(1, 24 * 60)] = 60
    """Age of the oldest unfinished list."""
    rejected_lists: Annotated[int, within(0, 1000)] = 3
    """Lists that are rejected within an hour."""
    unapproved_list_hours: Annotated[int, within(0, 14 * 24)] = 24
    """Hours for which a list waits for its approval, in a context with an approval."""
    unfetched_file_hours: Annotated[int, within(1, 14 * 24)] = 24
    """Hours for which an exported file waits for its partner, in a context with exports."""


LEAST_PERCENT: Final = 95.0
"""With a lower objective, even a complete failure would not exceed a burn rate of 14.4 for long."""


@dataclass(frozen=True)
class Objectives(Members):
    """The service level objectives. A rejection is an answer. Errors and throttled calls are failures."""

    import_minutes: Annotated[int, within(1, 24 * 60)] = 15
    """Minutes within which a list is closed."""
    import_percent: Annotated[float, within(LEAST_PERCENT, 99.99)] = 99.0
    """Percentage of the lists that are closed within these minutes."""
    command_percent: Annotated[float, within(LEAST_PERCENT, 99.999)] = 99.9
    """Percentage of the commands that are answered."""


@dataclass(frozen=True)
class Burn:
    """A burn rate of the error budget that sets off an alarm; `window` is in minutes."""

    name: str
    rate: float
    window: int
    severity: Severity


BURNS: Final = (Burn("fast", 14.4, 60, "critical"), Burn("slow", 6, 360, "warning"))


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
