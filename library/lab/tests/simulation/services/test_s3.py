"""The simulated S3 is compared with moto. Pages, conflicts and bodies have tests of their own."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from bounded_context_local.testing.plugin import REGION

from . import motos
from .plain_gate import PlainGate
from .s3 import Bucket, SimS3

BUCKET = "compared"
KEYS = ("a", "a/b", "b")
NIGHT = (pytest.mark.e2e, pytest.mark.nightly)

MOTO = (
    "Get of a delete marker's version is answered with NoSuchVersion. S3 answers MethodNotAllowed.",
    "Delete of an object that was never there does nothing. S3 adds a delete marker.",
)
"""Known differences of moto 5.2.5 from S3."""

_KEY = st.sampled_from(KEYS)
_DATA = st.sampled_from((b"", b"1", b"22"))
_MATCH = st.sampled_from((None, "current", '"other"'))
_VERSION = st.none() | st.integers(0, 4)

OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _KEY, _DATA, _MATCH, st.booleans()),
        st.tuples(st.just("get"), _KEY, _VERSION),
        st.tuples(st.just("head"), _KEY, _VERSION),
        st.tuples(st.just("delete"), _KEY),
        st.tuples(st.just("list"), st.sampled_from(("", *KEYS))),
    ),
    min_size=2,
    max_size=12,
)


def _code(error: ClientError) -> tuple[str, int]:
    response: Any = error.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


class Sent:
    """A client, with the ids of the versions that it made. Outcomes contain indexes in place of ids."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        self.versions = list[str]()
        self.etags = dict[str, str]()

    def outcome(self, name: str, *arguments: Any) -> Any:
        """Send a request, and return the comparable part of its answer."""
        try:
            answer = getattr(self, name)(*arguments)
        except ClientError as error:
            return _code(error)
        return self._described(answer)

    def _described(self, answer: Any) -> Any:
        members = ("ETag", "ContentLength", "Size", "DeleteMarker", "IsTruncated", "IsLatest", "Key")
        described = {name: answer[name] for name in members if name in answer}
        if "VersionId" in answer:
            described["version"] = self.versions.index(answer["VersionId"])
        if "Body" in answer:
            described["data"] = answer["Body"].read()
        for name in ("Versions", "DeleteMarkers"):
            described[name] = [self._described(entry) for entry in answer.get(name, ())]
        return described

    def put(self, key: str, data: bytes, match: str | None, absent: bool) -> Any:
        """Put, perhaps with a condition."""
        tag = self.etags.get(key, '"none"') if match == "current" else match
        held = {"IfNoneMatch": "*"} if absent else {} if tag is None else {"IfMatch": tag}
        answer = self.client.put_object(Bucket=self.bucket, Key=key, Body=data, **held)
        self.etags[key] = answer["ETag"]
        return self._made(answer)

    def delete(self, key: str) -> Any:
        """Add a delete marker, unless there was never an object."""
        if key not in self.etags:
            return {}
        return self._made(self.client.delete_object(Bucket=self.bucket, Key=key))

    def _made(self, answer: Any) -> Any:
        if "VersionId" in answer:
            self.versions.append(answer["VersionId"])
        return answer

    def get(self, key: str, version: int | None) -> Any:
        """Get an object, or the version that was made n-th."""
        return self.client.get_object(Bucket=self.bucket, Key=key, **self._version(version))

    def head(self, key: str, version: int | None) -> Any:
        """Get an object's description."""
        return self.client.head_object(Bucket=self.bucket, Key=key, **self._version(version))

    def _version(self, number: int | None) -> dict[str, str]:
        if number is None:
            return {}
        return {"VersionId": self.versions[number] if number < len(self.versions) else "none"}

    def list(self, prefix: str) -> Any:
        """List versions."""
        return self.client.list_object_versions(Bucket=self.bucket, Prefix=prefix)


def _simulated(gate: PlainGate | None = None) -> tuple[SimS3, Bucket]:
    gate = gate or PlainGate()
    bucket = Bucket(BUCKET, gate)
    return SimS3([bucket], gate), bucket


