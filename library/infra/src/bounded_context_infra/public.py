"""A context's infrastructure on AWS, in Pulumi: its stack, components, and their wiring."""

from bounded_context.declaration.entry_points import HOOKS, entry_point

from . import parts
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
from .parts import *  # noqa: F403 (all public names of parts are public here, too)
from .wiring.functions import Canary, Functions, FunctionsError
from .wiring.observability import Observability, finish
from .wiring.outputs import Components, export_outputs
from .wiring.presets import (
    COMMAND,
    COMPENSATE_ERROR,
    GET,
    IMPORT_LIST,
    LIST,
    ON_EVENT,
    PLATFORM,
    REGISTER_LIST,
    VALIDATE_LIST,
    VERIFY_LIST,
    Preset,
    standard_presets,
)

__all__ = [
    "COMMAND",
    "COMPENSATE_ERROR",
    "GET",
    "HOOKS",
    "IMPORT_LIST",
    "LIST",
    "ON_EVENT",
    "PLATFORM",
    "REGISTER_LIST",
    "VALIDATE_LIST",
    "VERIFY_LIST",
    "Canary",
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
    "ListAlarms",
    "Observability",
    "Preset",
    "Queries",
    "Release",
    "Releases",
    "Schedule",
    "Secret",
    "Table",
    "Traces",
    "WorkQueue",
    "Workflow",
    "entry_point",
    "export_outputs",
    "finish",
    "standard_presets",
]
__all__ += parts.__all__
