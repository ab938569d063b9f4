"""Alarms on all functions of a stack, by the effect of a failure."""

from collections.abc import Iterable, Mapping

import pulumi

from bounded_context_infra.parts import (
    MAPPINGS_FAILING,
    WATCH_LISTS,
    WATCH_MAPPINGS,
    Component,
    Dimensions,
    Metric,
    Notice,
    Stack,
    Target,
    When,
    alarm,
    allow,
    grant,
    kebab,
    watch_answers,
    watch_durations,
    watch_errors,
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
        callers = [function for function in (*context.command_functions, *context.queries) if function in live]
        background = [function for function in live if function not in callers]
        self._watch("callers", callers, "callers get errors and must repeat their calls.")
        self._watch("background", background, "calls are retried, and then abandoned.")
        commands, percent = self._found(context.command_functions), stack.settings.objectives.command_percent
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
        aliases = self._found(functions)
        watch_errors(self, self._alerts, group, aliases, means)
        watch_throttles(self, self._alerts, group, aliases)
        timeouts = {kebab(name): target.timeout for name, target in self._live.items()}
        watch_durations(self, self._alerts, group, aliases, timeouts)

    def _found(self, functions: Iterable[str]) -> dict[str, Dimensions]:
        return {kebab(function): _any_version(self._live[function]) for function in functions}


def _any_version(target: Target) -> Dimensions:
    name = target.alias.function_name
    return {"FunctionName": name, "Resource": pulumi.Output.concat(name, ":", target.alias.name)}
