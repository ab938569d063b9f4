"""The settings of a stack, typed and checked: its resources, events, releases, API, and all other groups.

A bad value stops the program with a message that contains the remedy. The events are those of the stack's subscribers,
and those of other contexts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema

from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat
from bounded_context.domain.spelling import kebab

from .access import Boundary
from .alarms import LEAST_PERCENT, AlarmSettings
from .config import ARN, SettingError, SettingSource, only_if, read_all
from .list_settings import LONGEST_KEPT, ListSettings, OfContext, Partner, formats
from .schema import ONCE, BadMember, Declared, Form, Members, setting, within
from .strategy import BadStrategy, Strategy

KEBAB: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Lower-case letters, digits and single hyphens, such as ``acquirer-key``."""

_NAME: Final = Form(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]", "a name in lower-case letters, such as order-line")
_ARN: Final = re.compile(ARN + r"sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
"""The ARN of a standard topic. A FIFO topic sends only to FIFO queues."""

_TOPIC: Final = Form(
    rf"{_ARN.pattern}|(/[A-Za-z0-9_.-]+)+",
    "the ARN of a topic, or the name of the parameter that contains it",
)
_TYPE: Final = Form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "an event type such as OrderPlaced")
_Types = tuple[Annotated[str, _TYPE], ...]
_RENAMED: Final = {"thing": "aggregate", "known": "created_by", "gone": "deleted_by"}
"""The members' names before 0.4.0."""

MOST_TYPES = 50
"""Maximum event types of all contexts. A function has 4 KB for its variables, and a variable contains the types."""


@dataclass(frozen=True)
class Consumed(Members):
    """The events that this context receives from another context."""

    topic: Annotated[str, _TOPIC]
    """The topic of the other context's events."""
    aggregate: Annotated[str, _NAME, Field(default="")]
    """The aggregate, by default the name of the other context."""
    created_by: Annotated[_Types, Field(min_length=1), ONCE]
    """The event types that add the aggregate to the projection."""
    deleted_by: Annotated[_Types, Field(default=()), ONCE]
    """The event types that delete the aggregate from the projection."""

    def __post_init__(self) -> None:
        if both := {*self.created_by} & {*self.deleted_by}:
            raise ValueError(f"has {min(both)!r} in created_by and in deleted_by: write it into one of them")

    @property
    def key(self) -> str:
        """The prefix of the keys of these items."""
        return f"{self.aggregate.upper()}#"

    @property
    def types(self) -> tuple[str, ...]:
        """All event types that this context receives."""
        return (*self.created_by, *self.deleted_by)

    @property
    def account_id(self) -> str | None:
        """The account of the topic, if its ARN is given."""
        return self.topic.split(":")[4] if _ARN.fullmatch(self.topic) else None


def _refuse_renamed(value: Any) -> Any:
    for old, new in _RENAMED.items():
        if isinstance(value, dict) and old in value:
            problem = (
                f"in infra/service/Pulumi.<stack>.yaml has the new name {new}: run `template update`, which renames it "
                "in the files of all stacks, or rename it yourself"
            )
            raise BadMember(old, problem)
    return value


def _distinct_contexts(sources: Mapping[str, Consumed], info: ValidationInfo[Any]) -> Mapping[str, Consumed]:
    """Return the contexts with their aggregates. Raises ValueError for names that would overwrite other items."""
    contexts = {
        name: replace(source, aggregate=(source.aggregate or name).replace("-", "_"))
        for name, source in sources.items()
    }
    for name, source in contexts.items():
        if source.aggregate in (info.context.context.name, "list"):
            own = f"is {source.aggregate!r}, and items of this name are this context's own: write another name"
            raise BadMember(f"{name}.aggregate", own)
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in contexts}) != len(contexts):
        raise ValueError(f"names {', '.join(contexts)}: name each once")
    if len({source.topic for source in contexts.values()}) != len(contexts):
        raise ValueError("has one topic twice: each context has its own")
    if len({source.aggregate for source in contexts.values()}) != len(contexts):
        raise ValueError("has one aggregate twice: events of two contexts about one aggregate have no order")
    if sum(len(source.types) for source in contexts.values()) > MOST_TYPES:
        raise ValueError(f"names over {MOST_TYPES} types of events: leave out those that change nothing")
    if missing := _unreceived(info.context.context, contexts):
        raise ValueError(missing)
    return contexts


def _unreceived(context: Context[Any], sources: Mapping[str, Consumed]) -> str:
    """Return the fault of the first event that the context reacts to and a stack does not consume, or an empty text."""
    types = {kebab(name): source.types for name, source in sources.items()}
    for reaction in context.reactions:
        if reaction.event not in types.get(kebab(reaction.source), ()):
            rule = f"{context.name} reacts to it (reactions of its context)"
            return f"lacks {reaction.event} of {reaction.source}, and {rule}: add it to created_by or deleted_by"
    return ""


