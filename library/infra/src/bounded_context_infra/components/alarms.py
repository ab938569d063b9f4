"""Alarms on all functions, lists and dead-letter queues of a stack, and on all of its critical alarms."""

from collections.abc import Iterable, Mapping

import pulumi

from bounded_context_infra._parts import (
    DEADLINES_REFUSED,
    HOUR,
    LISTS_LATE,
    LISTS_RECEIVED,
    LISTS_REJECTED,
    MAPPINGS_FAILING,
    MINUTE,
    OLDEST_DEADLINE,
    OLDEST_UNFETCHED,
    OLDEST_UNFINISHED,
    OLDEST_UNPREPARED,
    OLDEST_WAITING,
    REASON,
    UPLOADS_BROKEN,
    UPLOADS_QUARANTINED,
    UPLOADS_UNSEEN,
    WATCH_LISTS,
    WATCH_MAPPINGS,
    Component,
    Dimensions,
    Fault,
    Measure,
    Metric,
    Notice,
    Objective,
    Objectives,
    Stack,
    Target,
    When,
    alarm,
    alarm_on_dead_letters,
    allow,
    calculated,
    composite,
    grant,
    kebab,
    own_routes,
    watch_answers,
    watch_durations,
    watch_errors,
    watch_loops,
    watch_objective,
    watch_throttles,
)


class FunctionAlarms(Component):
    """Alarms on errors, throttles and long calls of functions, for all versions, and on the objective of commands.

    Commands and queries, whose callers wait, have separate alarms from background functions. A failed call of a caller
    is lost unless the caller repeats it; a failed call in the background is retried.

    A failing event source mapping calls no function, so the metrics of functions do not show it. The watch
    measures the mappings, and gets the permission here.
    """

    urn_type = "bounded-context:infra:FunctionAlarms"

    def __init__(self, name: str, stack: Stack, live: Mapping[str, Target]) -> None:
        """Watch the functions `live` by their aliases."""
        super().__init__(name, stack.labels)
        self._alerts, self._live = stack.alerts, live
        context = stack.context
        answering = (*context.command_functions, *context.queries, *own_routes(context))
        callers = [function for function in answering if function in live]
        background = [function for function in live if function not in callers]
        self._watch("callers", callers, "callers get errors and must repeat their calls.")
        self._watch("background", background, "calls are retried, and then abandoned.")
        watch_loops(self, self._alerts, "background", self._dimensions(background))
        commands, percent = self._dimensions(context.command_functions), stack.settings.objectives.command_percent
        watch_answers(self, self._alerts, "commands", commands, percent)
        for watch in (WATCH_LISTS, WATCH_MAPPINGS):
            if watch in live:
                self._mappings(live[watch])
        self.register_outputs({})

    def _mappings(self, watch: Target) -> None:
        # Lambda has no resource-level permission for this action (Service Authorization Reference, "Actions defined by
        # AWS Lambda").
        grant(self, watch.role, allow(["lambda:ListEventSourceMappings"], "*"))
        effect = (
            "Lambda does not read the table's stream, or the queue of other contexts' events: the mapping is disabled, "
            "missing, or fails. The stream stores changes for 24 hours."
        )
        notice = Notice("critical", effect, "an-event-source-mapping-fails")
        metric = Metric(self.labels.prefix, MAPPINGS_FAILING.name, {"service": self.labels.context}, "Maximum")
        # Written every minute. A batch that succeeds at its next attempt must not set off the alarm.
        when = When(bad=10, of=15, missing="missing")
        alarm(self, self._alerts, "mappings-failing", notice, metric, when)

    def _watch(self, group: str, functions: Iterable[str], means: str) -> None:
        aliases = self._dimensions(functions)
        watch_errors(self, self._alerts, group, aliases, means)
        watch_throttles(self, self._alerts, group, aliases)
        timeouts = {kebab(name): target.timeout for name, target in self._live.items()}
        watch_durations(self, self._alerts, group, aliases, timeouts)

    def _dimensions(self, functions: Iterable[str]) -> dict[str, Dimensions]:
        return {kebab(function): _any_version(self._live[function]) for function in functions}