@pytest.fixture(scope="module")
def theirs() -> Iterator[Any]:
    with motos.account():
        yield boto3.client("s3", region_name=REGION)


def _their_bucket(client: Any, number: int | str) -> str:
    name = f"{BUCKET}-{number}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.mark.parametrize("examples", [25, pytest.param(1000, marks=NIGHT)])
def test_s3_answers_as_motos(examples: int, theirs: Any):
    """Random requests have equal answers, errors and listings."""
    numbers = iter(range(1_000_000))

    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=motos.HEALTH)
    @given(OPERATIONS)
    def compared(operations: list[Any]) -> None:
        simulated, other = Sent(_simulated()[0], BUCKET), Sent(theirs, _their_bucket(theirs, next(numbers)))
        for operation in operations:
            ours, moto = simulated.outcome(*operation), other.outcome(*operation)
            marker = operation[0] == "get" and ours == ("MethodNotAllowed", 405)
            assert ours == moto or (marker and moto == ("NoSuchVersion", 404)), operation

    compared()


@pytest.mark.parametrize("bytes_", ["bytes=0-2", "bytes=2-", "bytes=3-99", "bytes=5-6"])
def test_a_range_is_answered_as_by_moto(bytes_: str, theirs: Any):
    """The last byte is included. A range after the end is refused."""
    answers: list[Any] = []
    for client, bucket in ((_simulated()[0], BUCKET), (theirs, _their_bucket(theirs, f"range{bytes_[6:]}end"))):
        client.put_object(Bucket=bucket, Key="a", Body=b"01234")
        try:
            answer = client.get_object(Bucket=bucket, Key="a", Range=bytes_)
            answers.append((answer["Body"].read(), answer["ContentLength"]))
        except ClientError as error:
            answers.append(_code(error))
    assert answers[0] == answers[1]


def test_a_bucket_that_does_not_exist_is_an_error():
    """The code is NoSuchBucket."""
    client, _ = _simulated()
    with pytest.raises(ClientError) as error:
        client.get_object(Bucket="another", Key="a")
    assert _code(error.value) == ("NoSuchBucket", 404)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_have_each_version_once(size: int):
    """The order is by key, then from the newest version to the oldest."""
    client, bucket = _simulated()
    for key in ("b", "a", "b", "a", "a/b"):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    client.delete_object(Bucket=BUCKET, Key="a")
    pages = client.get_paginator("list_object_versions").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": size})
    ids = [
        version["VersionId"]
        for page in pages
        for version in (*page.get("DeleteMarkers", ()), *page.get("Versions", ()))
    ]
    assert ids == [version.id for key in ("a", "a/b", "b") for version in reversed(bucket.versions[key])]


def test_a_conditional_write_conflicts_at_times():
    """S3 answers 409 without an effect. botocore does not repeat the request."""
    gate = PlainGate([True])
    client, bucket = _simulated(gate)
    client.delete_object(Bucket=BUCKET, Key="a")
    with pytest.raises(ClientError) as error:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"1", IfNoneMatch="*")
    assert _code(error.value) == ("ConditionalRequestConflict", 409)
    assert (len(bucket.versions["a"]), len(gate.names)) == (1, 2)


def test_a_conditional_write_without_another_write_does_not_conflict():
    """Neither to a new object nor long after the last write."""
    gate = PlainGate(repeat(True))
    client, bucket = _simulated(gate)
    tag = client.put_object(Bucket=BUCKET, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    gate.seconds += 60
    client.put_object(Bucket=BUCKET, Key="a", Body=b"2", IfMatch=tag)
    assert len(bucket.versions["a"]) == 2


def test_a_body_is_read_in_pieces():
    """The body is a stream."""
    client, _ = _simulated()
    client.put_object(Bucket=BUCKET, Key="a", Body=b"abcde")
    body = client.get_object(Bucket=BUCKET, Key="a")["Body"]
    assert [body.read(2), body.read(2), body.read(2), body.read(2)] == [b"ab", b"cd", b"e", b""]
