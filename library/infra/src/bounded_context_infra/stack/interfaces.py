"""The interfaces between the parts of a stack.

A component depends on the protocols of other components, not on their classes. A team's copy of a component fits as
well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import pulumi
from pulumi_aws import cloudwatch, codedeploy, iam, lambda_, sfn, sns

from ..dashboards.widgets import Section
from .key import Statement

Operation = Literal["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "PartiQLInsert"]
"""An operation on the table's items."""

ALL_KEYS: Final = ("",)
"""The prefix of the keys of all items."""

LIST_KEY: Final = "LIST#"
"""The prefix of the key of each list's item."""

CIRCUIT_KEY: Final = "CIRCUIT-BREAKER#"
"""The prefix of the key of each circuit's item."""

Folder = Literal["incoming", "staging", "reports"]
"""A folder of the inbox: uploads, intermediate files of the workflow, and reports for partners."""

Urls = Mapping[str, pulumi.Output[str]]


class DeadLetterSource(Protocol):
    """A component with dead-letter queues."""

    @property
    def dead_letter_queues(self) -> Urls:
        """The URLs of its dead-letter queues, by the name that `context redrive` lists."""
        ...


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
        ...


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
        ...

    def grant_items(self, role: iam.Role, *operations: Operation, keys: Sequence[str] = ALL_KEYS) -> iam.RolePolicy:
        """Let `role` perform the given operations on items whose keys begin with any of `keys`."""
        ...

    def grant_queries(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` query the indexes."""
        ...


class Topic(DeadLetterSource, Protocol):
    """The topic of the context's events, and the subscribers' queues, by subscriber."""

    topic: sns.Topic

    @property
    def queues(self) -> Urls:
        """The URLs of the queues."""
        ...

    @property
    def queue_arns(self) -> Urls:
        """The ARNs of the queues."""
        ...

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish events."""
        ...


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
        ...

    @property
    def rules(self) -> Mapping[str, str]:
        """The names in AWS of the rules that start imports, by the event that they match."""
        ...

    def grant_objects(
        self,
        role: iam.Role,
        *,
        read: Sequence[Folder] = (),
        write: Sequence[Folder] = (),
        list_: Sequence[Folder] = (),
    ) -> iam.RolePolicy:
        """Let `role` read, write and list objects of the given folders."""
        ...


class Startable(Protocol):
    """A state machine behind its alias. Its role needs `permissions` before the first execution."""

    alias_arn: pulumi.Output[str]
    permissions: Sequence[iam.RolePolicy]

    def grant_start(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` start executions of the alias."""
        ...


class Machine(Startable, Protocol):
    """The workflow that imports lists."""

    machine: sfn.StateMachine
    role: iam.Role

    @property
    def alarms(self) -> Sequence[pulumi.Output[str]]:
        """The names of the alarms that stop the release of a new definition."""
        ...


class Observed(Protocol):
    """The observability of a stack: its health alarm, if any, and the addresses of its dashboards."""

    @property
    def unhealthy_alarm(self) -> pulumi.Output[str] | None:
        """The name of the health alarm."""
        ...

    @property
    def dashboard_urls(self) -> Urls:
        """The addresses by the dashboards' names."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, such as the HTTP API: its `output` of the stack, and its `sections` of the dashboards."""

    output: Mapping[str, Any]
    sections: pulumi.Output[Mapping[str, Sequence[Section]]]