def _any_version(target: Target) -> Dimensions:
    name = target.alias.function_name
    return {"FunctionName": name, "Resource": pulumi.Output.concat(name, ":", target.alias.name)}


LEAST_LATE = 2
"""Late lists within an hour, or six, that set off an alarm. The dashboard shows a single late list."""


class ListAlarms(Component):
    """Alarms on lists that are rejected, late, stuck, unapproved or missing, and on broken, bad and unseen uploads."""

    urn_type = "bounded-context:infra:ListAlarms"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        self._alerts = stack.alerts
        self._rejections()
        self._broken_rules(stack.context.measures.rows_rejected)
        self._stuck()
        self._broken_uploads()
        self._unseen_uploads()
        if stack.settings.malware != "none":
            self._quarantined_uploads()
        if stack.context.approval:
            self._unapproved()
        self._late(stack.settings.objectives)
        if stack.settings.expect_list_hours is not None:
            self._missing(stack.settings.expect_list_hours)
        self.register_outputs({})

    def _rejections(self) -> None:
        limit = self._alerts.thresholds.rejected_lists
        effect = (
            f"Over {limit} lists were rejected within an hour: partners get the reasons, but so many at once point "
            "to a cause on our side."
        )
        self._within_an_hour("rejected", Notice("warning", effect, "many-lists-are-rejected"), LISTS_REJECTED, limit)

    def _broken_rules(self, rejected: Measure) -> None:
        effect = (
            "A rule failed for rows of a list within the last hour: they are rejected, and no partner can correct them."
        )
        notice = Notice("warning", effect, "a-rule-fails-for-rows")
        self._within_an_hour("rules-failed", notice, rejected, 0, {REASON: Fault.BROKEN})

    def _broken_uploads(self) -> None:
        effect = (
            "An upload by SFTP broke off within the last hour. Nothing of it is imported, and its partner may not know."
        )
        self._within_an_hour("uploads-broken", Notice("warning", effect, "an-upload-broke-off"), UPLOADS_BROKEN, 0)

    def _unseen_uploads(self) -> None:
        effect = "Files have arrived, but no list was recorded for them: these lists are not imported."
        notice = Notice("critical", effect, "an-upload-started-no-import")
        # Written every quarter of an hour. With two periods, a late value does not end the alarm. A failed sweep writes
        # no value, which is different from no unseen upload.
        when = When(0, bad=1, of=2, period=15 * MINUTE, missing="missing")
        alarm(self, self._alerts, f"{self.name}-uploads-unseen", notice, self._metric(UPLOADS_UNSEEN, "Maximum"), when)

    def _quarantined_uploads(self) -> None:
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

    def _unapproved(self) -> None:
        hours = self._alerts.thresholds.unapproved_list_hours
        effect = (
            f"A list has waited for its approval for over {hours} hours: its partner waits, and its rows are missing."
        )
        notice = Notice("warning", effect, "a-list-waits-for-its-approval")
        # Written every minute.
        when = When(hours * HOUR, bad=3, of=5, missing="missing")
        alarm(self, self._alerts, f"{self.name}-unapproved", notice, self._metric(OLDEST_WAITING, "Maximum"), when)

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

    def _within_an_hour(
        self, suffix: str, notice: Notice, measure: Measure, limit: float, of: Dimensions | None = None
    ) -> None:
        # Filled, because without data CloudWatch evaluates past hours, and the alarm would go off again.
        metrics, when = {"lists": self._metric(measure, of=of)}, When(limit, period=HOUR)
        calculated(self, self._alerts, f"{self.name}-{suffix}", notice, metrics, "FILL(lists, 0)", when)

    def _metric(self, measure: Measure, statistic: str = "Sum", of: Dimensions | None = None) -> Metric:
        return Metric(self.labels.prefix, measure.name, {"service": self.labels.context, **(of or {})}, statistic)


