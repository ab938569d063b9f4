"""The stores of a stack with personal data: objects, dead letters, discarded batches, and stores that expire."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, Self

from botocore.exceptions import ClientError

from bounded_context.adapters.s3 import InboxBucket
from bounded_context.domain.lists import PinnedFile
from bounded_context_cli.command.aws_errors import code
from bounded_context_cli.command.operation import Clients, Clock
from bounded_context_cli.command.pulumi import is_second, parsed, read_outputs
from bounded_context_cli.views.cost import names
from bounded_context_infra.configuration.defaults import ERROR_DAYS, NONCURRENT_DAYS

from ..redrive.messages import DeletedLate, Message, QueueReader, SubscriberRoute, counts
from ..redrive.outputs import DeadLetterQueue
from ..redrive.outputs import RedriveStack as DeadLetters
from ..redrive.stream import RETENTION
from .person import Person

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Place:
    """An item, an object's version or a message with personal data, in the store of this name.

    `waits` is the reason why it cannot be erased yet, with the remedy; empty if `erase` may be called. `erase` is None
    if a person must judge the place: the command only reports it.
    """

    store: str
    name: str
    erase: Callable[[], None] | None
    waits: str = ""


class Store(Protocol):
    """Stores that are searched together."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stores in the report."""
        ...

    def search(self) -> Generator[Place, None, None]:
        """Yield each place with personal data, in the order in which they are erased. Raises AWS_ERRORS, Unsearched."""
        ...


class Unsearched(Exception):
    """Some of a store could not be searched. The message is the reason with the remedy."""


OUTSIDE: Final = "it names the identity outside of a row of the aggregate"


def reported(store: str, name: str, why: str) -> Place:
    """Return a place that a person must judge."""
    return Place(store, name, None, f"{why}: look into it, and delete it if it has personal data")


@dataclass(frozen=True)
class ErasureStack:
    """The stores of a stack. `waiting` has the URLs of the queues whose messages a consumer still gets, by name.

    `archives` are the names of the archives. `inbox` is None in a context without lists. `outgoing_days` is 0 without
    exported files. `receivers` are the partners whose own servers have copies of exported files.
    """

    table: str
    inbox: str | None
    dead_letters: DeadLetters
    waiting: Mapping[str, str]
    archives: tuple[str, ...] = ()
    outgoing_days: int = 0
    receivers: tuple[str, ...] = ()

    @property
    def readers(self) -> list[str]:
        """The ARNs of the functions' aliases that read the table's stream."""
        return [queue.target for queue in self.dead_letters.queues if queue.kind == "stream"]

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal if they are incomplete or another stack's."""
        dead_letters = DeadLetters.of(name, outputs)
        return parsed(lambda outputs: cls._read(dead_letters, outputs), outputs)

    @classmethod
    def _read(cls, dead_letters: DeadLetters, outputs: Mapping[str, Any]) -> Self:
        waiting = {**outputs["queues"], **outputs.get("work_queues", {}), "inbound": outputs["inbound_queue"]}
        archives = tuple(outputs.get("archives", ()))
        days, receivers = int(outputs.get("outgoing_days", 0)), tuple(outputs.get("deliveries", ()))
        return cls(outputs["table_name"], outputs.get("inbox_bucket"), dead_letters, waiting, archives, days, receivers)


def read_stack(stack: str, program: Path, file: Path | None) -> ErasureStack:
    """Return the stores of a stack, from its outputs in `file` or from the Pulumi CLI. Raises Refusal."""
    return ErasureStack.of(stack, read_outputs(stack, program, file))


_ABSENT: Final = ("NoSuchKey", "NoSuchVersion")
_REPLACED: Final = (*_ABSENT, "PreconditionFailed", "ConditionalRequestConflict")


@dataclass(frozen=True)
class Version:
    """A version of an object. `latest` is whether a read without a version returns it."""

    key: str
    id: str
    size: int
    etag: str
    modified: datetime
    latest: bool


