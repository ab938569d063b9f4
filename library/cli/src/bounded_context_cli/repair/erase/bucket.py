"""The versions of objects in a bucket."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from botocore.exceptions import ClientError

from bounded_context.adapters.s3 import InboxBucket
from bounded_context.domain.lists import PinnedFile

from ...command.aws_errors import code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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
            found: list[Any] = page.get("Versions", [])
            for one in (one for one in found if not one["Key"].endswith("/")):
                place = (one["Key"], one["VersionId"], one["Size"], one["ETag"])
                yield Version(*place, one["LastModified"], one["IsLatest"])

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