class DeadlineAlarms(Component):
    """Alarms on deadlines that are late, and on commands of deadlines that rules refuse."""

    urn_type = "bounded-context:infra:DeadlineAlarms"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        effect = "Deadlines are over an hour late: their commands fail, wait for open lists, or are not sent at all."
        # Written every quarter of an hour. Without data, the function does not run, or does not end.
        when = When(HOUR, bad=2, of=3, period=15 * MINUTE, missing="missing")
        notice, oldest = Notice("warning", effect, "deadlines-are-late"), self._metric(OLDEST_DEADLINE, "Maximum")
        alarm(self, stack.alerts, f"{name}-late", notice, oldest, when)
        effect = "A rule refused commands of deadlines within the last hour. The library does not repeat them."
        notice = Notice("warning", effect, "deadlines-are-refused")
        metrics = {"refused": self._metric(DEADLINES_REFUSED)}
        calculated(self, stack.alerts, f"{name}-refused", notice, metrics, "FILL(refused, 0)", When(0, period=HOUR))
        self.register_outputs({})

    def _metric(self, measure: Measure, statistic: str = "Sum") -> Metric:
        return Metric(self.labels.prefix, measure.name, {"service": self.labels.context}, statistic)


class ExportAlarms(Component):
    """Alarms on exported files that are late, and that their partners do not fetch."""

    urn_type = "bounded-context:infra:ExportAlarms"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        # Written every quarter of an hour. Without data, the function does not run, or does not end.
        late = When(HOUR, bad=2, of=3, period=15 * MINUTE, missing="missing")
        effect = "Exported files are over an hour late: a partner waits, and no call completes the file."
        notice = Notice("warning", effect, "exported-files-are-late")
        alarm(self, stack.alerts, f"{name}-late", notice, self._metric(OLDEST_UNPREPARED), late)
        if stack.settings.sftp != "none" or stack.settings.deliveries:
            hours = stack.alerts.thresholds.unfetched_file_hours
            effect = f"An exported file has not reached its partner for over {hours} hours."
            notice = Notice("warning", effect, "an-exported-file-is-not-fetched")
            when = When(hours * HOUR, bad=2, of=3, period=15 * MINUTE, missing="missing")
            alarm(self, stack.alerts, f"{name}-unfetched", notice, self._metric(OLDEST_UNFETCHED), when)
        self.register_outputs({})

    def _metric(self, measure: Measure) -> Metric:
        return Metric(self.labels.prefix, measure.name, {"service": self.labels.context}, "Maximum")


class DeadLetterAlarms(Component):
    """An alarm for each severity; `context redrive` lists the queues that contain messages.

    The alarms cover the queues that were passed to `watch_dead_letters` before.
    """

    urn_type = "bounded-context:infra:DeadLetterAlarms"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        lost = "Messages in a dead-letter queue have had no effect, and partners or subscribers rely on their effect."
        alarm_on_dead_letters(self, stack.alerts, "critical", lost)
        behind = "Messages in a dead-letter queue have had no effect: the data of a subscriber or reader has gaps."
        alarm_on_dead_letters(self, stack.alerts, "warning", behind)
        self.register_outputs({})


class Health(Component):
    """An alarm, `alarm_name`, that is on while any critical alarm made before it is on.

    `alarm_name` is None in a stack without critical alarms.
    """

    urn_type = "bounded-context:infra:Health"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        alerts = stack.alerts
        # A warning, because the critical alarm itself has already paged a person. Dashboards and other contexts read
        # this alarm. It also notifies when all critical alarms are over.
        notice = Notice(
            "warning",
            "At least one critical alarm is on: partners, callers or subscribers are served badly.",
            "the-context-is-unhealthy",
        )
        self.alarm_name = (
            composite(self, alerts, name, notice, alerts.names("critical"), "OR").alarm_name
            if alerts.wants("critical")
            else None
        )
        self.register_outputs({"alarm_name": self.alarm_name})