@dataclass(frozen=True)
class Bucket:
    """A bucket with versions."""

    client: "S3Client"
    name: str

    def versions(self, folder: str) -> Iterator[Version]:
        """Yield all versions of all objects in a folder, also of deleted objects, without folders."""
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=f"{folder}/"):
            entries: list[Any] = page.get("Versions", [])
            for entry in (entry for entry in entries if not entry["Key"].endswith("/")):
                place = (entry["Key"], entry["VersionId"], entry["Size"], entry["ETag"])
                yield Version(*place, entry["LastModified"], entry["IsLatest"])

    def pinned(self, version: Version) -> PinnedFile:
        """Return a version as the file of a list."""
        return PinnedFile(self.name, version.key, version.id, version.size)

    def open(self, version: Version) -> BinaryIO:
        """Return the bytes of a version; none if it has been deleted."""
        try:
            return InboxBucket(self.client, self.name).open(self.pinned(version))
        except ClientError as error:
            if code(error) in _ABSENT:
                return BytesIO()
            raise

    def text(self, version: Version) -> str:
        """Return the text of a version; empty if it has been deleted."""
        return self.open(version).read().decode(errors="replace")

    def delete(self, version: Version) -> None:
        """Delete a version permanently."""
        self.client.delete_object(Bucket=self.name, Key=version.key, VersionId=version.id)

    def replace(self, version: Version, text: str) -> None:
        """Store a text in place of a version if it is the latest, then delete the version permanently.

        If another caller has deleted or replaced the object, only the version is deleted.
        """
        if version.latest:
            try:
                self.client.put_object(Bucket=self.name, Key=version.key, Body=text.encode(), IfMatch=version.etag)
            except ClientError as error:
                if code(error) not in _REPLACED:
                    raise
        self.delete(version)


class DeadLetterStore:
    """A dead-letter queue. A message with the person's data is replaced by a masked copy, for a later redrive."""

    def __init__(self, queues: "SQSClient", queue: DeadLetterQueue, person: Person, clock: Clock) -> None:
        self.names = (f"dead letters of {queue.name}",)
        self._queues = queues
        self._url = queue.url
        self._person = person
        self._clock = clock

    def search(self) -> Generator[Place, None, None]:
        """Yield each message with the person's data. Messages are hidden from other readers until the search ends.

        Raises Unsearched if another reader hides messages.
        """
        reader = QueueReader(self._queues, self._url, self._clock)
        try:
            for message in reader.messages(lambda: False):
                masked = self._person.masked_text(message.body)
                if masked != message.body:
                    copy = replace(message, body=masked)
                    yield Place(self.names[0], message.id, partial(self._replace, reader, copy))
                if self._person.is_outside(masked):
                    yield reported(self.names[0], message.id, OUTSIDE)
        finally:
            reader.release()
        if others := reader.not_seen():
            raise Unsearched(f"another reader hides about {others} messages: try again in 15 minutes")

    def _replace(self, reader: QueueReader, masked: Message) -> None:
        SubscriberRoute(self._queues, self._url).deliver(masked)
        # Another reader may have received the original too. The next search finds it.
        with suppress(DeletedLate):
            reader.delete(masked)


_FOLDER = "aws/lambda"


class GivenUp:
    """The given-up batches of the stream's readers. A batch is masked, so its other changes are not lost."""

    names = ("given-up",)

    def __init__(self, functions: "LambdaClient", objects: "S3Client", readers: Sequence[str], person: Person) -> None:
        self._functions = functions
        self._objects = objects
        self._readers = readers
        self._person = person

    def search(self) -> Generator[Place, None, None]:
        """Yield each version of a batch with a change of the person's aggregate."""
        for bucket in self._buckets():
            for version in bucket.versions(_FOLDER):
                text, name = bucket.text(version), f"{version.key} {version.id}"
                if (masked := self._person.masked_text(text)) != text:
                    yield Place("given-up", name, partial(bucket.replace, version, masked))
                if self._person.is_outside(masked):
                    yield reported("given-up", name, OUTSIDE)

    def _buckets(self) -> list[Bucket]:
        """Return the buckets to which the readers' event source mappings give up batches: one in each stack."""
        listed = (self._functions.list_event_source_mappings(FunctionName=reader) for reader in self._readers)
        mappings = (mapping for answer in listed for mapping in answer["EventSourceMappings"])
        arns = {
            mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "") for mapping in mappings
        }
        return [Bucket(self._objects, arn.rpartition(":")[2]) for arn in sorted(arns) if ":s3:::" in arn]