def _receives_reactions(config: Any, setting: Declared, text: str | None) -> None:
    if text is None and (missing := _unreceived(config.context, {})):
        raise SettingError(setting.name, f"{missing}.")


Consumes = Annotated[
    Mapping[Annotated[str, _NAME], Annotated[Consumed, BeforeValidator(_refuse_renamed)]],
    AfterValidator(_distinct_contexts),
]
"""The type of the setting: the events of the other contexts, by their names."""


_SUBSCRIBER: Final = Form(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]", "up to 32 lower-case letters, digits and hyphens")
_ACCOUNT: Final = Form(r"[0-9]{12}", "the 12 digits of an account in quotes")


def _own_queues(names: tuple[str, ...], info: ValidationInfo[Any]) -> tuple[str, ...]:
    # Names in AWS are in kebab-case, where a_b and a-b are equal.
    if len({kebab(name) for name in names}) != len(names):
        raise ValueError(f"is {names!r}: name each once")
    # Dead-letter queues that are not a subscriber's.
    queues = {"uploads", "unseen", "inbound", *map(kebab, info.context.context.functions)}
    if own := [name for name in names if kebab(name) in queues]:
        raise ValueError(f"has the name {own[0]!r}, which a dead-letter queue of ours has: rename it")
    return names


def _known(filters: Mapping[str, tuple[str, ...]], info: ValidationInfo[Any]) -> Mapping[str, tuple[str, ...]]:
    subscribers, events = json.loads(info.context.get("subscribers")), info.context.context.events
    for subscriber, types in filters.items():
        if subscriber not in subscribers:
            raise ValueError(f"has {subscriber!r}: write one of {', '.join(subscribers)}")
        if unknown := [event_type for event_type in types if event_type not in events]:
            raise BadMember(subscriber, f"has {unknown[0]!r}: write any of {', '.join(events)}, once")
    return filters


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """Events, published and consumed."""

    subscribers: Annotated[tuple[Annotated[str, _SUBSCRIBER], ...], AfterValidator(_own_queues)] = setting(
        ["billing"], "the declaration's"
    )
    """The subscribers of the stack. Each has its own queue and dead-letter queue."""
    filters: Annotated[Mapping[str, Annotated[tuple[str, ...], Field(min_length=1), ONCE]], AfterValidator(_known)] = (
        setting({"billing": ["LoanRegistered"]}, {})
    )
    """The event types that a subscriber receives. Without a filter, it receives all."""
    subscriber_accounts: Annotated[tuple[Annotated[str, _ACCOUNT], ...], ONCE] = setting(["111122223333"], ())
    """Other AWS accounts whose queues may subscribe to the events."""
    consumes: Consumes = setting(
        {"customer": {"topic": "/customer/dev/topic-arn", "created_by": ["CustomerRegistered"]}},
        {},
        _receives_reactions,
    )
    """The other contexts whose events this context receives."""


def consumed(context: Context[Any], config: SettingSource) -> Mapping[str, Consumed]:
    """Return the setting `consumes` of a stack of `context`. Raises SettingError for the first fault."""
    return read_all(EventSettings, OfContext(context, config), "consumes")["consumes"]


Backup = Literal["none", "vault"]

MOST_RESERVED: Final = 10_000
"""Concurrent executions. An account has 1,000 at first and "tens of thousands" on request (Lambda developer guide,
"Lambda quotas"). With 0 a function would never run."""

_SIGNING: Final = Form(
    ARN + r"lambda:[a-z0-9-]+:\d{12}:code-signing-config:csc-[a-z0-9]{17}",
    "the ARN of a code signing configuration, arn:aws:lambda:<region>:<account>:code-signing-config:csc-<id>",
)
_VAULT: Final = Form(
    ARN + r"backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}",
    "the ARN of a backup vault, arn:aws:backup:<region>:<account>:backup-vault:<name>",
)
_OWNER: Final = Form(
    r"[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?",
    "a name as a tag of AWS takes it, of up to 256 characters",
)
_TIME: Final = Form(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "a time in UTC such as 2026-01-31T18:00:00Z")


_WITH_VAULT: Final = only_if("backup: vault", lambda config: config.get("backup") == "vault", needed=True)


