"""What the parts of a stack are to one another.

A component is given others by what they can do, not by their classes: a copy of one that a team owns fits as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import pulumi
from pulumi_aws import cloudwatch, codedeploy, iam, lambda_, sfn, sns

from .dashboards.grid import Section

Operation = Literal["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "PartiQLInsert"]
"""What a function may do with the table's items."""

ALL_KEYS: Final = ("",)
"""What the keys of all items begin with."""

LIST_KEY: Final = "LIST#"
"""What the key of each list's item begins with."""

Folder = Literal["incoming", "staging", "reports"]
"""A folder of the inbox: what arrived, what a workflow's steps hand one another, and what partners read."""

Urls = Mapping[str, pulumi.Output[str]]


class Made(Protocol):
    """A function that was made; `snake_name` is its name, in snake_case, and `timeout` is in seconds."""

    snake_name: str
    function: lambda_.Function
    role: iam.Role
    log_group: cloudwatch.LogGroup
    timeout: int


class Target(Protocol):
    """A function behind its alias `live`: what streams, queues, schedules, routes and workflows call."""

    snake_name: str
    alias: lambda_.Alias
    alias_arn: pulumi.Output[str]
    role: iam.Role
    timeout: int

    def grant_invoke(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` invoke the alias, and no other version."""
        ...


class Shared(Protocol):
    """What all releases of a stack have in common; `role` shifts their traffic."""

    application: codedeploy.Application
    config_name: pulumi.Output[str]
    role: iam.Role


class Items(Protocol):
    """The table. `readers` are the functions that its stream is sent to, by their names in AWS."""

    table_name: pulumi.Output[str]
    readers: list[str]

    @property
    def dead_letter_queues(self) -> Urls:
        """The URL of the queue of changes that a reader could not take, by the reader."""
        ...

    def grant_items(self, role: iam.Role, *operations: Operation, keys: Sequence[str] = ALL_KEYS) -> iam.RolePolicy:
        """Let `role` do these operations on items whose keys begin with one of `keys`."""
        ...

    def grant_queries(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` query the indexes."""
        ...


class Topic(Protocol):
    """The topic of the context's events, and the subscribers' queues, by the subscribers."""

    topic: sns.Topic

    @property
    def queues(self) -> Urls:
        """The URLs of the queues."""
        ...

    @property
    def queue_arns(self) -> Urls:
        """The ARNs of the queues."""
        ...

    @property
    def dead_letter_queues(self) -> Urls:
        """The URLs of the queues' dead letters."""
        ...

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish events."""
        ...


class Queue(Protocol):
    """The queue of other contexts' events."""

    queue_url: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]

    @property
    def dead_letter_queues(self) -> Urls:
        """The URL of its dead letters, by what they are for."""
        ...


class Work(Protocol):
    """A queue of the context's own."""

    queue_url: pulumi.Output[str]

    @property
    def dead_letter_queues(self) -> Urls:
        """The URL of its dead letters, by the queue's name."""
        ...


class Objects(Protocol):
    """The inbox: its bucket, and the way into it. `server_id` and `endpoint` are None without SFTP."""

    bucket_name: pulumi.Output[str]
    server_id: pulumi.Output[str] | None
    endpoint: pulumi.Output[str] | None

    @property
    def event_source(self) -> str:
        """The source of the events that say that a file has arrived."""
        ...

    @property
    def rules(self) -> Mapping[str, str]:
        """What each rule that starts imports waits for, with the rule's name in AWS."""
        ...

    @property
    def dead_letter_queues(self) -> Urls:
        """The URL of the queue of uploads that started nothing."""
        ...

    def grant_objects(
        self,
        role: iam.Role,
        *,
        read: Sequence[Folder] = (),
        write: Sequence[Folder] = (),
        list_: Sequence[Folder] = (),
    ) -> iam.RolePolicy:
        """Let `role` read, write and list objects of these folders."""
        ...


class Startable(Protocol):
    """A state machine behind its alias. `permissions` are what its role must have before it is started."""

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
        """The names of the alarms that speak against a new definition."""
        ...


@dataclass(frozen=True)
class Door:
    """A way in besides a function's invocation: its `output` of the stack, and the `sections` of the dashboards."""

    output: Mapping[str, Any]
    sections: pulumi.Output[Mapping[str, Sequence[Section]]]
