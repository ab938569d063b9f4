"""The composition root: the only place that chooses adapters. Everything is built on first use and kept."""

from functools import cache
from typing import TYPE_CHECKING, Any

from .adapters.codedeploy import Deployments
from .adapters.dynamodb import ListTable, PaymentTable
from .adapters.lambda_ import Versions
from .adapters.s3 import InboxBucket
from .adapters.seen_ids import SqliteSeenIds
from .adapters.sns import Topic
from .settings import ListSettings, RelaySettings, TableSettings, load

if TYPE_CHECKING:
    from .adapters.dynamodb_bulk import ImportedPaymentTable, ReferenceTable


def _config(attempts: int = 6, read_timeout: int = 60) -> Any:
    from botocore.config import Config

    # "standard" is what AWS recommends over botocore's legacy default: backoff with jitter, and a retry quota.
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(retries=retries, connect_timeout=3, read_timeout=read_timeout)


@cache
def _table() -> Any:
    import boto3

    return boto3.resource("dynamodb", config=_config()).Table(load(TableSettings).table_name)


@cache
def dynamodb_client() -> Any:
    """Return a plain DynamoDB client, for Powertools' idempotency records."""
    import boto3

    return boto3.client("dynamodb", config=_config())


@cache
def payments() -> PaymentTable:
    """Return the aggregates."""
    return PaymentTable(_table())


@cache
def lists() -> ListTable:
    """Return the lists' records."""
    return ListTable(_table())


@cache
def files() -> InboxBucket:
    """Return the inbox."""
    import boto3

    return InboxBucket(boto3.client("s3", config=_config()), load(ListSettings).inbox_bucket)


@cache
def _bulk_client() -> Any:
    # Only the functions that write by the hundred pay for its import.
    from pydynox import DynamoDBClient

    return DynamoDBClient()


@cache
def imported_payments() -> "ImportedPaymentTable":
    """Return the aggregates that lists bring."""
    from .adapters.dynamodb_bulk import ImportedPaymentTable

    return ImportedPaymentTable(_bulk_client(), load(TableSettings).table_name)


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
    import boto3

    return Topic(boto3.client("sns", config=_config()), load(RelaySettings).topic_arn)


@cache
def deployments() -> Deployments:
    """Return CodeDeploy's deployments. A hook has no time for long waits: a call takes 27 seconds at most."""
    import boto3

    return Deployments(boto3.client("codedeploy", config=_config(attempts=3, read_timeout=5)))


def versions(seconds: int) -> Versions:
    """Return the functions' versions, each asked once and given so many seconds to answer."""
    import boto3

    return Versions(boto3.client("lambda", config=_config(attempts=1, read_timeout=seconds)))
