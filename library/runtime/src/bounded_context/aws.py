"""The AWS adapters of a context, built on first use and cached.

Each function imports only the modules that it needs: every import extends a cold start.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .declaration.context import Context
from .declaration.entry_points import TableSettings, load, secret_arn, system_address
from .declaration.measures import RULE_SECONDS
from .domain.aggregate import Aggregate
from .domain.faults import Fault
from .telemetry import conceal, count, logger, span, traceparent, watched

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from pydantic import SecretStr

    from .adapters.conditional import ProjectionTable
    from .adapters.deadlines import DueTable
    from .adapters.dynamodb import ChildTable
    from .adapters.dynamodb_bulk import ImportedAggregateTable, Inserts, ReferenceTable
    from .adapters.dynamodb_lists import ListTable
    from .adapters.items import AggregateShards
    from .adapters.reactions import CopyTable, ReactionTable
    from .adapters.s3 import InboxBucket
    from .adapters.services import (
        DeadLetters,
        Deployments,
        EventSources,
        Executions,
        InboundQueue,
        Topic,
        Versions,
    )
    from .adapters.systems import Secrets
    from .adapters.temporary_database import SqliteRepeatedLines, SqliteSeenIds
    from .application.calls import GuardedAggregates
    from .application.exports import Exports
    from .application.ports import System
    from .application.verification import Judge, Ran, RowsCheck
    from .domain.aggregate import Unavailable
    from .domain.formats import Formats
    from .lists import ListImport

__all__ = [
    "aggregates",
    "bulk_client",
    "copied",
    "copies",
    "dead_letters",
    "deployments",
    "due",
    "dynamodb_client",
    "event_sources",
    "executions",
    "exports",
    "files",
    "idempotency_records",
    "imported",
    "inbound_queue",
    "known",
    "list_import",
    "lists",
    "not_taken",
    "obeys",
    "progress",
    "projection",
    "secret",
    "seen_ids",
    "shards",
    "system",
    "topic",
    "versions",
]

A = TypeVar("A", bound=Aggregate[Any, Any])
P = ParamSpec("P")
T = TypeVar("T")


def _cached(build: Callable[P, T]) -> Callable[P, T]:
    # functools' own type loses the parameters: the type of an adapter's context would be unknown.
    return cache(build)  # pyrefly: ignore[bad-return] (the same parameters)


def _config(attempts: int = 6, read_timeout: int = 60) -> Any:
    from botocore.config import Config

    # AWS recommends "standard" over botocore's legacy default: backoff with jitter, and a retry quota.
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(retries=retries, connect_timeout=3, read_timeout=read_timeout)


def _client(service: Any, **limits: int) -> Any:
    import boto3

    return watched(boto3.client(service, config=_config(**limits)))


@_cached
def _table() -> Any:
    import boto3

    table = boto3.resource("dynamodb", config=_config()).Table(load(TableSettings).table_name)
    watched(table.meta.client)
    return table


@_cached
def dynamodb_client() -> Any:
    """Return a plain DynamoDB client, for Powertools' idempotency records."""
    return _client("dynamodb")


@_cached
def idempotency_records(function: str) -> "DynamoDBPersistenceLayer":  # noqa: ARG001
    """Return the store of a function's answers, in the table.

    Powertools keeps the prefix of a function's keys in its store, and adds a hook to the client for each store. The
    hooks run in every later request, so a function has one store.
    """
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

    from .adapters.items import KEY

    table = load(TableSettings).table_name
    return DynamoDBPersistenceLayer(table, key_attr=KEY, expiry_attr="expires_at", boto3_client=dynamodb_client())


@_cached
def aggregates(context: Context[A]) -> "GuardedAggregates[A]":
    """Return a context's aggregates, which allow only the declared transitions."""
    from .adapters.dynamodb import AggregateTable, ListStates
    from .adapters.items import Items
    from .application.calls import GuardedAggregates

    table = AggregateTable(Items(context), _table(), traceparent)
    return GuardedAggregates(context.transitions, table, ListStates(_table()).is_open)


@_cached
def shards(context: Context[A]) -> "AggregateShards[A]":
    """Return a context's aggregates by list, by status and by field."""
    from .adapters.items import AggregateShards, Items

    return AggregateShards(Items(context), _table())


@_cached
def children(context: Context[Any]) -> "ChildTable":
    """Return the children of a context's aggregates."""
    from .adapters.dynamodb import ChildTable
    from .adapters.items import Items

    return ChildTable(Items(context), _table())


@_cached
def due(context: Context[A]) -> "DueTable[A]":
    """Return a context's aggregates by the times of their deadlines."""
    from .adapters.deadlines import DueTable
    from .adapters.items import Items

    return DueTable(context, Items(context), _table())


