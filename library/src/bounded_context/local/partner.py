"""What a partner does on this machine: brings lists, and reads the reports on them, in the way that the stack has."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from . import executions
from .arrivals import Sent, Upload
from .aws import Aws

NAME: Final = "demo"

UNFINISHED: Final = ".filepart"
"""How the names of files that are still being written end."""


class Partner(ABC):
    """The partner of a run. It is there before the stack, whose settings let it in."""

    way: ClassVar[str]
    """How its files arrive, in words."""

    stand_ins: ClassVar[Sequence[str]] = ()
    """What a run does itself for a file to arrive as it does on AWS, a sentence each."""

    def __init__(self, aws: Aws) -> None:
        self.name = NAME
        self.outputs: Mapping[str, Any] = {}
        """Those of the stack, once it is deployed."""
        self.uploads: list[Upload] = []
        self.sent: list[Sent] = []
        self._aws = aws

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, object]:
        """The stack settings that let the partner in."""

    @abstractmethod
    def upload(self, name: str, content: bytes) -> Upload:
        """Bring a file, and let its event be sent."""

    @abstractmethod
    def announce_arrived(self, name: str) -> Upload:
        """Let the event be sent of a file that has arrived by other hands."""

    @abstractmethod
    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return what the event of an upload says of it, as far as the rule and the workflow look at it."""

    @abstractmethod
    def report(self, name: str) -> str:
        """Return the report on a file. Raises LocalRunError if there is none."""

    @abstractmethod
    def report_path(self, name: str) -> str:
        """Return where the partner finds the report on a file."""

    @abstractmethod
    def way_in(self, folder: Path) -> str:
        """Return the command by which a person uploads files to a kept run; what it needs is put into the folder."""

    def inbox(self) -> dict[str, str]:
        """Return the files in the partner's folder: by name, what tells one state of a file from another."""
        bucket, prefix = self._place("")
        found = self._aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix)
        return {
            one["Key"].removeprefix(prefix): f"{one['ETag']} {one['LastModified']}" for one in found.get("Contents", [])
        }

    def arrived(self, name: str) -> bytes:
        """Return the bytes of a file in the partner's folder."""
        bucket, key = self._place(name)
        return self._aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()

    def executions_of(self, path: str) -> list[str]:
        """Return the executions that uploads to a path have started."""
        return executions.of_path(self._aws, self.outputs["state_machine"], path)

    def _place(self, name: str) -> tuple[str, str]:
        """Return the bucket and the key of a file."""
        return self.outputs["inbox_bucket"], f"incoming/{self.name}/{name}"
