"""Files in the inbox bucket."""

from collections.abc import Iterator
from hashlib import md5
from io import BytesIO
from typing import Any, cast

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bounded_context.adapters.s3 import InboxBucket
from bounded_context.application.reading import FileSource
from bounded_context.testing.functions import BUCKET


@pytest.fixture
def files(bucket: Any) -> InboxBucket:
    return InboxBucket(bucket, BUCKET)


KEY = "incoming/acme/x.csv"
_LISTED = """<ListVersionsResult><EncodingType>url</EncodingType><Version><Key>incoming/acme/ja%0D%0Anu+ary.csv</Key>
<VersionId>v1</VersionId><ETag>&quot;e&quot;</ETag><Size>3</Size><LastModified>2026-01-31T14:51:56.000Z</LastModified>
</Version></ListVersionsResult>"""


class _Raw(BytesIO):
    """A body as urllib3 streams it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


def test_a_pinned_version_does_not_change(files: InboxBucket):
    """A new version of the object changes nothing for who knows the old one."""
    files.write(KEY, b"a\n1\n")
    [stored] = files.versions(KEY)
    files.write(KEY, b"b\n")
    assert stored.file.size == 4
    with files.open(stored.file) as stream:
        assert [record.cells for record in FileSource(stream).records()] == [["a"], ["1"]]


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(0, None, b"012345"), (0, 2, b"01"), (2, 4, b"23"), (4, None, b"45"), (4, 99, b"45")]
)
def test_a_range_of_a_version_is_read(files: InboxBucket, start: int, end: int | None, expected: bytes):
    """From a byte to the byte before the end, of the pinned version."""
    files.write(KEY, b"012345")
    [stored] = files.versions(KEY)
    files.write(KEY, b"other!")
    with files.open(stored.file, start, end) as stream:
        assert stream.read() == expected


@pytest.mark.parametrize(("start", "end", "expected"), [(0, 2, b"01"), (2, 4, b"23"), (4, None, b"45"), (4, 99, b"45")])
def test_a_range_is_read_from_a_server_that_ignores_ranges(
    bucket: Any, files: InboxBucket, start: int, end: int | None, expected: bytes
):
    """The emulator answers the request for a version with the whole object."""
    files.write(KEY, b"012345")
    [stored] = files.versions(KEY)
    whole = _WithoutRanges(bucket)
    with InboxBucket(cast("Any", whole), BUCKET).open(stored.file, start, end) as stream:
        assert stream.read() == expected


class _WithoutRanges:
    """S3 without ranges."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get_object(self, **parameters: Any) -> Any:
        parameters.pop("Range")
        return self._client.get_object(**parameters)


def test_an_object_is_read_as_a_stream(files: InboxBucket):
    """Its newest version; an object that does not exist has none."""
    files.write("staging/x", b"01")
    files.write("staging/x", b"0123")
    stream = files.stream("staging/x")
    assert stream is not None
    with stream:
        assert (stream.read(3), stream.read()) == (b"012", b"3")
    assert files.stream("staging/y") is None


def test_versions_differ_by_size_and_tag(files: InboxBucket):
    """Newest first, with the tag as Transfer's events write it."""
    for data in (b"first", b"second one"):
        files.write(KEY, data)
    versions = [(version.file.size, version.etag, version.removed) for version in files.versions(KEY)]
    assert versions == [
        (len(data), md5(data, usedforsecurity=False).hexdigest(), False) for data in (b"second one", b"first")
    ]


@pytest.mark.parametrize("key", [KEY, "incoming/acme/a+b & <c> %0A.csv"])
def test_versions_belong_to_one_name_only(files: InboxBucket, key: str):
    """A name may hold anything, and may be the beginning of another."""
    for name in (key, f"{key}.2"):
        files.write(name, name.encode())
    [stored] = files.versions(key)
    assert (stored.file.key, stored.file.size) == (key, len(key.encode()))


def test_a_name_with_a_line_end_is_listed(files: InboxBucket, bucket: Any):
    """S3 writes names into XML, which turns some signs into others, unless it is asked to encode them."""
    key, urls = "incoming/acme/ja\r\nnu ary.csv", list[str]()

    def answer(request: Any, **_: Any) -> AWSResponse:
        urls.append(request.url)
        return AWSResponse(request.url, 200, HTTPHeaders(), cast("Any", _Raw(_LISTED.encode())))

    bucket.meta.events.register("before-send.s3.ListObjectVersions", answer)
    [stored] = files.versions(key)
    assert (stored.file.key, stored.file.version_id) == (key, "v1")
    assert "prefix=incoming%2Facme%2Fja%0D%0Anu%20ary.csv" in urls[0]


def test_a_removed_file_is_listed_with_its_versions(files: InboxBucket, bucket: Any):
    """The partner may have withdrawn it."""
    files.write(KEY, b"first")
    bucket.delete_object(Bucket=BUCKET, Key=KEY)
    assert [version.removed for version in files.versions(KEY)] == [True]
    files.write(KEY, b"second")
    assert [version.removed for version in files.versions(KEY)] == [False, False]


def test_a_named_version_is_read(files: InboxBucket):
    """An event that names a version means that one, whatever came after it."""
    files.write(KEY, b"first")
    [first] = files.versions(KEY)
    files.write(KEY, b"second one")
    named = files.version(KEY, first.file.version_id)
    assert named is not None
    assert (named.file, named.etag) == (first.file, first.etag)


def test_a_missing_file_is_none(files: InboxBucket):
    """A missing object is no error: the caller decides."""
    assert files.versions("incoming/acme/nothing.csv") == []
    assert files.version("incoming/acme/nothing.csv", "1") is None
    assert files.read("reports/acme/nothing") is None


def test_a_written_file_is_read_unchanged(files: InboxBucket):
    """Bytes come back as they were."""
    files.write("staging/l/part-00000", b"\x00\xff")
    assert files.read("staging/l/part-00000") == b"\x00\xff"
