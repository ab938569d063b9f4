"""One stack's settings, typed and checked: a bad value stops the program with one sentence that says what to write."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from ..context import Context
from ..strategy import BadStrategy, Strategy
from ..words import kebab
from .alerts import Wanted
from .api_settings import ApiSettings
from .config import SettingError, Source, flag, matching, number, numbers, one_of, retention, structure
from .consumes import Consumed, consumed
from .objectives import Objectives
from .thresholds import Thresholds

Sftp = Literal["dedicated", "shared", "none"]

_PARTNER = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
"""A part of resource names and object keys, and a user of Transfer, which asks for 3 characters."""

TEMPORARY = (".filepart", ".tmp", ".part")
"""How clients end the name of a file that they are still writing, and rename it afterwards."""

MOST_TEMPORARY = 20
"""They are a variable of two functions, and Lambda takes 4 KB for all of one's variables."""

_ENDING = re.compile(r"\.[A-Za-z0-9._-]{1,31}")

SHARED_PARTNERS_LIMIT = 1600
"""Characters: a rule on a shared server names its partners, and EventBridge takes patterns of 2,048 characters."""

_SUBSCRIBER = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ALARM = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
MOST_MORE_ALARMS = 8
"""CodeDeploy takes ten alarms for a deployment group, and a release may make two of its own."""

LONGEST_MS = 900_000
"""Milliseconds: the 15 minutes that a function may run."""

MOST_RESERVED = 10_000
"""Executions at a time. An account has 1,000 at first and "tens of thousands" on request (Lambda developer guide,
"Lambda quotas"); with 0 a function would never run."""

LONGEST_KEPT = 3650
"""Days: ten years, the longest that bookkeeping asks for in most countries."""

LONGEST_WAIT = 168
"""Hours: an alarm looks back a week at most (CloudWatch API reference, PutMetricAlarm)."""

# A description of an alarm has room for 1,024 characters (CloudWatch API reference, PutMetricAlarm).
_RUNBOOK = re.compile(r"""(https://|\w)[^\s#()<>"':]{1,500}""")

