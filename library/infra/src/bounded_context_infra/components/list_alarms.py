"""Alarms on partners' lists, from the metrics that the library's functions write."""

from bounded_context_infra.parts import (
    HOUR,
    LISTS_LATE,
    LISTS_RECEIVED,
    LISTS_REJECTED,
    MINUTE,
    OLDEST_UNFINISHED,
    UPLOADS_BROKEN,
    UPLOADS_QUARANTINED,
    UPLOADS_UNSEEN,
    Component,
    Measure,
    Metric,
    Notice,
    Objective,
    Objectives,
    Stack,
    When,
    alarm,
    calculated,
    watch_objective,
)

LEAST_LATE = 2
"""Late lists within an hour, or six, that set off an alarm. The dashboard shows a single late list."""


class ListAlarms(Component):
    """Alarms on lists that are rejected, late, stuck or missing, and on broken, quarantined and unseen uploads."""

    urn_type = "bounded-context:infra:ListAlarms"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        self._alerts = stack.alerts
        self._rejected()
        self._stuck()
        self._broken()
        self._unseen()
        if stack.settings.malware != "none":
            self._quarantined()
        self._late(stack.settings.objectives)
        if stack.settings.expect_list_hours is not None:
            self._missing(stack.settings.expect_list_hours)
        self.register_outputs({})

    def _rejected(self) -> None:
        limit = self._alerts.thresholds.rejected_lists
        effect = (
            f"Over {limit} lists were rejected within an hour: partners get the reasons, but so many at once point "
            "to a cause on our side."
        )
        self._within_an_hour("rejected", Notice("warning", effect, "many-lists-are-rejected"), LISTS_REJECTED, limit)

    def _broken(self) -> None:
        effect = (
            "An upload by SFTP broke off within the last hour. Nothing of it is imported, and its partner may not know."
        )
        self._within_an_hour("uploads-broken", Notice("warning", effect, "an-upload-broke-off"), UPLOADS_BROKEN, 0)

    def _unseen(self) -> None:
        effect = "Files have arrived, but no list was recorded for them: these lists are not imported."
        notice = Notice("critical", effect, "an-upload-started-no-import")
        # Written every quarter of an hour. With two periods, a late value does not end the alarm. A failed sweep writes
        # no value, which is different from no unseen upload.
        when = When(0, bad=1, of=2, period=15 * MINUTE, missing="missing")
        alarm(self, self._alerts, f"{self.name}-uploads-unseen", notice, self._metric(UPLOADS_UNSEEN, "Maximum"), when)

    def _quarantined(self) -> None:
        effect = "A malware scan found a threat in an upload, or could not scan it. Its list is rejected."
        notice = Notice("critical", effect, "an-upload-is-quarantined")
        self._within_an_hour("uploads-quarantined", notice, UPLOADS_QUARANTINED, 0)

    def _missing(self, hours: int) -> None:
        effect = f"No list has arrived for {hours} hours: a partner does not send, or its files do not reach us."
        when = When(1, bad=hours, of=hours, period=HOUR, missing="breaching", wrong="LessThanThreshold")
        notice, metrics = Notice("warning", effect, "no-list-has-arrived"), {"lists": self._metric(LISTS_RECEIVED)}
        # Filled, because a list of an hour before the first of them would keep the alarm off.
        calculated(self, self._alerts, f"{self.name}-expected", notice, metrics, "FILL(lists, 0)", when)

    def _stuck(self) -> None:
        minutes = self._alerts.thresholds.unfinished_list_minutes
        alarm(
            self,
            self._alerts,
            f"{self.name}-unfinished",
            Notice(
                "critical",
                f"A list is neither imported nor rejected {minutes} minutes after it arrived, and its partner waits.",
                "a-list-is-not-completed",
            ),
            self._metric(OLDEST_UNFINISHED, "Maximum"),
            # Written every minute. Without data, the state of the lists is unknown.
            When(minutes * MINUTE, bad=3, of=5, missing="missing"),
        )

    def _late(self, objectives: Objectives) -> None:
        # The value is 0 for a list in time and 1 for a late list, so the number of values is the number of lists.
        metrics = {"late": self._metric(LISTS_LATE), "closed": self._metric(LISTS_LATE, "SampleCount")}
        objective = Objective(
            f"Partners wait over {objectives.import_minutes} minutes for the result of their lists",
            "lists-are-late",
            {"lists": metrics},
            bad="{late}",
            all="{closed}",
            percent=objectives.import_percent,
            least=LEAST_LATE,
        )
        watch_objective(self, self._alerts, self.name, objective)

    def _within_an_hour(self, suffix: str, notice: Notice, measure: Measure, limit: float) -> None:
        # Filled, because without data CloudWatch evaluates past hours, and the alarm would go off again.
        metrics, when = {"lists": self._metric(measure)}, When(limit, period=HOUR)
        calculated(self, self._alerts, f"{self.name}-{suffix}", notice, metrics, "FILL(lists, 0)", when)

    def _metric(self, measure: Measure, statistic: str = "Sum") -> Metric:
        return Metric(self.labels.prefix, measure.name, {"service": self.labels.context}, statistic)
