"""What a context runs on in AWS: its adapters. Everything is built on first use and kept.

A function imports what it builds, and nothing of the others': an import is paid for with each cold start.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .context import Context
from .domain.aggregate import Aggregate, Details
from .measures import RULE_SECONDS
from .secret_names import secret_arn
from .settings import ListSettings, OnEventSettings, RelaySettings, TableSettings, WatchListsSettings, load
from .telemetry import conceal, count, logger, traceparent, watched

if TYPE_CHECKING:
    from pydantic import SecretStr

    from .adapters.codedeploy import Deployments
    from .adapters.dynamodb_bulk import ImportedAggregateTable
    from .adapters.dynamodb_inserts import Inserts
    from .adapters.dynamodb_lists import ListTable
    from .adapters.dynamodb_queries import AggregateShards
    from .adapters.event_sources import EventSources
    from .adapters.lambda_ import Versions
    from .adapters.projection import ProjectionTable
    from .adapters.references import ReferenceTable
    from .adapters.s3 import InboxBucket
    from .adapters.secrets import Secrets
    from .adapters.seen_ids import SqliteSeenIds
    from .adapters.sns import Topic
    from .adapters.sqs import DeadLetters
    from .adapters.stepfunctions import Executions
    from .application.creating import Ran
    from .application.guarded import GuardedAggregates
    from .application.ports import Aggregates
    from .application.verification import RowsCheck
    from .lists import ListImport

__all__ = [
    "aggregates",
    "bulk_client",
    "dead_letters",
    "deployments",
    "dynamodb_client",
    "event_sources",
    "executions",
    "files",
    "imported",
    "known",
    "list_import",
    "lists",
    "not_taken",
    "obeys",
    "projection",
    "secret",
    "seen_ids",
    "shards",
    "topic",
    "versions",
]

A = TypeVar("A", bound=Aggregate[Any, Any])
D = TypeVar("D", bound=Details)
P = ParamSpec("P")
T = TypeVar("T")


def _kept(build: Callable[P, T]) -> Callable[P, T]:
    # functools' own type forgets which context an adapter is of.
    return cache(build)  # pyright: ignore[reportReturnType]


def _config(attempts: int = 6, read_timeout: int = 60) -> Any:
    from botocore.config import Config

    # "standard" is what AWS recommends over botocore's legacy default: backoff with jitter, and a retry quota.
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(retries=retries, connect_timeout=3, read_timeout=read_timeout)


def _client(service: Any, **limits: int) -> Any:
    import boto3

    return watched(boto3.client(service, config=_config(**limits)))


@_kept
def _table() -> Any:
    import boto3

    table = boto3.resource("dynamodb", config=_config()).Table(load(TableSettings).table_name)
    watched(table.meta.client)
    return table


@_kept
def dynamodb_client() -> Any:
    """Return a plain DynamoDB client, for Powertools' idempotency records."""
    return _client("dynamodb")


@_kept
def aggregates(context: Context[A]) -> "GuardedAggregates[A]":
    """Return a context's aggregates, which change only as it declares."""
    from .adapters.dynamodb import AggregateTable
    from .adapters.items import Items
    from .adapters.list_state import ListStates
    from .application.guarded import GuardedAggregates

    stored = AggregateTable(Items(context), _table(), traceparent)
    return GuardedAggregates(context.transitions, stored, ListStates(_table()).is_open)


@_kept
def shards(context: Context[A]) -> "AggregateShards[A]":
    """Return a context's aggregates by list and by status."""
    from .adapters.dynamodb_queries import AggregateShards
    from .adapters.items import Items

    return AggregateShards(Items(context), _table())


@_kept
def lists() -> "ListTable":
    """Return the lists' records."""
    from .adapters.dynamodb_lists import ListTable

    return ListTable(_table(), traceparent)


@_kept
def files() -> "InboxBucket":
    """Return the inbox."""
    from .adapters.s3 import InboxBucket

    return InboxBucket(_client("s3"), load(ListSettings).inbox_bucket)


@_kept
def bulk_client() -> Any:
    """Return a DynamoDB client for reads and writes by the hundred."""
    from pydynox import DynamoDBClient

    return DynamoDBClient()


@_kept
def imported(context: Context[Any]) -> "ImportedAggregateTable":
    """Return the aggregates that a context's lists bring."""
    from .adapters.dynamodb_bulk import ImportedAggregateTable
    from .adapters.items import Items

    table = load(TableSettings).table_name
    return ImportedAggregateTable(Items(context), context.first, bulk_client(), _inserts(table), table)


