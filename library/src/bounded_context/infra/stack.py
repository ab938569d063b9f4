"""What all components of one stack of a context share."""

from typing import Any

import pulumi

from ..context import Context
from .account import Account
from .alerts import Alerts, Severity
from .components.alarm_topic import AlarmTopic
from .components.key import Key
from .interfaces import Door, Work  # noqa: TC001 (public: what `doors` and `work_queues` hold)
from .labels import Labels
from .logs import Logs
from .settings import Settings


class Stack:
    """One stack of a context: its settings and names, its account, key, logs and alarms.

    Args:
        context: what is deployed.

    Attributes:
        settings: what the stack's file says, checked.
        labels: makes the names and the tags of all that belongs to the stack.
        account: the account and the region that it is deployed to.
        key: encrypts everything of the stack.
        logs: makes its log groups.
        alarms: the topic that critical alarms tell.
        warnings: the topic that warnings, and releases that failed, tell.
        alerts: what makes an alarm known; remembers those that were made.
        doors: the ways in besides a function's invocation that were made, by name.
        work_queues: the queues of the context's own that were made, by name.

    Raises:
        SettingError: a setting is missing or bad; the message says what to write.
        LabelError: the stack's name cannot be a part of names.
    """

    def __init__(self, context: Context[Any]) -> None:
        self.context = context
        self.settings = settings = Settings.from_config(context, pulumi.Config())
        self.labels = labels = Labels(
            context.name, pulumi.get_stack(), settings.owner or context.owner, settings.expires
        )
        self.account = account = Account.current()
        self.key = key = Key("key", labels, account, protect=settings.protect)
        self.logs = Logs(labels, settings.log_key_arn or key.arn, settings.log_retention_days)
        self.alarms = AlarmTopic("alarms", labels, account, key.arn)
        self.warnings = AlarmTopic("warnings", labels, account, key.arn)
        topics: dict[Severity, pulumi.Input[str]] = {"critical": self.alarms.arn, "warning": self.warnings.arn}
        self.alerts = Alerts(topics, settings.runbook_url, settings.thresholds, settings.alarms)
        self.doors: dict[str, Door] = {}
        self.work_queues: dict[str, Work] = {}

    def machine_arn(self, name: str) -> pulumi.Output[str]:
        """The ARN of the state machine `name` before there is one: what it calls may have to know it."""
        return self.account.arn("states", f"stateMachine:{self.labels.name(name)}")
