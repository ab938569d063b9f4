"""One answer to whether the context is well."""

from bounded_context.infra import Component, Notice, Stack, composite


class Health(Component):
    """An alarm, `alarm_name`, that is on while any critical alarm made before it is on.

    None in a stack without alarms.
    """

    urn_type = "bounded-context:infra:Health"

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name, stack.labels)
        alerts = stack.alerts
        # Told as a warning: whoever is woken has been woken by the critical alarm itself. It is there to be asked, by a
        # dashboard or by another context, and tells when all is well again.
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
