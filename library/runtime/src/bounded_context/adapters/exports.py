"""The records of exported files in the table, the items that they have, and the files in the inbox's bucket."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ..application.exports import Superseded, UploadGone
from ..declaration.structure import Structure
from ..domain.exports import ExportFile, FileRecord, FileStatus
from .conditional import conditionally
from .items import CHANGED_AT, KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_transfer import TransferClient

PREFIX: Final = "EXPORT-FILE#"
"""The prefix of the key of each record. No aggregate has a dash in its prefix, and no reader of the stream gets it."""

RECORDED: Final = timedelta(days=400)
"""The time for which a complete file is recorded: longer than the files are stored. The period has no second file."""

_FACTS: Final = ("form", "upload", "cursor", "state", "sums", "written", "reason", "key")
_GONE: Final = ("NoSuchUpload", "InvalidPart", "InvalidPartOrder")
_ABSENT: Final = ("404", "NoSuchKey", "NotFound")


class ExportTable:
    """The records of files, and an item for each export and partner with the open files and the last period.

    A call that has claimed a file writes under the condition that no later call has claimed it.
    """

    def __init__(self, table: "Table") -> None:
        self._table = table

    def open(self, file: ExportFile, changed: bool) -> None:
        """Record a file, once, and add it to the open files. With ``changed``, note the period before."""
        # The open files come first: a call that ends here has noted the file, which the next call records.
        request: Any = {"UpdateExpression": "ADD open_periods :periods", "ReturnValues": "ALL_NEW"}
        values = {":periods": {file.period}}
        answer = self._table.update_item(Key=_key(file, of="export"), ExpressionAttributeValues=values, **request)
        last = str(answer["Attributes"].get("last_period", ""))
        item = {**_key(file), "file_status": FileStatus.WRITING.value, "attempt": 0, "claimed_until": 0}
        # A file that is recorded after a later one is complete has all aggregates: the period before it is unknown.
        since = last if changed and last < file.period else ""
        conditionally(
            self._table.put_item,
            Item={**item, "since_period": since},
            ConditionExpression=f"attribute_not_exists({KEY})",
        )

    def opened(self, export: str, partner: str) -> Sequence[ExportFile]:
        """Return the files that are neither fetched nor acknowledged, in the order of their periods."""
        key = _key(ExportFile(export, partner, ""), of="export")
        item: dict[str, Any] = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
        return [ExportFile(export, partner, str(period)) for period in sorted(item.get("open_periods", ()))]

    def get(self, file: ExportFile) -> FileRecord | None:
        """Return the record of a file, or None."""
        item = self._table.get_item(Key=_key(file), ConsistentRead=True).get("Item")
        return _record(file, item) if item else None

    def claim(self, file: ExportFile, status: FileStatus, at: datetime, until: datetime) -> FileRecord | None:
        """Claim a file with a status, until a time; None if another call has it, or it has another status."""
        claimed, item = conditionally(
            self._table.update_item,
            Key=_key(file),
            UpdateExpression="SET claimed_until = :until ADD attempt :one",
            ConditionExpression="file_status = :current AND claimed_until < :at",
            ExpressionAttributeValues={
                ":until": int(until.timestamp()) + 1,
                ":at": int(at.timestamp()),
                ":one": 1,
                ":current": status.value,
            },
            ReturnValues="ALL_NEW",
        )
        return _record(file, item) if claimed else None

    def save(self, record: FileRecord) -> None:
        """Store the progress of a claimed file. Raises Superseded."""
        self._write(record, "SET progress = :progress")

    def prepared(self, record: FileRecord, at: datetime) -> None:
        """Record that a claimed file is complete. Raises Superseded."""
        # The last period comes first: a call that ends here repeats it.
        conditionally(
            self._table.update_item,
            Key=_key(record.file, of="export"),
            UpdateExpression="SET last_period = :period",
            ConditionExpression="attribute_not_exists(last_period) OR last_period < :period",
            ExpressionAttributeValues={":period": record.file.period},
        )
        change = (
            "progress = :progress, file_status = :status, prepared_at = :at, expires_at = :end, claimed_until = :none"
        )
        times = {":none": 0, ":at": at.isoformat(timespec="seconds"), ":end": int((at + RECORDED).timestamp())}
        self._write(record, f"SET {change}", **{":status": FileStatus.PREPARED.value}, **times)

    def release(self, record: FileRecord, reason: str) -> None:
        """End the claim, so that the next call continues at once. Raises Superseded."""
        change = "SET failure = :reason, claimed_until = :none"
        self._claimed(record, change, {":reason": reason, ":none": 0})

    def _write(self, record: FileRecord, change: str, **values: Any) -> None:
        progress = {name: getattr(record, name) for name in _FACTS}
        parts = [[number, tag] for number, tag in record.parts]
        progress |= {"parts": parts, "rows": record.rows, "size": record.size, "sums": dict(record.sums)}
        self._claimed(record, change, {":progress": progress, **values})

    def _claimed(self, record: FileRecord, change: str, values: Mapping[str, Any]) -> None:
        mine, _ = conditionally(
            self._table.update_item,
            Key=_key(record.file),
            UpdateExpression=change,
            ConditionExpression="attempt = :attempt AND file_status = :current",
            ExpressionAttributeValues={
                ":attempt": record.attempt,
                ":current": FileStatus.WRITING.value,
                **values,
            },
        )
        if not mine:
            raise Superseded

    def transferring(self, record: FileRecord, again: datetime | None) -> None:
        """Store the transfer of a claimed file, and end the claim, by default at once. Raises Superseded."""
        facts = {name: getattr(record, name) for name in ("transfer", "sent", "failures", "fetched")}
        facts |= {"failure": record.reason, "claimed_until": int(again.timestamp()) if again else 0}
        change = ", ".join(f"{name} = :{name}" for name in facts)
        values = {f":{name}": value for name, value in facts.items()}
        self._claimed(record, f"SET {change}", {":current": FileStatus.PREPARED.value, **values})

    def closed(self, file: ExportFile) -> None:
        """Remove a file from the open files."""
        self._table.update_item(
            Key=_key(file, of="export"),
            UpdateExpression="DELETE open_periods :periods",
            ExpressionAttributeValues={":periods": {file.period}},
        )

    def fetched(self, file: ExportFile) -> bool:
        """Record that the partner has fetched a file; return whether it is recorded."""
        return self._note(file, "SET fetched = :value", f"attribute_exists({KEY})", {":value": True})

    def acknowledged(self, file: ExportFile, by: str) -> bool:
        """Record that a file is acknowledged; return whether the partner could see it."""
        values = {":by": by, ":prepared": FileStatus.PREPARED.value}
        noted = self._note(file, "SET acknowledged_by = :by", "file_status = :prepared", values)
        if noted:
            self.closed(file)
        return noted

    def _note(self, file: ExportFile, change: str, condition: str, values: Mapping[str, Any]) -> bool:
        request: Any = {"UpdateExpression": change, "ConditionExpression": condition}
        return conditionally(
            self._table.update_item, Key=_key(file), ExpressionAttributeValues=dict(values), **request
        )[0]


def _key(file: ExportFile, of: str = "file") -> dict[str, str]:
    return {KEY: f"{PREFIX}{file.export}#{file.partner}" + (f"#{file.period}" if of == "file" else "")}


def _record(file: ExportFile, item: Mapping[str, Any]) -> FileRecord:
    progress = item.get("progress", {})
    status = FileStatus(item["file_status"])
    by, fetched = str(item.get("acknowledged_by", "")), bool(item.get("fetched"))
    if status is FileStatus.PREPARED:
        status = FileStatus.ACKNOWLEDGED if by else FileStatus.DELIVERED if fetched else status
    return FileRecord(
        file,
        status,
        since=str(item["since_period"]),
        attempt=int(item["attempt"]),
        parts=tuple((int(number), str(tag)) for number, tag in progress.get("parts", ())),
        rows=int(progress.get("rows", 0)),
        size=int(progress.get("size", 0)),
        prepared_at=str(item.get("prepared_at", "")),
        fetched=fetched,
        acknowledged_by=by,
        transfer=str(item.get("transfer", "")),
        sent=bool(item.get("sent")),
        failures=int(item.get("failures", 0)),
        **{name: progress[name] for name in _FACTS if name in progress and name != "reason"},
        reason=str(item.get("failure", "")),
    )


class AggregateItems:
    """The items of all aggregates of a context, by a scan of the table with consistent reads.

    A scan reads the table in the order of the keys' hashes, and an item never moves: each item that exists from the
    beginning of the scan to its end is read exactly once.
    """

    def __init__(self, context: Structure[Any], table: "Table", attributes: Sequence[str]) -> None:
        self._prefix, self._table = context.key_prefix, table
        self._names = {f"#{number}": name for number, name in enumerate(dict.fromkeys((KEY, *attributes)))}

    def pages(self, since: str, after: str) -> Iterator[tuple[Sequence[Mapping[str, Any]], str]]:
        """Yield pages of items that have changed ``since`` a time, after a key; each with the key to continue."""
        condition, values = "begins_with(#0, :prefix)", {":prefix": self._prefix}
        names = dict(self._names)
        if since:
            condition, names["#changed"] = f"{condition} AND #changed >= :since", CHANGED_AT
            values[":since"] = since
        scan: Any = {
            "ConsistentRead": True,
            "FilterExpression": condition,
            "ProjectionExpression": ", ".join(self._names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        while True:
            page = self._table.scan(**scan | ({"ExclusiveStartKey": {KEY: after}} if after else {}))
            after = str(page.get("LastEvaluatedKey", {}).get(KEY, ""))
            yield page["Items"], after
            if not after:
                return


class OutgoingBucket:
    """The files for partners. A multipart upload is visible only as a whole, when it is completed."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def begin(self, key: str) -> str:
        """Begin a multipart upload, and return its id. S3 aborts it after two days by a rule of the bucket."""
        return self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]

    def part(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Upload a part, and return its tag. Raises UploadGone."""
        place: Any = {"Bucket": self._bucket, "Key": key, "UploadId": upload}
        try:
            return self._client.upload_part(**place, PartNumber=number, Body=data)["ETag"]
        except ClientError as error:
            raise _gone(error) from error

    def complete(self, key: str, upload: str, parts: Sequence[tuple[int, str]]) -> None:
        """Make the file from parts, in one step. Raises UploadGone."""
        place: Any = {"Bucket": self._bucket, "Key": key, "UploadId": upload}
        of_parts: Any = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in parts]}
        try:
            self._client.complete_multipart_upload(**place, MultipartUpload=of_parts)
        except ClientError as error:
            raise _gone(error) from error

    def size(self, key: str) -> int | None:
        """Return the size of a file, or None if there is no such file."""
        try:
            return self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _ABSENT:
                raise
            return None

    def write(self, key: str, data: bytes) -> None:
        """Store a small object."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data)


class TransferConnectors:
    """The connectors of Transfer Family to the own servers of partners, each with a connector and a directory."""

    def __init__(self, client: "TransferClient", bucket: str, partners: Mapping[str, tuple[str, str]]) -> None:
        self._client, self._bucket, self.partners = client, bucket, partners

    def send(self, partner: str, key: str) -> str:
        """Start to send an object to a partner's server, and return the id of the transfer."""
        connector, directory = self.partners[partner]
        request: Any = {"RemoteDirectoryPath": directory} if directory else {}
        paths = [f"/{self._bucket}/{key}"]
        return self._client.start_file_transfer(ConnectorId=connector, SendFilePaths=paths, **request)["TransferId"]

    def failure(self, partner: str, transfer: str) -> str | None:
        """Return why a transfer failed, an empty text if it is complete, and None while it is under way.

        A transfer that Transfer does not know has failed: it knows each for seven days (ListFileTransferResults).
        """
        connector, _ = self.partners[partner]
        try:
            answer = self._client.list_file_transfer_results(ConnectorId=connector, TransferId=transfer)
            [result] = answer["FileTransferResults"]
        except (self._client.exceptions.ResourceNotFoundException, ValueError):
            return f"Transfer does not know the transfer {transfer}"
        if result["StatusCode"] == "FAILED":
            return f"{result.get('FailureCode', 'FAILED')}: {result.get('FailureMessage', '')}"
        return "" if result["StatusCode"] == "COMPLETED" else None


def _gone(error: ClientError) -> Exception:
    return UploadGone() if error.response.get("Error", {}).get("Code") in _GONE else error
