"""S3: versioned buckets, and botocore's client for them."""

# Parameters have botocore's names.
# ruff: noqa: N803

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import md5
from io import BytesIO
from typing import Any, Final

from botocore.response import StreamingBody

from .client_errors import answered, faults, refused
from .gate import Gate
from .metadata import Meta
from .retries import retried

Answer = dict[str, Any]

_CONFLICTING: Final = 0.2
"""The share of contended conditional writes that S3 answers with status 409 (user guide, "Conditional requests")."""

CONTENDED_SECONDS: Final = 10.0
"""How long a write to an object makes the next conditional write contended."""

_PAGE: Final = 1000
"""Versions of a page (AWS limit)."""

_MOST_KEY_BYTES: Final = 1024
"""Bytes of a key (user guide, "Naming Amazon S3 objects")."""

_OPERATIONS: Final = ("PutObject", "GetObject", "HeadObject", "DeleteObject", "ListObjectVersions")
_FAULTS: Final = {name: faults(name, "SlowDown", status=503, failure="InternalError") for name in _OPERATIONS}


@dataclass(frozen=True)
class Version:
    """A version of an object. ``data`` is None for a delete marker."""

    key: str
    id: str
    data: bytes | None
    modified: datetime
    etag: str = field(default="")

    @property
    def described(self) -> Answer:
        """Return the members that answers about an object have."""
        return {
            "VersionId": self.id,
            "ETag": self.etag,
            "LastModified": self.modified,
            "ContentLength": len(self.data or b""),
        }


class Bucket:
    """A versioned bucket. ``versions`` has the versions of each key, oldest first; it is for reading only."""

    def __init__(self, name: str, gate: Gate) -> None:
        self.name = name
        self.gate = gate
        self.versions = dict[str, list[Version]]()
        self._written = 0

    def store(self, key: str, data: bytes | None) -> Version:
        """Add a version, or a delete marker."""
        self._written += 1
        etag = "" if data is None else f'"{md5(data, usedforsecurity=False).hexdigest()}"'
        modified = datetime.fromtimestamp(int(self.gate.now()), UTC)
        version = Version(key, f"version-{self._written:06d}", data, modified, etag)
        self.versions.setdefault(key, []).append(version)
        return version

    def current(self, key: str) -> Version | None:
        """Return the newest version of an object. Return None for an absent or deleted object."""
        newest = self.versions.get(key, [None])[-1]
        return newest if newest is not None and newest.data is not None else None

    def contended(self, key: str) -> bool:
        """Return whether the object was written a moment ago."""
        newest = self.versions.get(key, [None])[-1]
        return newest is not None and self.gate.now() - newest.modified.timestamp() <= CONTENDED_SECONDS

    def version(self, key: str, version: str) -> Version | None:
        """Return one version of an object, or None."""
        return next((stored for stored in self.versions.get(key, ()) if stored.id == version), None)


class SimS3:
    """A client of buckets, which exist from the start."""

    def __init__(self, buckets: Sequence[Bucket], gate: Gate) -> None:
        self._buckets = {bucket.name: bucket for bucket in buckets}
        self._gate = gate
        self.meta = Meta()

    def put_object(
        self, *, Bucket: str, Key: str, Body: Any = b"", IfMatch: str | None = None, IfNoneMatch: str | None = None
    ) -> Answer:
        """Send PutObject. The conditions are the current ETag, or an absent object (``IfNoneMatch="*"``)."""
        data = Body.encode() if isinstance(Body, str) else bytes(Body if isinstance(Body, bytes) else Body.read())
        return self._send("PutObject", Bucket, Key, lambda bucket: _put(bucket, Key, data, IfMatch, IfNoneMatch))

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None, Range: str = "") -> Answer:
        """Send GetObject. The body is a stream of botocore. ``Range`` is the first and the last byte."""
        answer = self._send("GetObject", Bucket, Key, lambda bucket: _got(bucket, Key, VersionId, Range))
        return {**answer, "Body": StreamingBody(BytesIO(answer["Body"]), len(answer["Body"]))}

    def head_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> Answer:
        """Send HeadObject, whose errors have no code but their status."""
        return self._send("HeadObject", Bucket, Key, lambda bucket: _head(bucket, Key, VersionId))

    def delete_object(self, *, Bucket: str, Key: str) -> Answer:
        """Send DeleteObject, which adds a delete marker."""
        return self._send("DeleteObject", Bucket, Key, lambda bucket: _deleted(bucket, Key))

    def list_object_versions(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        MaxKeys: int = _PAGE,
        KeyMarker: str = "",
        VersionIdMarker: str = "",
    ) -> Answer:
        """Send ListObjectVersions: by key, the newest first."""
        after = (KeyMarker, VersionIdMarker)
        return self._send(
            "ListObjectVersions", Bucket, Prefix, lambda bucket: _listed(bucket, Prefix, min(MaxKeys, _PAGE), after)
        )

    def get_paginator(self, operation: str) -> "VersionPages":
        """Return the paginator of ``list_object_versions``."""
        if operation != "list_object_versions":
            raise NotImplementedError(operation)
        return VersionPages(self)

    def _send(self, operation: str, bucket: str, key: str, effect: Any) -> Answer:
        applied = partial(self._applied, operation, bucket, effect)
        answer = retried(self._gate, f"s3.{operation} {key}", applied, _FAULTS[operation])
        return {**answer, "ResponseMetadata": answered(200)}

    def _applied(self, operation: str, name: str, effect: Any) -> Answer:
        bucket = self._buckets.get(name)
        if bucket is None:
            raise refused(operation, "NoSuchBucket", "The specified bucket does not exist", 404)
        return effect(bucket)


