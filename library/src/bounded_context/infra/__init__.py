"""A context's infrastructure on AWS, in Pulumi: its stack, components, and their wiring."""

from ..configuration.alarms import Severity
from ..configuration.api_settings import ApiObjectives, ApiSettings
from ..configuration.config import SettingError
from ..configuration.consumes import Consumed
from ..configuration.labels import LabelError, Labels
from ..configuration.objectives import Objectives
from ..configuration.settings import Settings
from ..configuration.strategy import Strategy
from ..configuration.thresholds import Thresholds
from ..declaration.entry_points import HOOKS, entry_point
from ..declaration.measures import (
    LISTS_LATE,
    LISTS_RECEIVED,
    LISTS_REJECTED,
    MAPPINGS_FAILING,
    OLDEST_UNFINISHED,
    UPLOADS_BROKEN,
    UPLOADS_UNSEEN,
    Measure,
)
from ..domain.spelling import kebab
from .components.dashboards import Dashboards
from .components.dead_letter_alarms import DeadLetterAlarms
from .components.fanout import Fanout
from .components.function import Function
from .components.function_alarms import FunctionAlarms
from .components.health import Health
from .components.http_api import HttpApi
from .components.inbound import Inbound
from .components.inbox import Inbox
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
from .dashboards.api import api_sections
from .dashboards.business import business
from .dashboards.head import BUSINESS, TECHNICAL
from .dashboards.links import dashboard_url
from .dashboards.names import Names
from .dashboards.technical import technical
from .parts import access_log
from .parts.alarms import HOUR, MINUTE, Metric, Part, When, alarm, calculated, composite, guard, joined
from .parts.api_alarms import watch_api
from .parts.buckets import private_bucket
from .parts.burn_rate import Promise, watch_promise
from .parts.function_alarms import Dimensions, watch_answers, watch_durations, watch_errors, watch_throttles
from .parts.on_failure import give_up_to, given_up_bucket, tell_of_given_up
from .parts.queue_alarms import alarm_on_dead_letters, watch_age, watch_dead_letters
from .parts.queues import feed_from, only_from, queue, queue_and_dead_letters, queue_policy, redrive_to, sent_by
from .parts.sftp import sftp_endpoint, sftp_folders, sftp_server, sftp_user
from .parts.table_alarms import watch_stream, watch_table
from .parts.uploads import UPLOADS_DEAD_LETTERS, UploadRule, s3_rules, sftp_rules, start_on_upload
from .queries import Query, saved_queries
from .stack.account import Account
from .stack.alarm_topic import AlarmTopic
from .stack.alerts import Alerts, Notice
from .stack.component import LIVE, Component
from .stack.interfaces import (
    ALL_KEYS,
    LIST_KEY,
    Door,
    Folder,
    Items,
    Machine,
    Made,
    Objects,
    Observed,
    Operation,
    Queue,
    Shared,
    Startable,
    Target,
    Topic,
    Work,
)
from .stack.key import Key
from .stack.logs import Logs
from .stack.policy import Statement, allow, document, grant, only_over_tls, trust
from .stack.stack import Stack
from .wiring.canary import Canary
from .wiring.functions import Functions, FunctionsError
from .wiring.observability import Observability
from .wiring.outputs import export_outputs
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
)

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
    "Observed",
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
    "entry_point",
    "export_outputs",
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
