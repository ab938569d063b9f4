"""The inbox bucket, through boto3."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from botocore.exceptions import ClientError

from ..domain import lists
from ..domain.lists import INCOMING, PinnedFile, StoredVersion

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_READS_AT_ONCE: Final = 10
"""The requests for small objects at a time: the connections of a client (botocore's `MAX_POOL_CONNECTIONS`)."""

_SKIPPED_AT_ONCE: Final = 1024 * 1024

_ABSENT = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
_REPLACED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""The errors of a conditional write if another write was first, was at the same time, or removed the object."""


class _Body(RawIOBase):
    """An object's bytes as a raw stream: botocore's own stream is closed as soon as its last byte is read.

    The stream begins after ``skip`` bytes, and has at most ``most`` bytes; None for all.
    """

    def __init__(self, body: "StreamingBody", skip: int = 0, most: int | None = None) -> None:
        self._body = body
        self._remaining = most
        while skip and (data := body.read(min(skip, _SKIPPED_AT_ONCE))):
            skip -= len(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        data = self._body.read(len(buffer) if self._remaining is None else min(len(buffer), self._remaining))
        if self._remaining is not None:
            self._remaining -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


class InboxBucket:
    """The bucket of uploaded files, reports and staged rows."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def versions(self, key: str) -> list[StoredVersion]:
        """Return the versions of an object, newest first: at most 1,000, a page of S3's ListObjectVersions."""
        # S3 lists by key and by age: longer names come later, and the newest version of a name comes first.
        page = self._client.list_object_versions(Bucket=self._bucket, Prefix=key)
        removed = any(marker.get("IsLatest") for marker in page.get("DeleteMarkers", []) if marker.get("Key") == key)
        return [self._version(version, removed) for version in page.get("Versions", []) if version.get("Key") == key]

    def arrived(self) -> Iterator[StoredVersion]:
        """Yield the versions of all files that partners have uploaded, also of removed files."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=f"{INCOMING}/")
        for page in pages:
            for version in page.get("Versions", []):
                yield self._version(version, removed=False)

    def version(self, key: str, version: str) -> StoredVersion | None:
        """Return a version of an object, or None. Whether the object was removed since is not checked."""
        head = _if_present(self._client.head_object, Bucket=self._bucket, Key=key, VersionId=version)
        if head is None:
            return None
        pinned = PinnedFile(self._bucket, key, version, head["ContentLength"])
        return StoredVersion(pinned, _bare(head["ETag"]), head["LastModified"])

    def scan_result(self, pinned: PinnedFile) -> str | None:
        """Return the tag that a malware scan gave to a version, or None if it has no such tag."""
        tagging = self._client.get_object_tagging(Bucket=self._bucket, Key=pinned.key, VersionId=pinned.version_id)
        return next((tag["Value"] for tag in tagging["TagSet"] if tag["Key"] == lists.TAG), None)

    def _version(self, version: Any, removed: bool) -> StoredVersion:
        pinned = PinnedFile(self._bucket, version["Key"], version["VersionId"], version["Size"])
        return StoredVersion(pinned, _bare(version["ETag"]), version["LastModified"], removed)

    def open(self, pinned: PinnedFile, start: int = 0, end: int | None = None) -> BinaryIO:
        """Return one version's bytes as a stream, from the byte ``start`` to the byte before ``end``."""
        # S3's ranges include their last byte (RFC 9110, section 14.1.2).
        part: Any = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        response = self._client.get_object(Bucket=self._bucket, Key=pinned.key, VersionId=pinned.version_id, **part)
        if not part or "ContentRange" in response:
            return cast("BinaryIO", _Body(response["Body"]))
        # A server may ignore the range, and answer with the whole object (RFC 9110, section 14.2).
        return cast("BinaryIO", _Body(response["Body"], start, None if end is None else end - start))

    def stream(self, key: str) -> BinaryIO | None:
        """Return an object's bytes as a stream, or None if it does not exist."""
        answer = _if_present(self._client.get_object, Bucket=self._bucket, Key=key)
        return cast("BinaryIO", _Body(answer["Body"])) if answer else None

    def read(self, key: str) -> bytes | None:
        """Return a small object's bytes, or None if it does not exist."""
        answer = _if_present(self._client.get_object, Bucket=self._bucket, Key=key)
        return answer["Body"].read() if answer else None

    def read_all(self, keys: Sequence[str]) -> Iterator[bytes | None]:
        """Yield the bytes of small objects in the order of their keys, or None for an object that does not exist."""
        with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
            for start in range(0, len(keys), _READS_AT_ONCE):
                yield from pool.map(self.read, keys[start : start + _READS_AT_ONCE])

    def write(self, key: str, data: bytes) -> None:
        """Store an object."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data)

    def tag(self, key: str) -> str | None:
        """Return the tag of an object's newest version, or None if there is no object."""
        head = _if_present(self._client.head_object, Bucket=self._bucket, Key=key)
        return head["ETag"] if head else None

    def replace(self, key: str, data: bytes, tag: str | None) -> bool:
        """Store an object if its newest version still has the tag; return whether it did.

        S3 compares and stores in one step (S3 User Guide, "How to prevent object overwrites with conditional writes").
        """
        condition: Any = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data, **condition)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _REPLACED:
                raise
            return False
        return True


def _bare(etag: str) -> str:
    """Return S3's ETag without its quotes, which Transfer's events do not have."""
    return etag.strip('"')


def _if_present(call: Callable[..., Any], **request: str) -> Any:
    """Return the answer to a request for an object, or None if there is no such object."""
    try:
        return call(**request)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _ABSENT:
            raise
    return None
