"""A context's infrastructure on AWS, in Pulumi: components, what wires them, and what components are written with.

Components are written with these names alone, as those of a team are: a copy of one works in a repository as it is.
Nothing is imported before it is asked for: `pulumi_aws` alone takes a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..measures import (
        LISTS_LATE,
        LISTS_RECEIVED,
        LISTS_REJECTED,
        MAPPINGS_FAILING,
        OLDEST_UNFINISHED,
        UPLOADS_BROKEN,
        UPLOADS_UNSEEN,
        Measure,
    )
    from ..strategy import Strategy
    from ..words import kebab
    from . import access_log
    from .account import Account
    from .alerts import Alerts, Notice, Severity
    from .api_settings import ApiObjectives, ApiSettings
    from .canary import Canary
    from .components._alarm import HOUR, MINUTE, Metric, Part, When, alarm, calculated, composite, guard, joined
    from .components._bucket import private_bucket
    from .components._burn import Promise, watch_promise
    from .components._component import LIVE, Component
    from .components._given_up import give_up_to, given_up_bucket, tell_of_given_up
    from .components._queue import (
        feed_from,
        only_from,
        queue,
        queue_and_dead_letters,
        queue_policy,
        redrive_to,
        sent_by,
    )
    from .components._sftp import sftp_endpoint, sftp_folders, sftp_server, sftp_user
    from .components._uploads import UPLOADS_DEAD_LETTERS, UploadRule, s3_rules, sftp_rules, start_on_upload
    from .components._watch_api import watch_api
    from .components._watch_function import Dimensions, watch_answers, watch_durations, watch_errors, watch_throttles
    from .components._watch_queue import alarm_on_dead_letters, watch_age, watch_dead_letters
    from .components._watch_table import watch_stream, watch_table
    from .components.alarm_topic import AlarmTopic
    from .components.dashboards import Dashboards
    from .components.dead_letter_alarms import DeadLetterAlarms
    from .components.fanout import Fanout
    from .components.function import Function
    from .components.function_alarms import FunctionAlarms
    from .components.health import Health
    from .components.http_api import HttpApi
    from .components.inbound import Inbound
    from .components.inbox import Inbox
    from .components.key import Key
    from .components.list_alarms import ListAlarms
    from .components.queries import Queries
    from .components.release import Release
    from .components.releases import Releases
    from .components.schedule import Schedule
    from .components.secret import Secret
    from .components.table import Table
    from .components.traces import Traces
    from .components.work_queue import WorkQueue
    from .components.workflow import Workflow
    from .config import SettingError
    from .consumes import Consumed
    from .dashboards.api import api_sections
    from .dashboards.business import business
    from .dashboards.head import BUSINESS, TECHNICAL
    from .dashboards.links import dashboard_url
    from .dashboards.names import Names
    from .dashboards.technical import technical
    from .functions import Functions, FunctionsError
    from .interfaces import (
        ALL_KEYS,
        LIST_KEY,
        Door,
        Folder,
        Items,
        Machine,
        Made,
        Objects,
        Operation,
        Queue,
        Shared,
        Startable,
        Target,
        Topic,
        Work,
    )
    from .labels import LabelError, Labels
    from .logs import Logs
    from .objectives import Objectives
    from .observability import Observability
    from .policy import Statement, allow, document, grant, only_over_tls, trust
    from .presets import (
        COMMAND,
        COMPENSATE_ERROR,
        GET,
        HOOKS,
        IMPORT_LIST,
        LIST,
        ON_EVENT,
        PLATFORM,
        REGISTER_LIST,
        VALIDATE_LIST,
        VERIFY_LIST,
        Preset,
    )
    from .queries import Query, saved_queries
    from .settings import Settings
    from .stack import Stack
    from .thresholds import Thresholds

_MODULES: Final = {
    "..measures": "LISTS_LATE LISTS_RECEIVED LISTS_REJECTED MAPPINGS_FAILING OLDEST_UNFINISHED UPLOADS_BROKEN "
    "UPLOADS_UNSEEN Measure",
    "..strategy": "Strategy",
    "..words": "kebab",
    ".account": "Account",
    ".alerts": "Alerts Notice Severity",
    ".api_settings": "ApiObjectives ApiSettings",
    ".canary": "Canary",
    ".components._alarm": "HOUR MINUTE Metric Part When alarm calculated composite guard joined",
    ".components._bucket": "private_bucket",
    ".components._burn": "Promise watch_promise",
    ".components._component": "LIVE Component",
    ".components._given_up": "give_up_to given_up_bucket tell_of_given_up",
    ".components._queue": "feed_from only_from queue queue_and_dead_letters queue_policy redrive_to sent_by",
    ".components._sftp": "sftp_endpoint sftp_folders sftp_server sftp_user",
    ".components._uploads": "UPLOADS_DEAD_LETTERS UploadRule s3_rules sftp_rules start_on_upload",
    ".components._watch_api": "watch_api",
    ".components._watch_function": "Dimensions watch_answers watch_durations watch_errors watch_throttles",
    ".components._watch_queue": "watch_age watch_dead_letters alarm_on_dead_letters",
    ".components._watch_table": "watch_stream watch_table",
    ".components.alarm_topic": "AlarmTopic",
    ".components.dashboards": "Dashboards",
    ".components.dead_letter_alarms": "DeadLetterAlarms",
    ".components.fanout": "Fanout",
    ".components.function": "Function",
    ".components.function_alarms": "FunctionAlarms",
    ".components.health": "Health",
    ".components.http_api": "HttpApi",
    ".components.inbound": "Inbound",
    ".components.inbox": "Inbox",
    ".components.key": "Key",
    ".components.list_alarms": "ListAlarms",
    ".components.queries": "Queries",
    ".components.release": "Release",
    ".components.releases": "Releases",
    ".components.schedule": "Schedule",
    ".components.secret": "Secret",
    ".components.table": "Table",
    ".components.traces": "Traces",
    ".components.work_queue": "WorkQueue",
    ".components.workflow": "Workflow",
    ".config": "SettingError",
    ".consumes": "Consumed",
    ".dashboards.api": "api_sections",
    ".dashboards.business": "business",
    ".dashboards.head": "BUSINESS TECHNICAL",
    ".dashboards.links": "dashboard_url",
    ".dashboards.names": "Names",
    ".dashboards.technical": "technical",
    ".functions": "Functions FunctionsError",
    ".interfaces": "ALL_KEYS LIST_KEY Door Folder Items Machine Made Objects Operation Queue Shared Startable Target "
    "Topic Work",
    ".labels": "LabelError Labels",
    ".logs": "Logs",
    ".objectives": "Objectives",
    ".observability": "Observability",
    ".policy": "Statement allow document grant only_over_tls trust",
    ".presets": "COMMAND COMPENSATE_ERROR GET HOOKS IMPORT_LIST LIST ON_EVENT PLATFORM REGISTER_LIST "
    "VALIDATE_LIST VERIFY_LIST Preset",
    ".queries": "Query saved_queries",
    ".settings": "Settings",
    ".stack": "Stack",
    ".thresholds": "Thresholds",
}
"""Where the names are."""

_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "ALL_KEYS",
    "BUSINESS",
    "COMMAND",
    "COMPENSATE_ERROR",
    "GET",
    "HOOKS",
    "HOUR",
    "IMPORT_LIST",
    "LIST",
    "LISTS_LATE",
    "LISTS_RECEIVED",
    "LISTS_REJECTED",
    "LIST_KEY",
    "LIVE",
    "MAPPINGS_FAILING",
    "MINUTE",
    "OLDEST_UNFINISHED",
    "ON_EVENT",
    "PLATFORM",
    "REGISTER_LIST",
    "TECHNICAL",
    "UPLOADS_BROKEN",
    "UPLOADS_DEAD_LETTERS",
    "UPLOADS_UNSEEN",
    "VALIDATE_LIST",
    "VERIFY_LIST",
    "Account",
    "AlarmTopic",
    "Alerts",
    "ApiObjectives",
    "ApiSettings",
    "Canary",
    "Component",
    "Consumed",
    "Dashboards",
    "DeadLetterAlarms",
    "Dimensions",
    "Door",
    "Fanout",
    "Folder",
    "Function",
    "FunctionAlarms",
    "Functions",
    "FunctionsError",
    "Health",
    "HttpApi",
    "Inbound",
    "Inbox",
    "Items",
    "Key",
    "LabelError",
    "Labels",
    "ListAlarms",
    "Logs",
    "Machine",
    "Made",
    "Measure",
    "Metric",
    "Names",
    "Notice",
    "Objectives",
    "Objects",
    "Observability",
    "Operation",
    "Part",
    "Preset",
    "Promise",
    "Queries",
    "Query",
    "Queue",
    "Release",
    "Releases",
    "Schedule",
    "Secret",
    "SettingError",
    "Settings",
    "Severity",
    "Shared",
    "Stack",
    "Startable",
    "Statement",
    "Strategy",
    "Table",
    "Target",
    "Thresholds",
    "Topic",
    "Traces",
    "UploadRule",
    "When",
    "Work",
    "WorkQueue",
    "Workflow",
    "access_log",
    "alarm",
    "alarm_on_dead_letters",
    "allow",
    "api_sections",
    "business",
    "calculated",
    "composite",
    "dashboard_url",
    "document",
    "feed_from",
    "give_up_to",
    "given_up_bucket",
    "grant",
    "guard",
    "joined",
    "kebab",
    "only_from",
    "only_over_tls",
    "private_bucket",
    "queue",
    "queue_and_dead_letters",
    "queue_policy",
    "redrive_to",
    "s3_rules",
    "saved_queries",
    "sent_by",
    "sftp_endpoint",
    "sftp_folders",
    "sftp_rules",
    "sftp_server",
    "sftp_user",
    "start_on_upload",
    "technical",
    "tell_of_given_up",
    "trust",
    "watch_age",
    "watch_answers",
    "watch_api",
    "watch_dead_letters",
    "watch_durations",
    "watch_errors",
    "watch_promise",
    "watch_stream",
    "watch_table",
    "watch_throttles",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_MODULE_OF[name], __name__), name)
    globals()[name] = found
    return found