MOST_EPOCHS: Final = 9_999
"""The largest epoch: the first 4 digits of a `sequence`. DynamoDB's documented maximum is 40 digits, of which it uses
some 28."""


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """The resources of the stack."""

    protect: bool = setting(True)
    """Deletion protection of the resources with data."""
    owner: Annotated[str, _OWNER] | None = setting("ada@example.org", None)
    """A tag of all resources, for instance a person. By default it is the context's team."""
    expires: Annotated[str, _TIME] | None = setting("2026-01-31T18:00:00Z", None)
    """A tag of all resources: the time from which the stack may be destroyed (UTC, ISO 8601, in quotes)."""
    table_epoch: Annotated[int, within(0, MOST_EPOCHS)] = setting(1, 0)
    """The number of replacements of the table. A table of a later epoch has another name."""
    # Lambda API reference, CreateEventSourceMapping.
    stream_parallelization_factor: Annotated[int, within(1, 10)] = setting(5, 10)
    """Batches of a shard that a reader of the table's stream processes at the same time."""
    reserved_concurrency: Annotated[
        Mapping[str, Annotated[int, within(1, MOST_RESERVED)]], Field(title="a map of functions to executions")
    ] = setting({"register": 50}, {})
    """Executions that Lambda reserves for a function, also its maximum. The others share the account's."""
    # Lambda pricing page (us-east-1, Python): 0.0000015046 USD a second for a cached GB, at least 3 hours, and
    # 0.0001397998 USD for a restored GB.
    snap_start: bool = setting(True, False)
    """Starts the API's functions from a snapshot. Each version costs about 4 USD a month for a GB of its memory."""
    backup: Backup = setting("vault", "none")
    """`vault` backs up the table each night into a locked vault, and copies the backup to `backup_copy`."""
    backup_copy: Annotated[str, _VAULT] | None = setting(
        "arn:aws:backup:eu-central-1:111122223333:backup-vault:copies", None, _WITH_VAULT
    )
    """A backup vault in another account or region, which `backup: vault` requires."""
    backup_days: Annotated[int, within(7, LONGEST_KEPT)] = setting(90, 35)
    """Days for which both vaults store a backup. Nobody can delete it earlier."""
    permissions_boundary: Boundary | None = setting("arn:aws:iam::111122223333:policy/loan-dev-boundary", None)
    """A managed policy that limits every role of the stack."""
    code_signing: Annotated[str, _SIGNING] | None = setting(
        "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdefg", None
    )
    """The code signing configuration of all functions. The archives must then be signed."""


_ALARM: Final = Form(r"[!-~]([ -~]{0,253}[!-~])?", "the name of an alarm, up to 255 characters")
_FOLDER: Final = Form(r"\S.*", "the folder that holds code.zip and layer.zip")

_STRATEGY: Final = {"type": "string", "title": "a strategy of CodeDeploy, or an own such as Canary25Percent20Minutes"}

MOST_MORE_ALARMS: Final = 8
"""CodeDeploy accepts ten alarms for a deployment group, and a release may make two of its own."""

LONGEST_MS: Final = 900_000
"""Milliseconds: Lambda's longest timeout, 15 minutes."""


def _strategy(text: Any) -> Strategy:
    try:
        return Strategy.parse(text or "")
    except BadStrategy as error:
        raise ValueError(f"is {error}".removesuffix(".")) from None


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """Releases."""

    rollout_strategy: Annotated[
        Strategy,
        PlainValidator(_strategy),
        WithJsonSchema(_STRATEGY),
    ] = setting("Canary10Percent5Minutes")
    """The steps in which a new version gets the traffic. An alarm during the steps returns the old version."""
    latency_alarms: Annotated[
        Mapping[str, Annotated[int, within(1, LONGEST_MS)]], Field(title="a map of functions to milliseconds")
    ] = setting({"register": 2000}, {})
    """Milliseconds that 95 of 100 calls of a function's new version may take."""
    release_alarms: Annotated[tuple[Annotated[str, _ALARM], ...], Field(max_length=MOST_MORE_ALARMS), ONCE] = setting(
        ["shop-orders-failed"], ()
    )
    """The names of other alarms that stop a release."""
    artifacts: Annotated[str, _FOLDER] = setting("../../build", "../../build")
    """The folder of the built functions, relative to the program."""


MOST_AUDIENCES = 50
"""Maximum audiences of a JWT authorizer (API Gateway, "Quotas for configuring and running an HTTP API")."""

LOOPBACK = r"http://127\.0\.0\.1:\d+"
"""For the local run, whose servers have no certificates. AWS does not accept such an issuer."""

