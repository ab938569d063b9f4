"""Alarms on all dead-letter queues of a stack."""

from bounded_context_infra.parts import Component, Stack, alarm_on_dead_letters


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
