"""The composition root: the only place that chooses adapters. Everything is built on first use and kept."""

from functools import cache
from typing import TYPE_CHECKING, Any

from .adapters.codedeploy import Deployments
from .adapters.dynamodb import ListTable, <<cookiecutter.context_name>>Table
from .adapters.lambda_ import Versions
from .adapters.projection import ProjectionTable
from .adapters.s3 import InboxBucket
from .adapters.seen_ids import SqliteSeenIds
from .adapters.sns import Topic
from .adapters.sqs import DeadLetters
from .adapters.stepfunctions import Executions
from .settings import ListSettings, OnEventSettings, RelaySettings, TableSettings, WatchListsSettings, load
from .telemetry import traceparent, watched

if TYPE_CHECKING:
    from .adapters.dynamodb_bulk import Imported<<cookiecutter.context_name>>Table, ReferenceTable


def _config(attempts: int = 6, read_timeout: int = 60) -> Any:
    from botocore.config import Config

    # "standard" is what AWS recommends over botocore's legacy default: backoff with jitter, and a retry quota.
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(retries=retries, connect_timeout=3, read_timeout=read_timeout)


def _client(service: Any, **limits: int) -> Any:
    import boto3

    return watched(boto3.client(service, config=_config(**limits)))


@cache
def _table() -> Any:
    import boto3

    table = boto3.resource("dynamodb", config=_config()).Table(load(TableSettings).table_name)
    watched(table.meta.client)
    return table


@cache
def dynamodb_client() -> Any:
    """Return a plain DynamoDB client, for Powertools' idempotency records."""
    return _client("dynamodb")


@cache
def <<cookiecutter.__package>>s() -> <<cookiecutter.context_name>>Table:
    """Return the aggregates."""
    return <<cookiecutter.context_name>>Table(_table(), traceparent)


@cache
def lists() -> ListTable:
    """Return the lists' records."""
    return ListTable(_table(), traceparent)


@cache
def files() -> InboxBucket:
    """Return the inbox."""
    return InboxBucket(_client("s3"), load(ListSettings).inbox_bucket)


@cache
def _bulk_client() -> Any:
    # Only the functions that write by the hundred pay for its import.
    from pydynox import DynamoDBClient

    return DynamoDBClient()


@cache
def imported_<<cookiecutter.__package>>s() -> "Imported<<cookiecutter.context_name>>Table":
    """Return the aggregates that lists bring."""
    from .adapters.dynamodb_bulk import Imported<<cookiecutter.context_name>>Table

    return Imported<<cookiecutter.context_name>>Table(_bulk_client(), load(TableSettings).table_name)


@cache
def references() -> "ReferenceTable":
    """Return the projection that lists are verified against."""
    from .adapters.dynamodb_bulk import ReferenceTable

    return ReferenceTable(_bulk_client(), load(TableSettings).table_name)


def seen_ids() -> SqliteSeenIds:
    """Return an empty memory of identities, for one file."""
    return SqliteSeenIds()


@cache
def topic() -> Topic:
    """Return the context's topic."""
    return Topic(_client("sns"), load(RelaySettings).topic_arn)


@cache
def projection() -> ProjectionTable:
    """Return what is kept of other contexts' things, to be written."""
    return ProjectionTable(_table())


@cache
def dead_letters() -> DeadLetters:
    """Return the queue for messages that nobody can take."""
    return DeadLetters(_client("sqs"), load(OnEventSettings).dead_letter_url)


@cache
def executions() -> Executions:
    """Return the list workflow's executions."""
    client = _client("stepfunctions", attempts=3, read_timeout=5)
    return Executions(client, load(WatchListsSettings).state_machine_arn)


@cache
def deployments() -> Deployments:
    """Return CodeDeploy's deployments. A hook has no time for long waits: a call takes 27 seconds at most."""
    return Deployments(_client("codedeploy", attempts=3, read_timeout=5))


def versions(seconds: int) -> Versions:
    """Return the functions' versions, each asked once and given so many seconds to answer."""
    return Versions(_client("lambda", attempts=1, read_timeout=seconds))