_ISSUER: Final = Form(rf"(https://[^\s/?#]+|{LOOPBACK})(/[^\s?#]*)?", "the https address that its tokens name as `iss`")
_AUDIENCE: Final = Form(r"[\s\S]*\S[\s\S]*", "an audience, which is not empty")
# Not `*`: requests carry their callers' credentials, and no other page may send them.
_ORIGIN: Final = Form(
    r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?",
    "each origin such as https://app.example.org, without a path",
)


@dataclass(frozen=True)
class Jwt(Members):
    """The accepted tokens: from `issuer`, for any of `audience`."""

    issuer: Annotated[str, _ISSUER]
    # Without an audience, the API would accept tokens that the issuer made for other applications.
    audience: Annotated[tuple[Annotated[str, _AUDIENCE], ...], Field(min_length=1, max_length=MOST_AUDIENCES)]


@dataclass(frozen=True)
class Throttle(Members):
    """Limits of each route for all callers together: `rate` requests a second, `burst` at once.

    Requests above a limit get a 429. AWS treats the limits as targets and does not guarantee them (API Gateway,
    "Throttle requests to your HTTP APIs").
    """

    rate: Annotated[int, within(1, 10_000)] = 100
    """Requests a second."""
    burst: Annotated[int, within(1, 5_000)] = 200
    """Requests at once."""


@dataclass(frozen=True)
class ApiObjectives(Members):
    """The service level objectives of the HTTP API."""

    answered_percent: Annotated[float, within(LEAST_PERCENT, 99.999)] = 99.9
    """Percentage of the requests with an answer other than 5xx."""
    latency_ms: Annotated[int, within(1, 30_000)] = 2_000
    """Milliseconds in which 95 % of the requests are answered."""


@dataclass(frozen=True)
class ApiSettings:
    """The HTTP API."""

    api_jwt: Jwt | None = setting({"issuer": "https://login.example.org", "audience": ["loan"]}, None)
    """The accepted tokens. Without the setting, callers sign their requests with IAM credentials."""
    api_cors_origins: tuple[Annotated[str, _ORIGIN], ...] = setting(["https://app.example.org"], ())
    """The web pages that may call the API."""
    api_throttle: Throttle = setting({"rate": 50}, Throttle())
    """The limits of each route for all callers together. Requests above a limit get a 429."""
    api_objectives: ApiObjectives = setting({"latency_ms": 500}, ApiObjectives())
    """The service level objectives of the API."""
    api_route_metrics: bool = setting(False, True)
    """Metrics for each route, at 0.90 USD a month for a route with calls."""

    @classmethod
    def from_config(cls, config: SettingSource) -> Self:
        """Read and check all settings. Raises SettingError with a sentence for the first bad value."""
        return cls(**read_all(cls, config))


_ADDRESS: Final = Form(
    rf"(https://[A-Za-z0-9.-]+(:\d{{1,5}})?|{LOOPBACK})(/[A-Za-z0-9._~-]+)*",
    "an https address without a slash at its end",
)


def _valid_systems(systems: Mapping[str, str]) -> Mapping[str, str]:
    if wrong := [name for name in systems if not KEBAB.fullmatch(name)]:
        raise BadMember(wrong[0], f"has {wrong[0]!r}: write its name in kebab-case")
    return systems


@dataclass(frozen=True, kw_only=True)
class SystemSettings:
    """Other systems."""

    systems: Annotated[Mapping[str, Annotated[str, _ADDRESS]], AfterValidator(_valid_systems)] = setting(
        {"credit-bureau": "https://api.example.org/v1"}, {}
    )
    """The addresses of the other systems that functions call, by name."""


@dataclass(frozen=True, kw_only=True)
class Settings(AlarmSettings, ReleaseSettings, SystemSettings, EventSettings, ListSettings, StackSettings):
    """The settings of a stack. `uv run context docs settings` lists them.

    Attributes:
        formats: the formats of lists of partners whose files are not plain, from their member `format` in `partners`.
        api: the settings of the HTTP API.
    """

    formats: Mapping[str, FileFormat]
    api: ApiSettings

    @property
    def deliveries(self) -> Mapping[str, Partner]:
        """The partners with an own server, by name."""
        return {name: partner for name, partner in self.partners.items() if partner.deliver}

    @classmethod
    def from_config(cls, context: Context[Any], config: SettingSource) -> Self:
        """Read and check every setting of a stack of `context`.

        Raises:
            SettingError: a value is bad; the message is a sentence with the remedy.
        """
        source = OfContext(context, config)
        values = read_all(cls, source)
        if source.get("formats") is not None:
            raise SettingError("formats", "is no setting: write partners.<name>.format for each partner.")
        own = {name: context.rows.of_lists(form) for name, form in formats(values["partners"]).items()}
        return cls(**values, formats=own, api=ApiSettings.from_config(source))