def _inserts(table: str) -> "Inserts":
    import boto3

    from .adapters.dynamodb_inserts import Inserts
    from .adapters.signed import Signed

    meta = _table().meta.client.meta
    credentials: Any = boto3.Session().get_credentials()
    return Inserts(table, Signed("dynamodb", credentials, meta.region_name, meta.endpoint_url))


def seen_ids() -> "SqliteSeenIds":
    """Return an empty memory of identities, for one file."""
    from .adapters.seen_ids import SqliteSeenIds

    return SqliteSeenIds()


@_kept
def list_import(context: Context[Any]) -> "ListImport":
    """Return the steps of a context's list workflow."""
    from .lists import ListImport

    return ListImport(context, lists(), files(), lambda: imported(context), seen_ids)


@_kept
def _references(thing: str) -> "ReferenceTable":
    from .adapters.references import ReferenceTable

    return ReferenceTable(thing, bulk_client(), load(TableSettings).table_name)


def known(context: Context[Any], field: str) -> "RowsCheck[Any]":
    """Return the check that what each row refers to in a field is known here, from other contexts' events.

    Raises:
        KeyError: the context declares no reference in that field.
    """
    from .application.references import known_to

    return known_to(_references(context.references[field]), field)


def not_taken(context: Context[Any]) -> "RowsCheck[Any]":
    """Return the check that no row has the identity of what already exists and did not come with its list."""
    from .application.verification import not_taken as not_taken_in

    return not_taken_in(imported(context), context.identity)


def obeys(context: Context[A], command: type[D], use_case: "Callable[[D, Aggregates[A]], A]") -> "RowsCheck[Any]":
    """Return the check that each row obeys the rule of the command that creates: ``use_case``.

    A refusal rejects the row, with its code. What the rule adds is what is imported. Each part's time is logged, and
    counted as ``RuleSeconds``.

    Raises:
        LookupError: the context declares no such command.
        ValueError: the command does not create, or requires a field that no row has.
    """
    from .application.creating import CreatingRule

    return CreatingRule(context, command, use_case, aggregates(context), _ran)


def _ran(ran: "Ran") -> None:
    count(RULE_SECONDS, ran.seconds)
    logger.info("rule run", rule=ran.rule, rows=ran.rows, seconds=round(ran.seconds, 3), refused=ran.refused)


@_kept
def topic() -> "Topic":
    """Return the context's topic."""
    from .adapters.sns import Topic

    return Topic(_client("sns"), load(RelaySettings).topic_arn)


@_kept
def projection() -> "ProjectionTable":
    """Return what is kept about other contexts' things, to be written."""
    from .adapters.projection import ProjectionTable

    return ProjectionTable(_table())


@_kept
def dead_letters() -> "DeadLetters":
    """Return the queue for messages that nobody can take."""
    from .adapters.sqs import DeadLetters

    return DeadLetters(_client("sqs"), load(OnEventSettings).dead_letter_url)


@_kept
def _secrets() -> "Secrets":
    from .adapters.secrets import Secrets

    return Secrets(_client("secretsmanager", attempts=3, read_timeout=5))


def secret(name: str) -> "SecretStr":
    """Return the value of a secret that the function's preset names; it shows as stars, and in no line or trace.

    A value is kept for five minutes at most: ask for it where it is used, and a rotation is seen within them.

    Raises:
        NoSecret: it has no value yet, or the function may not read it; the message says what to do.
    """
    value = _secrets().get(secret_arn(name))
    conceal(value.get_secret_value())
    return value


@_kept
def executions() -> "Executions":
    """Return the list workflow's executions."""
    from .adapters.stepfunctions import Executions

    client = _client("stepfunctions", attempts=3, read_timeout=5)
    return Executions(client, load(WatchListsSettings).state_machine_arn)


@_kept
def event_sources() -> "EventSources":
    """Return the event source mappings of the stack's functions."""
    from .adapters.event_sources import EventSources

    client = _client("lambda", attempts=3, read_timeout=5)
    return EventSources(client, load(WatchListsSettings).function_prefix)


@_kept
def deployments() -> "Deployments":
    """Return CodeDeploy's deployments. A hook has no time for long waits: a call takes 27 seconds at most."""
    from .adapters.codedeploy import Deployments

    return Deployments(_client("codedeploy", attempts=3, read_timeout=5))


def versions(seconds: int) -> "Versions":
    """Return the functions' versions, each asked once and given ``seconds`` to answer."""
    from .adapters.lambda_ import Versions

    return Versions(_client("lambda", attempts=1, read_timeout=seconds))