class VersionPages:
    """The paginator of ListObjectVersions."""

    def __init__(self, client: SimS3) -> None:
        self._client = client

    def paginate(self, *, PaginationConfig: Mapping[str, int] | None = None, **request: Any) -> Iterator[Answer]:
        """Yield the pages."""
        size, markers = (PaginationConfig or {}).get("PageSize", _PAGE), dict[str, str]()
        while True:
            page = self._client.list_object_versions(**request, **markers, MaxKeys=size)
            yield page
            if not page["IsTruncated"]:
                return
            markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def _put(bucket: Bucket, key: str, data: bytes, match: str | None, none_match: str | None) -> Answer:
    if len(key.encode()) > _MOST_KEY_BYTES:
        raise refused("PutObject", "KeyTooLongError", "Your key is too long", 400)
    current = bucket.current(key)
    if (match or none_match) and bucket.contended(key) and bucket.gate.chance(_CONFLICTING):
        raise refused("PutObject", "ConditionalRequestConflict", "The conditional request cannot succeed", 409)
    if match is not None and current is None:
        raise refused("PutObject", "NoSuchKey", "The specified key does not exist.", 404)
    wrong = match is not None and current is not None and match.strip('"') != current.etag.strip('"')
    if wrong or (none_match == "*" and current is not None):
        raise refused("PutObject", "PreconditionFailed", "At least one of the pre-conditions did not hold", 412)
    version = bucket.store(key, data)
    return {"ETag": version.etag, "VersionId": version.id}


def _got(bucket: Bucket, key: str, version: str | None, bytes_: str) -> Answer:
    stored = bucket.current(key) if version is None else bucket.version(key, version)
    if stored is None:
        code = "NoSuchKey" if version is None else "NoSuchVersion"
        raise refused("GetObject", code, "The specified key or version does not exist.", 404)
    if stored.data is None:
        raise refused("GetObject", "MethodNotAllowed", "The specified version is a delete marker", 405)
    part = _part(stored.data, bytes_) if bytes_ else {"ContentLength": len(stored.data), "Body": stored.data}
    return {**stored.described, **part}


def _part(data: bytes, bytes_: str) -> Answer:
    """Return a range (RFC 9110, section 14.1.2). S3 refuses a range that begins after the last byte."""
    first, _, last = bytes_.removeprefix("bytes=").partition("-")
    if data and int(first) >= len(data):
        raise refused("GetObject", "InvalidRange", "The requested range is not satisfiable", 416)
    body = data[int(first) : int(last) + 1 if last else None]
    place = f"bytes {first}-{int(first) + len(body) - 1}/{len(data)}"
    return {"ContentLength": len(body), "ContentRange": place, "Body": body}


def _head(bucket: Bucket, key: str, version: str | None) -> Answer:
    stored = bucket.current(key) if version is None else bucket.version(key, version)
    if stored is None:
        raise refused("HeadObject", "404", "Not Found", 404)
    if stored.data is None:
        raise refused("HeadObject", "405", "Method Not Allowed", 405)
    return stored.described


def _deleted(bucket: Bucket, key: str) -> Answer:
    return {"DeleteMarker": True, "VersionId": bucket.store(key, None).id}


def _listed(bucket: Bucket, prefix: str, most: int, after: tuple[str, str]) -> Answer:
    keys = sorted(key for key in bucket.versions if key.startswith(prefix))
    everything = [version for key in keys for version in reversed(bucket.versions[key])]
    start = next((at + 1 for at, version in enumerate(everything) if (version.key, version.id) == after), 0)
    page = everything[start : start + most]
    truncated = start + most < len(everything)
    last = {"NextKeyMarker": page[-1].key, "NextVersionIdMarker": page[-1].id} if truncated else {}
    versions = [_described(bucket, version) for version in page if version.data is not None]
    markers = [_described(bucket, version) for version in page if version.data is None]
    # As botocore parses it, an answer has no empty list.
    listed = {name: entries for name, entries in (("Versions", versions), ("DeleteMarkers", markers)) if entries}
    return {"IsTruncated": truncated, **last, **listed}


def _described(bucket: Bucket, version: Version) -> Answer:
    latest = bucket.versions[version.key][-1] is version
    common = {"Key": version.key, "VersionId": version.id, "IsLatest": latest, "LastModified": version.modified}
    if version.data is None:
        return common
    return {**common, "ETag": version.etag, "Size": len(version.data)}
