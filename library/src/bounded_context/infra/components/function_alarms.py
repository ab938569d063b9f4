"""Alarms on all functions of a stack, by what their failure means."""

from collections.abc import Iterable, Mapping

import pulumi

from bounded_context.infra import (
    MAPPINGS_FAILING,
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

WATCH = "watch_lists"
"""The function that measures event source mappings."""


class FunctionAlarms(Component):
    """Errors, throttles and long calls of functions, whichever version runs, and the promise that commands answer.

    An event source mapping that reads nothing calls no function, so that functions' own metrics say nothing of it. It
    is measured by `watch_lists`, which gets the permission here.

    Those that callers wait for (commands and queries) and those in the background (all others) have alarms of their
    own: what the former could not do is lost unless a caller asks again, what the latter could not is tried again.
    """

    urn_type = "bounded-context:infra:FunctionAlarms"

    def __init__(self, name: str, stack: Stack, live: Mapping[str, Target]) -> None:
        """Watch the functions `live`, each by its alias."""
        super().__init__(name, stack.labels)
        self._alerts, self._live = stack.alerts, live
        context = stack.context
        callers = [one for one in (*context.command_functions, *context.queries) if one in live]
        background = [one for one in live if one not in callers]
        self._watch("callers", callers, "whoever called gets an error, and has to send it again.")
        self._watch("background", background, "it is tried again, and then given up.")
        commands, percent = self._found(context.command_functions), stack.settings.objectives.command_percent
        watch_answers(self, self._alerts, "commands", commands, percent)
        if WATCH in live:
            self._mappings(live[WATCH])
        self.register_outputs({})

    def _mappings(self, watch: Target) -> None:
        # Lambda knows no resource for this action (Service Authorization Reference, "Actions defined by AWS Lambda").
        grant(self, watch.role, allow(["lambda:ListEventSourceMappings"], "*"))
        says = (
            "Lambda does not read the table's stream, or the queue of other contexts' events: the mapping is disabled, "
            "missing, or fails. The stream forgets after 24 hours."
        )
        notice = Notice("critical", says, "an-event-source-mapping-fails")
        metric = Metric(self.labels.prefix, MAPPINGS_FAILING.name, {"service": self.labels.context}, "Maximum")
        # Written every minute. A batch that fails and succeeds at its next attempt is no such failure.
        when = When(bad=10, of=15, missing="missing")
        alarm(self, self._alerts, "mappings-failing", notice, metric, when)

    def _watch(self, group: str, functions: Iterable[str], means: str) -> None:
        aliases = self._found(functions)
        watch_errors(self, self._alerts, group, aliases, means)
        watch_throttles(self, self._alerts, group, aliases)
        timeouts = {kebab(name): one.timeout for name, one in self._live.items()}
        watch_durations(self, self._alerts, group, aliases, timeouts)

    def _found(self, functions: Iterable[str]) -> dict[str, Dimensions]:
        return {kebab(one): _any_version(self._live[one]) for one in functions}


def _any_version(target: Target) -> Dimensions:
    name = target.alias.function_name
    return {"FunctionName": name, "Resource": pulumi.Output.concat(name, ":", target.alias.name)}
