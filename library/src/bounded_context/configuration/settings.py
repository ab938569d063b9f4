"""The settings of a stack, typed and checked. A bad value stops the program with a message that contains the remedy."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from pydantic import SecretStr

from ..declaration.context import Context
from ..domain import epochs
from ..domain.formats import FileFormat
from ..domain.spelling import kebab
from .alarms import Objectives, Thresholds, Wanted
from .api_settings import ApiSettings
from .boundary import permissions_boundary
from .config import (
    SettingError,
    Source,
    flag,
    limits,
    matching,
    number,
    numbers,
    one_of,
    optional,
    optional_number,
    read_all,
    retention,
    setting,
    structure,
    texts,
)
from .consumes import Consumed, consumed
from .formats import formats
from .list_settings import WithoutLists
from .partition import ARN
from .partners import Partner, partners
from .sftp import Vpc, host_key, host_name, host_zone, security_policy, server_id, vpc
from .strategy import BadStrategy, Strategy

Sftp = Literal["dedicated", "shared", "none"]
Evidence = Literal["none", "trail"]
Malware = Literal["none", "guardduty"]
Backup = Literal["none", "vault"]
Boards = Literal["all", "none"]

TEMPORARY = (".filepart", ".tmp", ".part")
"""The endings of file names that clients use during an upload, before they rename the file."""

MOST_TEMPORARY = 20
"""The endings are a variable of two functions, and Lambda limits all variables of a function to 4 KB."""

_ENDING = re.compile(r"\.[A-Za-z0-9._-]{1,31}")

SHARED_PARTNERS_LIMIT = 1600
"""Characters. A rule on a shared server names its partners, and EventBridge limits a pattern to 2,048 characters."""

_SUBSCRIBER = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ALARM = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
MOST_MORE_ALARMS = 8
"""CodeDeploy accepts ten alarms for a deployment group, and a release may make two of its own."""

LONGEST_MS = 900_000
"""Milliseconds: Lambda's longest timeout, 15 minutes."""

MOST_RESERVED = 10_000
"""Concurrent executions. An account has 1,000 at first and "tens of thousands" on request (Lambda developer guide,
"Lambda quotas"). With 0 a function would never run."""

LONGEST_KEPT = 3650
"""Days: ten years, the longest retention that bookkeeping requires in most countries."""

LONGEST_WAIT = 168
"""Hours: an alarm evaluates at most a week (CloudWatch API reference, PutMetricAlarm)."""

# A description of an alarm has at most 1,024 characters (CloudWatch API reference, PutMetricAlarm).
_RUNBOOK = re.compile(r"""(https://|\w)[^\s#()<>"':]{1,500}""")

_SOURCE = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+")
_FOLDER = re.compile(r"\S.*")
_KEY = re.compile(ARN + r"kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_SIGNING = re.compile(ARN + r"lambda:[a-z0-9-]+:\d{12}:code-signing-config:csc-[a-z0-9]{17}")
_VAULT = re.compile(ARN + r"backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}")
_OWNER = re.compile(r"[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _backup_copy(config: Source, key: str) -> str | None:
    words = "the ARN of a backup vault, arn:aws:backup:<region>:<account>:backup-vault:<name>"
    vault, backup = optional(config, key, _VAULT, words), config.get("backup") or "none"
    if (backup == "vault") != bool(vault):
        raise SettingError(key, f"is {vault!r}, yet backup is {backup}: write both, or remove both.")
    return vault


def _temporary_names(config: Source, key: str) -> tuple[str, ...]:
    words = "an ending such as .part, up to 32 characters"
    endings = texts(config, key, _ENDING, words, kind="a list of endings of names", default=TEMPORARY)
    if len(endings) > MOST_TEMPORARY:
        raise SettingError(key, f"has {len(endings)} endings: write at most {MOST_TEMPORARY}.")
    return endings


def _partners(config: Source, key: str) -> Mapping[str, Partner]:
    found = partners(config, key)
    if config.get("sftp") == "shared" and len(json.dumps(list(found))) > SHARED_PARTNERS_LIMIT:
        raise SettingError(key, "are too many for one rule on a shared server: write sftp: dedicated.")
    return found


def _subscribers(context: Context[Any], config: Source) -> tuple[str, ...]:
    names: list[Any] = structure(config, "subscribers", list, list(context.subscribers), "a list of names")
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(str(name)) for name in names}) != len(names):
        raise SettingError("subscribers", f"is {names!r}: name each once.")
    for name in names:
        if kebab(str(name)) in _queues(context):
            raise SettingError(
                "subscribers", f"has the name {name!r}, which a dead-letter queue of ours has: rename it."
            )
    return tuple(_name("subscribers", name, _SUBSCRIBER) for name in names)


def _queues(context: Context[Any]) -> set[str]:
    """Return the names of the dead-letter queues that are not a subscriber's."""
    return {"uploads", "unseen", "inbound", *map(kebab, context.functions)}


