"""Files in the inbox bucket."""

from typing import Any

import pytest

from bounded_context.adapters.s3 import InboxBucket
from bounded_context.application.reading import records
from bounded_context.testing.plugin import BUCKET


@pytest.fixture
def files(bucket: Any) -> InboxBucket:
    return InboxBucket(bucket, BUCKET)


def test_a_pinned_file_stays_what_it_was(files: InboxBucket):
    """A new version of the object changes nothing for who pinned the old one."""
    files.write("incoming/acme/x.csv", b"a\n1\n")
    pinned = files.pin("incoming/acme/x.csv")
    files.write("incoming/acme/x.csv", b"b\n")
    assert pinned is not None
    assert pinned.size == 4
    with files.open(pinned) as stream:
        assert [cells for _, cells in records(stream)] == [["a"], ["1"]]


def test_a_named_version_is_pinned(files: InboxBucket):
    """An event that names a version means that one, whatever came after it."""
    key = "incoming/acme/x.csv"
    files.write(key, b"first")
    first = files.pin(key)
    files.write(key, b"second one")
    assert first is not None
    assert files.pin(key, first.version_id) == first


def test_what_is_not_there_is_none(files: InboxBucket):
    """A missing object is no error: the caller decides."""
    assert files.pin("incoming/acme/nothing.csv") is None
    assert files.read("reports/acme/nothing") is None


def test_what_is_written_is_read(files: InboxBucket):
    """Bytes come back as they were."""
    files.write("staging/l/part-00000", b"\x00\xff")
    assert files.read("staging/l/part-00000") == b"\x00\xff"
