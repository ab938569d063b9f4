"""The settings, names and resources that all components of a stack share."""

from typing import Any

import pulumi

from bounded_context.declaration.context import Context

from ..configuration.alarms import Severity  # noqa: TC001 (the dictionary of topics)
from ..configuration.labels import roles
from ..configuration.project import current
from ..configuration.settings import Settings
from .alerts import AlarmTopic, Alerts
from .interfaces import Endpoint, Queue  # noqa: TC001 (public: the values of `endpoints` and `work_queues`)
from .key import Key, Logs
from .program import Account, placed, start


class Stack:
    """A stack of a context: its settings and names, its account, key, logs and alarms.

    Args:
        context: the deployed context.

    Attributes:
        settings: the checked settings of the stack's file.
        labels: the names and tags of all resources of the stack.
        account: the account and the region of the stack.
        key: the key that encrypts all data of the stack.
        logs: the factory of its log groups.
        roles: the names of its roles that are not a function's.
        alarms: the topic of critical alarms.
        warnings: the topic of warnings and failed releases.
        alerts: the topics and thresholds of alarms, and the alarms made so far.
        endpoints: the endpoints made so far, such as the HTTP API, by name.
        work_queues: the context's own queues made so far, by name.

    Raises:
        SettingError: a setting is missing or bad; the message contains the remedy.
        LabelError: the stack's name cannot be part of a resource's name, or other resources of the context have it.
    """

    def __init__(self, context: Context[Any]) -> None:
        self.context = context
        self.settings = settings = Settings.from_config(context, placed())
        self.labels = labels = start(
            context, settings.permissions_boundary, owner=settings.owner, expires=settings.expires
        )
        self.account = account = Account.current()
        self.key = key = Key("key", labels, account, protect=settings.protect)
        self.logs = Logs(labels, settings.log_key_arn or key.arn, settings.log_retention_days)
        optional = {"backup": settings.backup, "malware": settings.malware}
        self.roles = roles(lists=context.has_lists, partners=settings.partners, **optional)
        self.alarms = AlarmTopic("alarms", labels, account, key.arn)
        self.warnings = AlarmTopic("warnings", labels, account, key.arn)
        topics: dict[Severity, pulumi.Input[str]] = {"critical": self.alarms.arn, "warning": self.warnings.arn}
        self.alerts = Alerts(topics, settings.runbook_url, settings.thresholds, settings.alarms)
        self.endpoints: dict[str, Endpoint] = {}
        self.work_queues: dict[str, Queue] = {}
        self._shown: frozenset[str] | None = None

    def list_workflow(self) -> str:
        """Return the definition of the list workflow: the repository's own, or else the library's."""
        return current().list_workflow(self.context)

    def _for_dashboards(self) -> frozenset[str]:
        """Return the alarms, queues and endpoints made so far, such as ``alarm inbound-age`` or ``queue invoices``."""
        alarms = (f"alarm {alarm.name}" for alarm in self.alerts.alarms)
        dead_letters = (f"dead-letter queue {queue.name}" for queue in self.alerts.dead_letters)
        queues = (f"queue {name}" for name in self.work_queues)
        return frozenset((*alarms, *dead_letters, *queues, *(f"endpoint {name}" for name in self.endpoints)))

    def mark_shown(self) -> None:
        """Record that the dashboards are made: they show what is made so far."""
        self._shown = self._for_dashboards()

    def require_shown(self) -> None:
        """Raise RunError for an alarm, a queue or an endpoint that was made after the dashboards."""
        late = sorted(self._for_dashboards() - self._shown) if self._shown is not None else []
        if late:
            raise pulumi.RunError(
                f"Made after the dashboards, and shown on none: {', '.join(late)}. Make each before Observability."
            )

    def machine_arn(self, name: str) -> pulumi.Output[str]:
        """Return the ARN of the state machine `name`, for functions that are made before the machine."""
        return self.account.arn("states", f"stateMachine:{self.labels.name(name)}")
