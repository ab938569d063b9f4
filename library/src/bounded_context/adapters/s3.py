"""The inbox bucket, through boto3."""

from io import RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from ..domain.lists import PinnedFile

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_ABSENT = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}


class _Body(RawIOBase):
    """An object's bytes as a raw stream: botocore's own says it is closed as soon as its last byte is read."""

    def __init__(self, body: "StreamingBody") -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


class InboxBucket:
    """Files and what the steps make of them."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def pin(self, key: str, version: str | None = None) -> PinnedFile | None:
        """Return a version of an object, the newest if none is named, or None if there is none."""
        named: Any = {"VersionId": version} if version else {}
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, **named)
        except ClientError as error:
            return _none_if_absent(error)
        return PinnedFile(self._bucket, key, head["VersionId"], head["ContentLength"])

    def open(self, pinned: PinnedFile) -> BinaryIO:
        """Return one version's bytes as a stream."""
        found = self._client.get_object(Bucket=self._bucket, Key=pinned.key, VersionId=pinned.version_id)
        return cast("BinaryIO", _Body(found["Body"]))

    def read(self, key: str) -> bytes | None:
        """Return a small object's bytes, or None if there is none."""
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            return _none_if_absent(error)

    def write(self, key: str, data: bytes) -> None:
        """Store an object."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data)


def _none_if_absent(error: ClientError) -> None:
    if error.response.get("Error", {}).get("Code") not in _ABSENT:
        raise error
