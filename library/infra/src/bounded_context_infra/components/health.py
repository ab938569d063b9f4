"""The alarm on all critical alarms of a stack."""

from bounded_context_infra.parts import Component, Notice, Stack, composite


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
