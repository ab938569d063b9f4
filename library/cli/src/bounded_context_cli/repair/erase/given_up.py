"""The batches of changes that a reader of the stream could not process, in their bucket."""

from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from .bucket import Bucket
from .person import Person
from .place import OUTSIDE, Place, reported

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

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
