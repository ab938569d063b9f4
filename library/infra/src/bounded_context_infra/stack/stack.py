"""The settings, names, notifications and resources that all components of a stack share, and their interfaces.

A component depends on the protocols of other components, not on their classes. A team's copy of a component fits as
well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import pulumi
from pulumi_aws import cloudwatch, codedeploy, iam, lambda_, sfn, sns

from bounded_context.declaration.context import Context

from ..configuration.alarms import RUNBOOK, Severity, Thresholds, Wanted
from ..configuration.labels import Labels, roles
from ..configuration.project import ProjectError, current, own_workflow
from ..configuration.settings import Settings
from ..dashboards.widgets import Section
from .program import Account, Component, Key, Logs, Statement, allow, document, grant, only_over_tls, placed, start

Operation = Literal["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "PartiQLInsert"]
"""An operation on the table's items."""

ALL_KEYS: Final = ("",)
"""The prefix of the keys of all items."""

LIST_KEY: Final = "LIST#"
"""The prefix of the key of each list's item."""

EXPORT_KEY: Final = "EXPORT-FILE#"
"""The prefix of the key of each item of exports."""

CIRCUIT_KEY: Final = "CIRCUIT-BREAKER#"
"""The prefix of the key of each circuit's item."""

Folder = Literal["incoming", "staging", "reports", "outgoing"]
"""A folder of the inbox: uploads, intermediate files of the workflow, and reports and exported files for partners."""

Urls = Mapping[str, pulumi.Output[str]]


class DeadLetterSource(Protocol):
    """A component with dead-letter queues."""

    @property
    def dead_letter_queues(self) -> Urls:
        """The URLs of its dead-letter queues, by the name that `context redrive` lists."""


class LambdaFunction(Protocol):
    """A function; `snake_name` is its name in snake_case, and `timeout` is in seconds."""

    snake_name: str
    function: lambda_.Function
    role: iam.Role
    log_group: cloudwatch.LogGroup
    timeout: int


class Target(Protocol):
    """A function behind its alias `live`, which streams, queues, schedules, routes and workflows call."""

    snake_name: str
    alias: lambda_.Alias
    alias_arn: pulumi.Output[str]
    role: iam.Role
    timeout: int

    def grant_invoke(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` invoke the alias, and no other version."""


class ReleaseResources(Protocol):
    """The resources that all releases of a stack share; `role` shifts their traffic."""

    application: codedeploy.Application
    config_name: pulumi.Output[str]
    role: iam.Role


class Items(DeadLetterSource, Protocol):
    """The table. `readers` are the functions that read its stream, by their names in AWS."""

    table_name: pulumi.Output[str]
    readers: list[str]

    @property
    def circuits(self) -> Statement:
        """The permission for the items of circuits, of functions that call other systems."""

    def grant_items(
        self, role: iam.Role, *operations: Operation, keys: Sequence[str] = ALL_KEYS, queries: bool = False
    ) -> iam.RolePolicy:
        """Let `role` perform the operations on items whose keys begin with any of `keys`, and query the indexes."""

    def deletion(self, keys: Sequence[str]) -> Statement:
        """Return the permission to delete the items whose keys begin with any of `keys`."""

    @property
    def exports(self) -> Sequence[Statement]:
        """The permissions of the function that exports aggregates."""

    def grant_queries(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` query the indexes."""


class Topic(DeadLetterSource, Protocol):
    """The topic of the context's events, and the subscribers' queues, by subscriber."""

    topic: sns.Topic

    @property
    def queues(self) -> Urls:
        """The URLs of the queues."""

    @property
    def queue_arns(self) -> Urls:
        """The ARNs of the queues."""

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish events."""


class Queue(DeadLetterSource, Protocol):
    """A queue that feeds a function, and its dead-letter queue."""

    queue_url: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]


class Objects(DeadLetterSource, Protocol):
    """The inbox: its bucket, and the access to it. `server_id` and `endpoint` are None without SFTP."""

    bucket_name: pulumi.Output[str]
    server_id: pulumi.Output[str] | None
    endpoint: pulumi.Output[str] | None

    @property
    def event_source(self) -> str:
        """The source of the events about uploads."""

    @property
    def rules(self) -> Mapping[str, str]:
        """The names in AWS of the rules that start imports, by the event that they match."""

    def announce_downloads(self, target: Target) -> None:
        """Call a function for each file that a partner has read."""

    def grant_objects(
        self,
        role: iam.Role,
        *,
        read: Sequence[Folder] = (),
        write: Sequence[Folder] = (),
        list_: Sequence[Folder] = (),
    ) -> iam.RolePolicy:
        """Let `role` read, write and list objects of the given folders."""


