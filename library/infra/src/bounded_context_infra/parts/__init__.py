"""The public names that components are written with. A copy of a component in a team's repository needs only these."""

from bounded_context.declaration.measures import (
    LISTS_LATE,
    LISTS_RECEIVED,
    LISTS_REJECTED,
    MAPPINGS_FAILING,
    OLDEST_UNFINISHED,
    UPLOADS_BROKEN,
    UPLOADS_QUARANTINED,
    UPLOADS_UNSEEN,
    Measure,
)
from bounded_context.declaration.structure import WATCH_LISTS, WATCH_MAPPINGS
from bounded_context.domain.spelling import kebab

from ..configuration.alarms import Objectives, Severity, Thresholds
from ..configuration.api_settings import ApiObjectives, ApiSettings
from ..configuration.config import SettingError
from ..configuration.consumes import Consumed
from ..configuration.labels import LabelError, Labels
from ..configuration.lambda_python import PYTHON
from ..configuration.partners import Partner
from ..configuration.settings import Settings
from ..configuration.sftp import Vpc, require_encrypted
from ..configuration.strategy import Strategy
from ..dashboards.api import api_sections
from ..dashboards.business import business
from ..dashboards.head import BUSINESS, TECHNICAL, dashboard_url
from ..dashboards.names import Names
from ..dashboards.technical import technical
from ..queries import Query, saved_queries
from ..stack.account import Account
from ..stack.alarm_topic import AlarmTopic
from ..stack.alerts import Alerts, Notice
from ..stack.component import LIVE, Component
from ..stack.interfaces import (
    ALL_KEYS,
    CIRCUIT_KEY,
    LIST_KEY,
    Endpoint,
    Folder,
    Items,
    LambdaFunction,
    Machine,
    Objects,
    Observed,
    Operation,
    Queue,
    ReleaseResources,
    Startable,
    Target,
    Topic,
)
from ..stack.key import Key
from ..stack.logs import Logs
from ..stack.policy import Statement, allow, document, grant, only_over_tls, trust
from ..stack.stack import Stack
from . import access_log
from .alarms import HOUR, MINUTE, Metric, Part, When, alarm, calculated, composite, guard, joined
from .api_alarms import watch_api
from .backup import back_up
from .buckets import archive_bucket, private_bucket
from .burn_rate import Objective, watch_objective
from .function_alarms import Dimensions, watch_answers, watch_durations, watch_errors, watch_throttles
from .malware import scan_statements, scan_uploads
from .on_failure import abandoned_bucket, report_abandoned, write_abandoned
from .queue_alarms import alarm_on_dead_letters, watch_age, watch_dead_letters
from .queues import feed_from, only_from, queue, queue_and_dead_letters, queue_policy, redrive_to, sent_by
from .sftp import sftp_endpoint, sftp_folders, sftp_server, sftp_user
from .sftp_network import sftp_addresses, sftp_name, sftp_network
from .table_alarms import watch_stream, watch_table
from .uploads import UPLOADS_DEAD_LETTERS, UploadRule, s3_rules, scan_rules, sftp_rules, start_on_upload

__all__ = [
    "ALL_KEYS",
    "BUSINESS",
    "CIRCUIT_KEY",
    "HOUR",
    "LISTS_LATE",
    "LISTS_RECEIVED",
    "LISTS_REJECTED",
    "LIST_KEY",
    "LIVE",
    "MAPPINGS_FAILING",
    "MINUTE",
    "OLDEST_UNFINISHED",
    "PYTHON",
    "TECHNICAL",
    "UPLOADS_BROKEN",
    "UPLOADS_DEAD_LETTERS",
    "UPLOADS_QUARANTINED",
    "UPLOADS_UNSEEN",
    "WATCH_LISTS",
    "WATCH_MAPPINGS",
    "Account",
    "AlarmTopic",
    "Alerts",
    "ApiObjectives",
    "ApiSettings",
    "Component",
    "Consumed",
    "Dimensions",
    "Endpoint",
    "Folder",
    "Items",
    "Key",
    "LabelError",
    "Labels",
    "LambdaFunction",
    "Logs",
    "Machine",
    "Measure",
    "Metric",
    "Names",
    "Notice",
    "Objective",
    "Objectives",
    "Objects",
    "Observed",
    "Operation",
    "Part",
    "Partner",
    "Query",
    "Queue",
    "ReleaseResources",
    "SettingError",
    "Settings",
    "Severity",
    "Stack",
    "Startable",
    "Statement",
    "Strategy",
    "Target",
    "Thresholds",
    "Topic",
    "UploadRule",
    "Vpc",
    "When",
    "abandoned_bucket",
    "access_log",
    "alarm",
    "alarm_on_dead_letters",
    "allow",
    "api_sections",
    "archive_bucket",
    "back_up",
    "business",
    "calculated",
    "composite",
    "dashboard_url",
    "document",
    "feed_from",
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
    "report_abandoned",
    "require_encrypted",
    "s3_rules",
    "saved_queries",
    "scan_rules",
    "scan_statements",
    "scan_uploads",
    "sent_by",
    "sftp_addresses",
    "sftp_endpoint",
    "sftp_folders",
    "sftp_name",
    "sftp_network",
    "sftp_rules",
    "sftp_server",
    "sftp_user",
    "start_on_upload",
    "technical",
    "trust",
    "watch_age",
    "watch_answers",
    "watch_api",
    "watch_dead_letters",
    "watch_durations",
    "watch_errors",
    "watch_objective",
    "watch_stream",
    "watch_table",
    "watch_throttles",
    "write_abandoned",
]
