"""The partner of a local run: uploads lists and reads their reports, by SFTP or bucket as the stack is configured."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .. import executions
from ..emulator.aws import Aws
from ..uploads import Sent, Upload

if TYPE_CHECKING:
    from ..stand_ins.malware import Scanner

NAME: Final = "demo"

UNFINISHED: Final = ".filepart"
"""Suffix of files whose upload is in progress."""


class Partner(ABC):
    """The partner of a run. It is created before the stack, because the stack's settings authorize it."""

    transport: ClassVar[str]
    """The way of an upload, for messages, such as "over SFTP"."""

    stand_ins: ClassVar[Sequence[str]] = ()
    """Actions of the run that replace AWS during an upload, a sentence each."""

    def __init__(self, aws: Aws) -> None:
        self.name = NAME
        self.outputs: Mapping[str, Any] = {}
        """The stack's outputs, set after the deployment."""
        self.uploads: list[Upload] = []
        self.sent: list[Sent] = []
        self.scanner: Scanner | None = None
        """The stand-in that scans uploads, for a stack with the malware gate."""
        self._aws = aws

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The stack settings that authorize the partner."""

    @abstractmethod
    def upload(self, name: str, content: bytes) -> Upload:
        """Upload a file, and cause its upload event."""

    @abstractmethod
    def announce_arrived(self, name: str) -> Upload:
        """Record a file that another client has uploaded, and send its event unless S3 does."""

    @abstractmethod
    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return the detail of an upload event, with the fields that the rule and the workflow use."""

    @abstractmethod
    def report(self, name: str) -> str:
        """Return the report on a file. Raises LocalRunError if the report is missing."""

    @abstractmethod
    def report_path(self, name: str) -> str:
        """Return the location of the report on a file."""

    @abstractmethod
    def upload_command(self, folder: Path) -> str:
        """Return a shell command that uploads files to a kept run. Write its key, if it needs one, into the folder."""

    def scan(self, uploaded: Upload) -> None:
        """Let the stand-in scan an upload, if the stack has the malware gate."""
        if self.scanner:
            self.sent.append(self.scanner.scan(uploaded.path))

    def inbox(self) -> dict[str, str]:
        """Return the files in the partner's folder, by name, each with a fingerprint of its current state."""
        bucket, prefix = self._place("")
        found = self._aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix)
        return {
            entry["Key"].removeprefix(prefix): f"{entry['ETag']} {entry['LastModified']}"
            for entry in found.get("Contents", [])
        }

    def arrived(self, name: str) -> bytes:
        """Return the content of a file in the partner's folder."""
        bucket, key = self._place(name)
        return self._aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()

    def executions_of(self, path: str) -> list[str]:
        """Return the ARNs of the executions that uploads to a path have started."""
        return executions.of_path(self._aws, self.outputs["state_machine"], path)

    def _place(self, name: str) -> tuple[str, str]:
        """Return the bucket and the key of a file."""
        return self.outputs["inbox_bucket"], f"incoming/{self.name}/{name}"