class Startable(Protocol):
    """A state machine behind its alias. Its role needs `permissions` before the first execution."""

    alias_arn: pulumi.Output[str]
    permissions: Sequence[iam.RolePolicy]

    def grant_start(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` start executions of the alias."""


class Machine(Startable, Protocol):
    """The workflow that imports lists."""

    machine: sfn.StateMachine
    role: iam.Role

    @property
    def alarms(self) -> Sequence[pulumi.Output[str]]:
        """The names of the alarms that stop the release of a new definition."""


class Observed(Protocol):
    """The observability of a stack: its health alarm, if any, and the addresses of its dashboards."""

    @property
    def unhealthy_alarm(self) -> pulumi.Output[str] | None:
        """The name of the health alarm."""

    @property
    def dashboard_urls(self) -> Urls:
        """The addresses by the dashboards' names."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, such as the HTTP API: its `output` of the stack, and its `sections` of the dashboards."""

    output: Mapping[str, Any]
    sections: pulumi.Output[Mapping[str, Sequence[Section]]]


@dataclass(frozen=True)
class Notice:
    """The message of an alarm: severity, the `effect` of the fault, and the section of the runbook with the remedy."""

    severity: Severity
    effect: str
    section: str


@dataclass(frozen=True)
class DeadLetters:
    """A dead-letter queue: its name in the stack, its name in AWS, and the severity of a message in it."""

    name: str
    queue_name: pulumi.Output[str]
    severity: Severity


@dataclass(frozen=True)
class NotifyingAlarm:
    """An alarm that notifies a topic: its name within the stack and in AWS."""

    name: str
    alarm_name: pulumi.Output[str]
    severity: Severity


@dataclass(frozen=True)
class Alerts:
    """The topics and thresholds of a stack's alarms.

    `alarms` collects the alarms made so far, `dead_letters` the queues that still need an alarm. If `wanted` is
    "critical", warnings are left out; if it is "none", all alarms are.
    """

    topics: Mapping[Severity, pulumi.Input[str]]
    runbook_url: str
    thresholds: Thresholds
    wanted: Wanted = "all"
    alarms: list[NotifyingAlarm] = field(default_factory=list)
    dead_letters: list[DeadLetters] = field(default_factory=list)

    def wants(self, severity: Severity) -> bool:
        """Return whether the stack has alarms of this severity."""
        return self.wanted == "all" or severity == self.wanted

    def description(self, notice: Notice) -> str:
        """Return the alarm's description, which ends with the runbook's address or the command that prints it."""
        runbook = f"{self.runbook_url}#{notice.section}" if self.runbook_url else f"{RUNBOOK} {notice.section}"
        return f"{notice.effect} Runbook: {runbook}"

    def add(self, name: str, alarm_name: pulumi.Output[str], severity: Severity) -> None:
        """Record the alarm `name`, which notifies the topic of `severity` and is called `alarm_name` in AWS."""
        self.alarms.append(NotifyingAlarm(name, alarm_name, severity))

    def names(self, severity: Severity) -> pulumi.Output[list[str]]:
        """Return the names of the alarms made so far with this severity, sorted so that their order never changes."""
        return pulumi.Output.all(*(alarm.alarm_name for alarm in self.alarms if alarm.severity == severity)).apply(
            sorted
        )


class AlarmTopic(Component):
    """A topic for a stack's alarms of one severity. People, chat and pagers subscribe outside of this program."""

    urn_type = "bounded-context:infra:AlarmTopic"

    def __init__(self, name: str, labels: Labels, account: Account, key_arn: pulumi.Input[str]) -> None:
        super().__init__(name, labels)
        self.topic = sns.Topic(name, kms_master_key_id=key_arn, **self.named(name))
        self.arn = self.topic.arn
        sns.TopicPolicy(
            f"{name}-policy",
            arn=self.arn,
            policy=document(
                only_over_tls("sns:Publish", self.arn),
                allow(
                    ["sns:Publish"],
                    self.arn,
                    Principal={"Service": "cloudwatch.amazonaws.com"},
                    Condition={"ArnLike": {"aws:SourceArn": account.arn("cloudwatch", f"alarm:{labels.prefix}-*")}},
                ),
            ),
            opts=self.child(),
        )
        self.register_outputs({"arn": self.arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish notifications for people."""
        return grant(self, role, allow(["sns:Publish"], self.arn))


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
        self.roles = roles(
            lists=context.has_lists,
            partners=[name for name, partner in settings.partners.items() if partner.has_home],
            deliveries=settings.deliveries,
            deadlines=bool(context.deadlines),
            exports=bool(context.exports),
            archives=[name for name in settings.subscribers if name in context.archives],
            **optional,
        )
        self.alarms = AlarmTopic("alarms", labels, account, key.arn)
        self.warnings = AlarmTopic("warnings", labels, account, key.arn)
        topics: dict[Severity, pulumi.Input[str]] = {"critical": self.alarms.arn, "warning": self.warnings.arn}
        self.alerts = Alerts(topics, settings.runbook_url, settings.thresholds, settings.alarms)
        self.endpoints: dict[str, Endpoint] = {}
        self.work_queues: dict[str, Queue] = {}
        self._shown: frozenset[str] | None = None

    def list_workflow(self, definition: Path | None = None) -> str:
        """Return the definition in a file, by default of the list workflow: the repository's own, or the library's.

        Raises RunError with the line if a file of the repository is not JSON. Pulumi prints it without a traceback.
        """
        project = current()
        try:
            return own_workflow(definition, project.root) if definition else project.list_workflow(self.context)
        except ProjectError as error:
            raise pulumi.RunError(str(error)) from error

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