@_cached
def lists() -> "ListTable":
    """Return the lists' records."""
    from .adapters.dynamodb_lists import ListTable

    return ListTable(_table(), traceparent)


@_cached
def files() -> "InboxBucket":
    """Return the inbox bucket."""
    from .adapters.s3 import InboxBucket
    from .settings import ListSettings

    return InboxBucket(_client("s3"), load(ListSettings).inbox_bucket)


@_cached
def bulk_client() -> Any:
    """Return a DynamoDB client for reads and writes in batches of a hundred."""
    from pydynox import DynamoDBClient

    return DynamoDBClient()


@_cached
def imported(context: Context[Any]) -> "ImportedAggregateTable":
    """Return the aggregates that a context's lists create."""
    from .adapters.dynamodb_bulk import ImportedAggregateTable
    from .adapters.items import Items

    table = load(TableSettings).table_name
    return ImportedAggregateTable(Items(context), context.initial_status, bulk_client(), _inserts(table), table)


def _inserts(table: str) -> "Inserts":
    import boto3

    from .adapters.dynamodb_bulk import Inserts
    from .adapters.systems import Signed

    meta = _table().meta.client.meta
    credentials: Any = boto3.Session().get_credentials()
    return Inserts(table, Signed("dynamodb", credentials, meta.region_name, meta.endpoint_url))


def seen_ids() -> "SqliteSeenIds":
    """Return an empty store of identities, for a file."""
    from .adapters.temporary_database import SqliteSeenIds

    return SqliteSeenIds()


@_cached
def list_import(context: Context[Any]) -> "ListImport":
    """Return the steps of a context's list workflow."""
    from .lists import ListImport
    from .settings import GateSettings

    gated = load(GateSettings).malware != "none"
    return ListImport(
        context,
        lists(),
        files(),
        lambda: imported(context),
        seen_ids,
        _formats,
        gated=gated,
        repeated_lines=_repeated_lines,
    )


def _repeated_lines() -> "SqliteRepeatedLines":
    from .adapters.temporary_database import SqliteRepeatedLines

    return SqliteRepeatedLines()


def _formats() -> "Formats":
    from .domain.formats import Formats
    from .settings import ValidationSettings

    settings = load(ValidationSettings)
    return Formats(settings.formats, settings.max_list_bytes)


@_cached
def _references(aggregate: str) -> "ReferenceTable":
    from .adapters.dynamodb_bulk import ReferenceTable

    return ReferenceTable(aggregate, bulk_client(), load(TableSettings).table_name)


def known(context: Context[Any], field: str) -> "RowsCheck[Any]":
    """Return the check that each row's reference in a field is known, from other contexts' events.

    Raises:
        KeyError: the context declares no reference in that field.
    """
    from .application.verification import known_to

    return known_to(_references(context.references[field]), field)


def copied(context: Context[Any], field: str, judge: "Judge") -> "RowsCheck[Any]":
    """Return the check of each row with the copied fields of the aggregate to which it refers in a field.

    ``judge`` gets a row and the fields, and returns why the row is rejected, or None. A row with an unknown reference
    passes: `known` rejects it.

    Raises:
        KeyError: the context declares no reference in that field.
    """
    from .application.verification import copied_in

    return copied_in(_references(str(context.references[field])), field, judge)


def not_taken(context: Context[Any]) -> "RowsCheck[Any]":
    """Return the check that no row has an existing identity, except an identity that its own list imported."""
    from .application.verification import not_taken as not_taken_in

    return not_taken_in(imported(context), context.identity)


def obeys(context: Context[Any]) -> "RowsCheck[Any]":
    """Return the check that each row obeys the rule of the command that creates.

    A refusal rejects the row, with its code. The aggregate that the rule adds is imported. Each part's time is logged,
    and counted as ``RuleSeconds``.

    Raises:
        ValueError: the command requires a field that no row has.
    """
    from .application.verification import CreatingRule

    return CreatingRule(context, context.creating.rule, aggregates(context), _ran)


def _ran(ran: "Ran") -> None:
    count(RULE_SECONDS, ran.seconds)
    logger.info("rule run", rule=ran.rule, rows=ran.rows, seconds=round(ran.seconds, 3), refused=ran.refused)
    if failure := ran.failure:
        # The last one: the rows of a part mostly fail for one reason.
        logger.error("rule failed", rule=ran.rule, rows=ran.refused[Fault.BROKEN], exc_info=failure)


@_cached
def topic() -> "Topic":
    """Return the context's topic."""
    from .adapters.services import Topic
    from .settings import RelaySettings

    # `Topic` itself waits while SNS throttles, until the function's time is nearly over.
    return Topic(_client("sns", attempts=2, read_timeout=5), load(RelaySettings).topic_arn)