_SOURCE = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+")
_FOLDER = re.compile(r"\S.*")
_KEY = re.compile(r"arn:aws:kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_OWNER = re.compile(r"[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SERVER_ID = re.compile(r"s-[0-9a-f]{17}")
_PUBLIC_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}( \S.*)?")
"""The key types that Transfer Family takes; ssh-dss is too old for it."""


@dataclass(frozen=True)
class Settings:
    """The settings of one stack.

    `partners` maps a partner's name to its public keys; a file whose name ends in one of `temporary_names` is not a
    list until its client renames it. A part has `part_rows` rows, and more in a list that could have over 10,000 parts.
    Partners' files are kept for `incoming_days` (a year by default), their reports
    for `reports_days`, or without a number for ever. `latency_alarms` maps a function to the milliseconds that 95 of
    100 calls of a new version may take; `release_alarms` names alarms made elsewhere that stop a release too.
    `debug_percent` of all calls also write their DEBUG lines. `log_key_arn` names a key that encrypts the logs instead
    of the stack's own; its policy must allow CloudWatch Logs to use it for the stack's log groups. Without
    `expect_list_hours`, no alarm goes off when no list arrives. `runbook_url` stands in the description of every alarm;
    without it, the command that prints the library's runbook does. `alarms` says which alarms there are: with
    "critical", warnings are left out, except those that stop a release that takes time; with "none", all are left out.
    `owner` and `expires` are tags of all the stack's resources: a person instead of the context's team, and when
    anybody may destroy the stack (UTC, ISO 8601). `trace_percent` is the percentage of imports that are traced beyond
    the first of each second; 0 is none at all. `filters` maps a subscriber to the event types that it gets; a
    subscriber without an entry gets all. `consumes` says which events of which other contexts are heard;
    `subscriber_accounts` are other AWS accounts whose queues may subscribe to this context's events. `api` holds the
    settings of the HTTP API.

    The functions that read the table's stream take `stream_parallelization_factor` batches of a shard at a time;
    `reserved_concurrency` maps a function to the executions that Lambda keeps for it, which are also the most that it
    has; without an entry a function shares those of the account.
    """

    sftp: Sftp
    sftp_server_id: str | None
    upload_event_source: str
    partners: Mapping[str, tuple[str, ...]]
    temporary_names: tuple[str, ...]
    incoming_days: int
    reports_days: int | None
    subscribers: tuple[str, ...]
    tolerated_share: float
    max_list_mb: int
    part_rows: int
    import_concurrency: int
    stream_parallelization_factor: int
    reserved_concurrency: Mapping[str, int]
    log_retention_days: int
    log_key_arn: str | None
    owner: str | None
    expires: str | None
    debug_percent: float
    protect: bool
    artifacts: str
    rollout_strategy: Strategy
    latency_alarms: Mapping[str, int]
    release_alarms: tuple[str, ...]
    alarms: Wanted
    thresholds: Thresholds
    objectives: Objectives
    expect_list_hours: int | None
    runbook_url: str
    trace_percent: int
    filters: Mapping[str, tuple[str, ...]]
    consumes: Mapping[str, Consumed]
    subscriber_accounts: tuple[str, ...]
    api: ApiSettings

    @classmethod
    def from_config(cls, context: Context[Any], config: Source) -> Self:
        """Read and check every setting of a stack of `context`.

        Raises:
            SettingError: a value is bad; the message is one sentence that says what to write.
        """
        sftp = one_of(config, "sftp", get_args(Sftp))
        subscribers = _subscribers(context, config)
        return cls(
            sftp=sftp,
            sftp_server_id=_server_id(config, sftp),
            upload_event_source=matching(
                config, "upload_event_source", _SOURCE, "aws.transfer", "a source such as aws.transfer"
            ),
            partners=_partners(config, sftp),
            temporary_names=_temporary_names(config),
            # Unseen uploads are looked for, and redriven, for 14 days; the sweep lists all uploads that there are.
            incoming_days=number(config, "incoming_days", 365, 14, LONGEST_KEPT),
            reports_days=_days(config, "reports_days", 1),
            subscribers=subscribers,
            tolerated_share=number(config, "tolerated_share", 0.05, 0, 1),
            # A list is validated, and then verified, by one call of at most 15 minutes, the longest that there is.
            max_list_mb=number(config, "max_list_mb", 100, 1, 200),
            # A part is imported by one function within 4 minutes. The list's record has the number of each part, so the
            # parts of a list that could have over 10,000 are larger (`rows_a_part`): up to 10,486 rows at 200 MB.
            part_rows=number(config, "part_rows", 5000, 250, 50_000),
            # Each child may write some 1,000 items a second at a unit each, and one more for each index; a new
            # on-demand table takes 4,000 units.
            import_concurrency=number(config, "import_concurrency", 2, 1, 100),
            # Lambda API reference, CreateEventSourceMapping.
            stream_parallelization_factor=number(config, "stream_parallelization_factor", 10, 1, 10),
            reserved_concurrency=_reserved_concurrency(config),
            log_retention_days=retention(config),
            log_key_arn=_log_key(config),
            owner=_tag(config, "owner", _OWNER, "a name as a tag of AWS takes it, of up to 256 characters"),
            expires=_tag(config, "expires", _TIME, "a time in UTC such as 2026-01-31T18:00:00Z"),
            debug_percent=number(config, "debug_percent", 1.0, 0, 100),
            protect=flag(config, "protect"),
            artifacts=matching(
                config, "artifacts", _FOLDER, "../../build", "the folder that holds code.zip and layer.zip"
            ),
            rollout_strategy=_strategy(config),
            latency_alarms=_latency_alarms(config),
            release_alarms=_release_alarms(config),
            alarms=one_of(config, "alarms", get_args(Wanted), "all"),
            thresholds=numbers(config, "thresholds", Thresholds),
            objectives=numbers(config, "objectives", Objectives),
            expect_list_hours=_expect_list_hours(config),
            runbook_url=matching(
                config,
                "runbook_url",
                _RUNBOOK,
                "",
                "an https address, or a path in this repository, of up to 500 characters",
            ),
            trace_percent=number(config, "trace_percent", 5, 0, 100),
            filters=_filters(context, config, subscribers),
            consumes=consumed(context, config),
            subscriber_accounts=_subscriber_accounts(config),
            api=ApiSettings.from_config(config),
        )


def _server_id(config: Source, sftp: Sftp) -> str | None:
    value = config.get("sftp_server_id")
    if sftp != "shared" and value is not None:
        raise SettingError(f"sftp_server_id is set, yet sftp is {sftp}: remove it, or write sftp: shared.")
    if sftp == "shared" and not _SERVER_ID.fullmatch(value or ""):
        raise SettingError(f"sftp_server_id is {value!r}: sftp: shared needs the server's id, s- and 17 hex digits.")
    return value


def _tag(config: Source, key: str, form: re.Pattern[str], words: str) -> str | None:
    return matching(config, key, form, "", words) or None


def _log_key(config: Source) -> str | None:
    # CloudWatch Logs takes a key, and no alias of one.
    words = "the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>"
    return matching(config, "log_key_arn", _KEY, "", words) or None


def _temporary_names(config: Source) -> tuple[str, ...]:
    endings: list[Any] = structure(config, "temporary_names", list, list(TEMPORARY), "a list of endings of names")
    for ending in endings:
        if not isinstance(ending, str) or not _ENDING.fullmatch(ending):
            raise SettingError(f"temporary_names has {ending!r}: write an ending such as .part, up to 32 characters.")
    if len(endings) > MOST_TEMPORARY:
        raise SettingError(f"temporary_names has {len(endings)} endings: write at most {MOST_TEMPORARY}.")
    return tuple(endings)


def _partners(config: Source, sftp: Sftp) -> Mapping[str, tuple[str, ...]]:
    partners: dict[str, Any] = structure(config, "partners", dict, {}, "a map of names to {public_keys: [...]}")
    if sftp == "shared" and len(json.dumps(list(partners))) > SHARED_PARTNERS_LIMIT:
        raise SettingError("partners are too many for one rule on a shared server: write sftp: dedicated.")
    return {_name("partners", name, _PARTNER): _public_keys(name, value) for name, value in partners.items()}


def _public_keys(partner: str, value: Any) -> tuple[str, ...]:
    keys = value.get("public_keys") if isinstance(value, dict) and set(value) == {"public_keys"} else None
    if not isinstance(keys, list):
        raise SettingError(f"partners.{partner} is {value!r}: write {{public_keys: [...]}} and nothing else.")
    for key in keys:
        if not isinstance(key, str) or not _PUBLIC_KEY.fullmatch(key):
            raise SettingError(f"partners.{partner} has the key {key!r}: write an ed25519, ecdsa or rsa public key.")
    return tuple(keys)


def _subscribers(context: Context[Any], config: Source) -> tuple[str, ...]:
    names: list[Any] = structure(config, "subscribers", list, list(context.subscribers), "a list of names")
    # In AWS, a_b and a-b are one name.
    if len({kebab(str(name)) for name in names}) != len(names):
        raise SettingError(f"subscribers is {names!r}: name each once.")
    for name in names:
        if kebab(str(name)) in _queues(context):
            raise SettingError(f"subscribers has the name {name!r}, which a dead-letter queue of ours has: rename it.")
    return tuple(_name("subscribers", name, _SUBSCRIBER) for name in names)


def _queues(context: Context[Any]) -> set[str]:
    """Whose dead letters have a name already."""
    return {"uploads", "unseen", "inbound", *map(kebab, context.functions)}


def _filters(context: Context[Any], config: Source, subscribers: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    filters: dict[str, Any] = structure(config, "filters", dict, {}, "a map of subscribers to lists of events")
    for subscriber, types in filters.items():
        if subscriber not in subscribers:
            raise SettingError(f"filters has {subscriber!r}: write one of {', '.join(subscribers)}.")
        if not isinstance(types, list) or not types:
            raise SettingError(f"filters.{subscriber} is {types!r}: write a list of events, or leave it out for all.")
        for event_type in types:
            if event_type not in context.events or types.count(event_type) > 1:
                raise SettingError(
                    f"filters.{subscriber} has {event_type!r}: write any of {', '.join(context.events)}, once."
                )
    return {subscriber: tuple(types) for subscriber, types in filters.items()}


def _subscriber_accounts(config: Source) -> tuple[str, ...]:
    accounts: list[Any] = structure(config, "subscriber_accounts", list, [], "a list of AWS accounts' ids")
    for account in accounts:
        if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
            raise SettingError(f"subscriber_accounts has {account!r}: write the 12 digits of an account in quotes.")
    if len(set(accounts)) != len(accounts):
        raise SettingError(f"subscriber_accounts is {accounts!r}: name each once.")
    return tuple(accounts)


def _strategy(config: Source) -> Strategy:
    try:
        return Strategy.parse(config.get("rollout_strategy") or "")
    except BadStrategy as error:
        raise SettingError(f"rollout_strategy is {error}") from None


def _latency_alarms(config: Source) -> Mapping[str, int]:
    limits: dict[str, Any] = structure(config, "latency_alarms", dict, {}, "a map of functions to milliseconds")
    for function, limit in limits.items():
        if type(limit) is not int or not 1 <= limit <= LONGEST_MS:
            raise SettingError(f"latency_alarms.{function} is {limit!r}: write milliseconds from 1 to {LONGEST_MS}.")
    return limits


def _reserved_concurrency(config: Source) -> Mapping[str, int]:
    reserved: dict[str, Any] = structure(config, "reserved_concurrency", dict, {}, "a map of functions to executions")
    for function, executions in reserved.items():
        if type(executions) is not int or not 1 <= executions <= MOST_RESERVED:
            raise SettingError(
                f"reserved_concurrency.{function} is {executions!r}: write executions from 1 to {MOST_RESERVED}."
            )
    return reserved


def _release_alarms(config: Source) -> tuple[str, ...]:
    names: list[Any] = structure(config, "release_alarms", list, [], "a list of alarms' names")
    for name in names:
        if not isinstance(name, str) or not _ALARM.fullmatch(name):
            raise SettingError(f"release_alarms has {name!r}: write the name of an alarm, up to 255 characters.")
    if len(names) > MOST_MORE_ALARMS or len(set(names)) != len(names):
        raise SettingError(
            f"release_alarms has {len(names)} names: write at most {MOST_MORE_ALARMS}, each once; "
            "CodeDeploy takes ten alarms, and a release may make two of its own."
        )
    return tuple(names)


def _expect_list_hours(config: Source) -> int | None:
    absent = config.get("expect_list_hours") is None
    return None if absent else number(config, "expect_list_hours", 24, 1, LONGEST_WAIT)


def _days(config: Source, key: str, least: int) -> int | None:
    absent = config.get(key) is None
    return None if absent else number(config, key, least, least, LONGEST_KEPT)


def _name(key: str, name: Any, form: re.Pattern[str]) -> str:
    if not isinstance(name, str) or not form.fullmatch(name):
        raise SettingError(f"{key} has the name {name!r}: write up to 32 lower-case letters, digits and hyphens.")
    return name