_HISTORY = timedelta(days=90)
"""The time for which Step Functions stores the history of a closed execution (AWS Step Functions Developer Guide,
"Quotas", "Quotas related to state machine executions")."""

_NONCURRENT = timedelta(days=30)
"""The time for which the inbox stores the version of a file that has expired."""

_DEAD_LETTERS = timedelta(days=14)
"""The time for which an unprocessed message may stay in the dead-letter queue afterwards, where a search finds it."""


_ARCHIVED = timedelta(days=1 + ERROR_DAYS + NONCURRENT_DAYS)
"""The time for which an archive stores an event with personal fields: a day in Firehose, then below `errors/`, if it
could not be converted. Its tables have no personal fields."""


@dataclass(frozen=True)
class Expiry:
    """A store, and the time from which it contains no data of today; None for a backup that a person deletes."""

    store: str
    until: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return the expiry as JSON."""
        return {"store": self.store, "until": self.until and self.until.isoformat(timespec="seconds")}


def expiries(stack: ErasureStack, clients: Clients, clock: Clock) -> Iterator[Expiry]:
    """Yield the table's stream, its backups, the history of executions, archives, and the queues that consumers read.

    Raises ClientError, BotoCoreError.
    """
    now, tables = clock.now(), clients("dynamodb")
    yield Expiry("the table's stream", now + RETENTION)
    yield from _recovery(tables, stack.table, now, "point-in-time recovery")
    for name in names(tables, stack.table):
        yield from _recovery(tables, name, now, f"point-in-time recovery of {name}")
    yield from _backups(tables, stack.table)
    if stack.inbox:
        yield Expiry("history of the lists' executions", now + _HISTORY)
    for name in stack.archives:
        yield Expiry(f"unconverted events of the archive {name}", now + _ARCHIVED)
    if stack.outgoing_days:
        # A file of today expires after these days, and its version 30 days later.
        copies = f" (the servers of {', '.join(stack.receivers)} have copies: ask these partners)"
        name = f"exported files{copies if stack.receivers else ''}"
        yield Expiry(name, now + timedelta(days=stack.outgoing_days) + _NONCURRENT)
    for name, url in stack.waiting.items():
        yield from _waiting(clients("sqs"), name, url, now)


def _recovery(tables: "DynamoDBClient", table: str, now: datetime, store: str) -> Iterator[Expiry]:
    described = tables.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = described.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
        # 35 days is DynamoDB's default, and its longest.
        yield Expiry(store, now + timedelta(days=recovery.get("RecoveryPeriodInDays", 35)))


def _backups(tables: "DynamoDBClient", table: str) -> Iterator[Expiry]:
    """Yield the backups of a table and of its second tables, also of deleted tables."""
    for page in tables.get_paginator("list_backups").paginate(BackupType="ALL"):
        for backup in page.get("BackupSummaries", []):
            if (name := backup.get("TableName", "")) == table or is_second(name, table):
                yield Expiry(f"backup {backup.get('BackupName')}", backup.get("BackupExpiryDateTime"))


def _waiting(queues: "SQSClient", name: str, url: str, now: datetime) -> Iterator[Expiry]:
    if any(counts(queues, url)):
        answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["MessageRetentionPeriod"])
        seconds = int(answer["Attributes"]["MessageRetentionPeriod"])
        yield Expiry(f"queue {name}", now + timedelta(seconds=seconds) + _DEAD_LETTERS)