@_cached
def projection() -> "ProjectionTable":
    """Return the writer of the projection of other contexts' events."""
    from .adapters.conditional import ProjectionTable

    return ProjectionTable(_table())


@_cached
def dead_letters() -> "DeadLetters":
    """Return the queue for messages that can never be applied."""
    from .adapters.services import DeadLetters
    from .settings import OnEventSettings

    return DeadLetters(_client("sqs"), load(OnEventSettings).dead_letter_url)


@_cached
def progress() -> "ReactionTable":
    """Return the progress of the reactions to other contexts' events."""
    from .adapters.reactions import ReactionTable

    return ReactionTable(_table())


@_cached
def inbound_queue() -> "InboundQueue":
    """Return the queue of other contexts' events, for events whose reaction needs more time."""
    from .adapters.services import InboundQueue
    from .settings import ReactionSettings

    return InboundQueue(_client("sqs"), load(ReactionSettings).inbound_url)


@_cached
def copies(aggregate: str) -> "CopyTable":
    """Return the copies of another context's aggregates, by the kind of a reference with a `Copy`: ``policy``."""
    from .adapters.reactions import CopyTable

    return CopyTable(aggregate, _table())


@_cached
def _secrets() -> "Secrets":
    from .adapters.systems import Secrets

    return Secrets(_client("secretsmanager", attempts=3, read_timeout=5))


def secret(name: str) -> "SecretStr":
    """Return the value of a secret that the function's preset names; it is hidden in log lines and traces.

    A value is cached for at most five minutes. Call this function where the value is used, to get a rotated value
    within that time.

    Raises:
        NoSecret: it has no value yet, or the function may not read it; the message contains the remedy.
    """
    value = _secrets().get(secret_arn(name))
    conceal(value.get_secret_value())
    return value


@_cached
def system(name: str, unavailable: "type[Unavailable]", *, bearer: str | None = None) -> "System":
    """Return another system, which the function's preset names in ``calls``.

    A try takes 2 seconds, and a call has three tries. After five failed calls in a row, the circuit of the system is
    open for all functions: for 30 seconds, each call is refused at once.

    Args:
        name: the system's name, such as ``credit-bureau``.
        unavailable: the context's refusal if the system does not answer.
        bearer: the secret whose value is the token of each request.

    Raises:
        NoSystem: the function may not call it; the message contains the remedy.
    """
    from .adapters.systems import HttpSystem, circuits

    store = circuits(load(TableSettings).table_name, dynamodb_client())
    token = None if bearer is None else lambda: secret(bearer)
    return HttpSystem(name, system_address(name), unavailable, store, token, logger.info, span)


def exports(context: Context[Any], report: Callable[..., None] = lambda *_: None) -> "Exports":
    """Return a context's exports. ``report`` gets each file with its outcome."""
    from .adapters.exports import AggregateItems, ExportTable, OutgoingBucket, TransferConnectors
    from .application.exports import Exports
    from .domain.formats import Formats
    from .settings import ExportSettings

    settings = load(ExportSettings)
    fields = (context.attributes.get(name, name) for export in context.exports for name in export.fields)
    outgoing = OutgoingBucket(_s3(), settings.inbox_bucket)
    items = AggregateItems(context, _table(), tuple(fields))
    deliveries = settings.deliveries
    connectors = TransferConnectors(_transfer(), settings.inbox_bucket, deliveries) if deliveries else None
    formats = Formats(settings.formats).of
    return Exports(context, ExportTable(_table()), items, outgoing, formats, report, connectors=connectors)


@_cached
def _transfer() -> Any:
    return _client("transfer", attempts=3, read_timeout=10)


@_cached
def _s3() -> Any:
    return _client("s3")


@_cached
def executions() -> "Executions":
    """Return the list workflow's executions."""
    from .adapters.services import Executions
    from .settings import WatchListsSettings

    client = _client("stepfunctions", attempts=3, read_timeout=5)
    return Executions(client, load(WatchListsSettings).state_machine_arn)


@_cached
def event_sources() -> "EventSources":
    """Return the event source mappings of the stack's functions."""
    from .adapters.services import EventSources
    from .settings import WatchMappingsSettings

    client = _client("lambda", attempts=3, read_timeout=5)
    return EventSources(client, load(WatchMappingsSettings).function_prefix)


@_cached
def deployments() -> "Deployments":
    """Return CodeDeploy's deployments. A call takes 27 seconds at most, since a hook has no time for long waits."""
    from .adapters.services import Deployments

    return Deployments(_client("codedeploy", attempts=3, read_timeout=5))


def versions(seconds: int) -> "Versions":
    """Return the functions' versions; each is invoked once, with ``seconds`` to answer."""
    from .adapters.services import Versions

    return Versions(_client("lambda", attempts=1, read_timeout=seconds))