def _filters(context: Context[Any], config: Source, subscribers: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    filters: dict[str, Any] = structure(config, "filters", dict, {}, "a map of subscribers to lists of events")
    for subscriber, types in filters.items():
        if subscriber not in subscribers:
            raise SettingError("filters", f"has {subscriber!r}: write one of {', '.join(subscribers)}.")
        if not isinstance(types, list) or not types:
            raise SettingError(
                f"filters.{subscriber}", f"is {types!r}: write a list of events, or leave it out for all."
            )
        for event_type in types:
            if event_type not in context.events or types.count(event_type) > 1:
                raise SettingError(
                    f"filters.{subscriber}", f"has {event_type!r}: write any of {', '.join(context.events)}, once."
                )
    return {subscriber: tuple(types) for subscriber, types in filters.items()}


def _subscriber_accounts(config: Source, key: str) -> tuple[str, ...]:
    words = "the 12 digits of an account in quotes"
    accounts = texts(config, key, _ACCOUNT, words, kind="a list of AWS accounts' ids")
    if len(set(accounts)) != len(accounts):
        raise SettingError(key, f"is {list(accounts)!r}: name each once.")
    return accounts


def _strategy(config: Source, key: str) -> Strategy:
    try:
        return Strategy.parse(config.get(key) or "")
    except BadStrategy as error:
        raise SettingError(key, f"is {error}") from None


def _release_alarms(config: Source, key: str) -> tuple[str, ...]:
    words = "the name of an alarm, up to 255 characters"
    names = texts(config, key, _ALARM, words, kind="a list of alarms' names")
    if len(names) > MOST_MORE_ALARMS or len(set(names)) != len(names):
        raise SettingError(
            key,
            f"has {len(names)} names: write at most {MOST_MORE_ALARMS}, each once; "
            "CodeDeploy takes ten alarms, and a release may make two of its own.",
        )
    return names


def _name(key: str, name: Any, form: re.Pattern[str]) -> str:
    if not isinstance(name, str) or not form.fullmatch(name):
        raise SettingError(key, f"has the name {name!r}: write up to 32 lower-case letters, digits and hyphens.")
    return name


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a stack.

    Attributes:
        sftp_vpc: a VPC and its public subnets, `{vpc_id: ..., subnet_ids: [...]}`: the server gets an elastic address
            in each subnet, and accepts connections from the partners' addresses only.
        sftp_security_policy: the algorithms of the server, by default TransferSecurityPolicy-2025-03.
        sftp_host_name: the name by which partners know the server.
        sftp_host_zone: the hosted zone of Route 53 in which the stack makes this name; without it, make a CNAME record
            yourself.
        sftp_host_key: the server's private key, as a secret; a server that is made again has the same key.
        partners: the keys and addresses of each partner.
        temporary_names: endings of file names; such a file becomes a list when its client renames it.
        malware: "guardduty" scans each upload for malware; a list starts only after a clean result.
        incoming_days: days for which partners' files are stored, by default a year.
        reports_days: days for which partners' reports are stored, by default a year.
        table_epoch: the number of replacements of the table; a table of a later epoch has another name.
        tolerated_share: the share of bad rows, 0 to 1, up to which the other rows are imported; 0 imports all or none.
        part_rows: rows of a part; a list that could have over 10,000 parts has larger parts.
        stream_parallelization_factor: batches of a shard that a reader of the table's stream processes concurrently.
        reserved_concurrency: executions that Lambda reserves for a function, also its maximum; the others share the
            account's.
        log_key_arn: a key for the logs instead of the stack's; its policy must let CloudWatch Logs use it for the
            stack's log groups.
        permissions_boundary: the ARN of a managed policy that limits every role of the stack; None for no limit.
        code_signing: the code signing configuration of all functions; the archives must then be signed.
        evidence: "trail" records changes and accesses in an archive that nobody can change.
        evidence_days: days for which the archive is locked; it cannot be deleted earlier.
        backup: "vault" backs up the table each night into a locked vault, and copies the backup to `backup_copy`.
        backup_copy: the ARN of a backup vault in another account or region; required by "vault".
        backup_days: days for which both vaults store a backup; nobody can delete it earlier.
        owner: a tag of all resources, for instance a person; by default the context's team.
        expires: a tag of all resources: the time from which the stack may be destroyed (UTC, ISO 8601).
        debug_percent: percentage of calls that also write their DEBUG lines.
        latency_alarms: milliseconds that 95 of 100 calls of a function's new version may take.
        release_alarms: the names of other alarms that stop a release.
        alarms: "critical" leaves out warnings, except those that stop a gradual release; "none" leaves out all alarms.
        dashboards: "none" leaves out both dashboards.
        expect_list_hours: hours without a list until an alarm; None for no alarm.
        runbook_url: the address in each alarm's description, by default the command that prints the library's runbook.
        trace_percent: percentage of imports that are traced beyond the first of each second; 0 traces no import.
        filters: the event types that a subscriber receives; by default all.
        formats: the formats of partners whose files are not plain, from their member `format` in `partners`.
        consumes: the other contexts whose events this context receives.
        subscriber_accounts: other AWS accounts whose queues may subscribe to this context's events.
        api: the settings of the HTTP API.
    """

    sftp: Sftp = setting(one_of, get_args(Sftp))
    sftp_server_id: str | None = setting(server_id)
    sftp_vpc: Vpc | None = setting(vpc)
    sftp_security_policy: str = setting(security_policy)
    sftp_host_name: str | None = setting(host_name)
    sftp_host_zone: str | None = setting(host_zone)
    sftp_host_key: SecretStr | None = setting(host_key)
    upload_event_source: str = setting(matching, _SOURCE, "aws.transfer", "a source such as aws.transfer")
    partners: Mapping[str, Partner] = setting(_partners)
    temporary_names: tuple[str, ...] = setting(_temporary_names)
    malware: Malware = setting(one_of, get_args(Malware), "none")
    # Unseen uploads are found and redriven for 14 days. The sweep lists all stored uploads.
    incoming_days: int = setting(number, 365, 14, LONGEST_KEPT)
    reports_days: int = setting(number, 365, 1, LONGEST_KEPT)
    subscribers: tuple[str, ...]
    tolerated_share: float = setting(number, 0.0, 0, 1)
    # One call validates a list and another verifies it, each within 15 minutes, Lambda's maximum.
    max_list_mb: int = setting(number, 100, 1, 200)
    # One call imports a part within 4 minutes. The list's item stores the number of each part, so a list that could
    # have over 10,000 parts has larger parts (`rows_a_part`): up to 10,486 rows at 200 MB.
    part_rows: int = setting(number, 5000, 250, 50_000)
    table_epoch: int = setting(number, 0, 0, epochs.MOST)
    # Each child may write some 1,000 items a second, with a unit for each item and for each of its index entries. A
    # new on-demand table accepts 4,000 units.
    import_concurrency: int = setting(number, 2, 1, 100)
    # Lambda API reference, CreateEventSourceMapping.
    stream_parallelization_factor: int = setting(number, 10, 1, 10)
    reserved_concurrency: Mapping[str, int] = setting(limits, "executions", MOST_RESERVED)
    log_retention_days: int = setting(retention)
    # CloudWatch Logs accepts a key, but no alias.
    log_key_arn: str | None = setting(optional, _KEY, "the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>")
    permissions_boundary: str | None = setting(permissions_boundary)
    code_signing: str | None = setting(
        optional,
        _SIGNING,
        "the ARN of a code signing configuration, arn:aws:lambda:<region>:<account>:code-signing-config:csc-<id>",
    )
    evidence: Evidence = setting(one_of, get_args(Evidence), "none")
    evidence_days: int = setting(number, 365, 1, LONGEST_KEPT)
    backup: Backup = setting(one_of, get_args(Backup), "none")
    backup_copy: str | None = setting(_backup_copy)
    backup_days: int = setting(number, 35, 7, LONGEST_KEPT)
    owner: str | None = setting(optional, _OWNER, "a name as a tag of AWS takes it, of up to 256 characters")
    expires: str | None = setting(optional, _TIME, "a time in UTC such as 2026-01-31T18:00:00Z")
    debug_percent: float = setting(number, 1.0, 0, 100)
    protect: bool = setting(flag)
    artifacts: str = setting(matching, _FOLDER, "../../build", "the folder that holds code.zip and layer.zip")
    rollout_strategy: Strategy = setting(_strategy)
    latency_alarms: Mapping[str, int] = setting(limits, "milliseconds", LONGEST_MS)
    release_alarms: tuple[str, ...] = setting(_release_alarms)
    alarms: Wanted = setting(one_of, get_args(Wanted), "all")
    dashboards: Boards = setting(one_of, get_args(Boards), "all")
    thresholds: Thresholds = setting(numbers, Thresholds)
    objectives: Objectives = setting(numbers, Objectives)
    expect_list_hours: int | None = setting(optional_number, 1, LONGEST_WAIT)
    runbook_url: str = setting(
        matching, _RUNBOOK, "", "an https address, or a path in this repository, of up to 500 characters"
    )
    trace_percent: int = setting(number, 5, 0, 100)
    filters: Mapping[str, tuple[str, ...]]
    formats: Mapping[str, FileFormat]
    consumes: Mapping[str, Consumed]
    subscriber_accounts: tuple[str, ...] = setting(_subscriber_accounts)
    api: ApiSettings

    @classmethod
    def from_config(cls, context: Context[Any], config: Source) -> Self:
        """Read and check every setting of a stack of `context`.

        Raises:
            SettingError: a value is bad; the message is one sentence with the remedy.
        """
        config = config if context.has_lists else WithoutLists(config)
        subscribers = _subscribers(context, config)
        return cls(
            **read_all(cls, config),
            subscribers=subscribers,
            filters=_filters(context, config, subscribers),
            formats=formats(context, config),
            consumes=consumed(context, config),
            api=ApiSettings.from_config(config),
        )
