"""The sweep of the inbox for uploads of which no list is recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounded_context import aws
from bounded_context.domain.lists import StoredVersion
from bounded_context.handlers.sweep_uploads import MOST, lambda_handler
from bounded_context.testing import InMemoryFiles, InMemoryLists
from tests.emf import totals
from tests.handlers.conftest import LambdaContext

UNSEEN = ("UploadsUnseen",)
KEY = "incoming/acme/ja\u00f1uary.csv"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> InMemoryFiles:
    """An inbox and records of lists, in memory."""
    files, lists = InMemoryFiles(), InMemoryLists()
    monkeypatch.setattr(aws, "files", lambda: files)
    monkeypatch.setattr(aws, "lists", lambda: lists)
    variables = {"table_name": "t", "inbox_bucket": "b", "temporary_names": '[".part"]'}
    for name, value in variables.items():
        monkeypatch.setenv(name.upper(), value)
    return files


def _later(hours: int = 1) -> dict[str, str]:
    """The event of a schedule, some hours from now."""
    at = datetime.now(UTC) + timedelta(hours=hours)
    return {"time": at.isoformat().replace("+00:00", "Z")}


@pytest.mark.parametrize("files", [0, 2])
def test_unseen_uploads_are_counted(
    files: int, inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """A count of 0 is written too, so that the alarm ends."""
    for number in range(files):
        inbox.write(f"{KEY}-{number}", b"rows")
    assert lambda_handler(_later(), context) == {"uploads": files}
    assert totals(capsys.readouterr().out) == {UNSEEN: files}


def test_a_sweep_that_fails_writes_no_count(
    inbox: InMemoryFiles, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Also if it fails after it found some: half of a count would look like a whole one."""
    inbox.write(KEY, b"rows")
    uploads = list(inbox.arrived())

    def broken() -> Iterator[StoredVersion]:
        yield from uploads
        raise TimeoutError

    monkeypatch.setattr(inbox, "arrived", broken)
    with pytest.raises(TimeoutError):
        lambda_handler(_later(), context)
    assert UNSEEN not in totals(capsys.readouterr().out)


def test_a_person_gets_the_start_of_each_upload(
    inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """Bucket, key and version; the size tells whether it is whole. A question changes no metric."""
    inbox.write(KEY, b"rows")
    inbox.write(f"{KEY}.part", b"")
    assert lambda_handler({"unseen": {}}, context) == {"unseen": [], "more": 0}
    [upload] = lambda_handler({"unseen": {"seconds": 0}}, context)["unseen"]
    stored = upload.pop("stored")
    assert datetime.now(UTC) - datetime.fromisoformat(stored) < timedelta(minutes=1)
    assert upload == {"bucket": "inbox", "key": KEY, "version": "1", "size": 4}
    assert not totals(capsys.readouterr().out)


def test_a_person_gets_the_oldest_of_very_many(
    inbox: InMemoryFiles, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Their partners wait longest."""
    inbox.write(KEY, b"rows")
    [version] = inbox.arrived()
    monkeypatch.setattr(inbox, "arrived", lambda: _aged(version, MOST + 2))
    answer: dict[str, Any] = lambda_handler({"unseen": {"seconds": 0}}, context)
    uploads: list[Any] = answer["unseen"]
    assert (len(uploads), answer["more"]) == (MOST, 2)
    assert uploads == sorted(uploads, key=lambda upload: upload["stored"])
    assert uploads[0]["version"] == f"{MOST + 1}"
    after = {name: uploads[-1][name] for name in ("stored", "key", "version")}
    rest: dict[str, Any] = lambda_handler({"unseen": {"seconds": 0, "after": after}}, context)
    assert ([upload["version"] for upload in rest["unseen"]], rest["more"]) == (["1", "0"], 0)


def test_simultaneous_uploads_are_each_in_one_answer(
    inbox: InMemoryFiles, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """S3 counts whole seconds."""
    monkeypatch.setattr("bounded_context.handlers.sweep_uploads.MOST", 1)
    for number in (2, 1, 3):
        inbox.write(f"incoming/acme/{number}.csv", b"rows")
    [first] = {version.modified for version in list(inbox.arrived())[:1]}
    same = [StoredVersion(version.file, version.etag, first) for version in inbox.arrived()]
    monkeypatch.setattr(inbox, "arrived", lambda: iter(same))
    keys, after = list[str](), {}
    for _ in range(3):
        [upload] = lambda_handler({"unseen": {"seconds": 0, **after}}, context)["unseen"]
        keys.append(upload["key"])
        after = {"after": upload}
    assert keys == [f"incoming/acme/{number}.csv" for number in (1, 2, 3)]


def _aged(version: StoredVersion, number: int) -> Iterator[StoredVersion]:
    """Versions, each a second older than the one before."""
    for age in range(number):
        file = version.file.__class__(version.file.bucket, version.file.key, str(age), version.file.size)
        yield StoredVersion(file, version.etag, version.modified - timedelta(seconds=age))
