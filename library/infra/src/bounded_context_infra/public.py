"""A context's infrastructure on AWS, in Pulumi: its stack, components, and their wiring.

A team writes a component of its own with these names:

- `Component` and `Stack`: the base class, and the names, settings, key and account of the stack.
- `private_bucket`: a bucket that is encrypted, versioned and closed to the public.
- `allow`, `Statement`, `grant` and `trust`: the permissions and the callers of a role.
- `alarm`, `Metric`, `When` and `Notice`: an alarm of the stack, on the dashboards and for the receivers of its alarms.
- `SettingError`, `LabelError` and `Settings`: the settings of the stack, and their errors.

`ALL_KEYS` is an argument of `Table.grant_items`. All other building blocks are in the private package `_parts`.
"""

from bounded_context.declaration.entry_points import HOOKS, entry_point

from ._parts.alarms import Metric, When, alarm
from ._parts.buckets import private_bucket
from .components.alarms import DeadLetterAlarms, FunctionAlarms, Health, ListAlarms
from .components.fanout import Fanout
from .components.function import Function
from .components.http_api import HttpApi
from .components.inbound import Inbound
from .components.inbox import Inbox
from .components.observability import Dashboards, Queries, Traces
from .components.releases import Release, Releases
from .components.schedule import Schedule
from .components.secret import Secret
from .components.table import Table
from .components.work_queue import WorkQueue
from .components.workflow import Workflow
from .configuration.config import SettingError
from .configuration.labels import LabelError
from .configuration.settings import Settings
from .stack.program import Component, Statement, allow, grant, trust
from .stack.stack import ALL_KEYS, Notice, Stack
from .wiring.functions import (
    COMMAND,
    COMPENSATE_ERROR,
    GET,
    IMPORT_LIST,
    LIST,
    ON_EVENT,
    PLATFORM,
    REGISTER_LIST,
    ROUTE,
    VALIDATE_LIST,
    VERIFY_LIST,
    Canary,
    Functions,
    FunctionsError,
    Preset,
    standard_presets,
)
from .wiring.observability import Components, Observability, export_outputs, finish

__all__ = [
    "ALL_KEYS",
    "COMMAND",
    "COMPENSATE_ERROR",
    "GET",
    "HOOKS",
    "IMPORT_LIST",
    "LIST",
    "ON_EVENT",
    "PLATFORM",
    "REGISTER_LIST",
    "ROUTE",
    "VALIDATE_LIST",
    "VERIFY_LIST",
    "Canary",
    "Component",
    "Components",
    "Dashboards",
    "DeadLetterAlarms",
    "Fanout",
    "Function",
    "FunctionAlarms",
    "Functions",
    "FunctionsError",
    "Health",
    "HttpApi",
    "Inbound",
    "Inbox",
    "LabelError",
    "ListAlarms",
    "Metric",
    "Notice",
    "Observability",
    "Preset",
    "Queries",
    "Release",
    "Releases",
    "Schedule",
    "Secret",
    "SettingError",
    "Settings",
    "Stack",
    "Statement",
    "Table",
    "Traces",
    "When",
    "WorkQueue",
    "Workflow",
    "alarm",
    "allow",
    "entry_point",
    "export_outputs",
    "finish",
    "grant",
    "private_bucket",
    "standard_presets",
    "trust",
]
