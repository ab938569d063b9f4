"""The partner of a local run, who uploads lists and reads reports by SFTP or in the bucket.

The emulator's SFTP server sends no events, and only AWS may use the source `aws.transfer`. The stack's setting
`upload_event_source` therefore defines a source for the rule and for this module.
"""

import asyncio
import json
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

import asyncssh
from botocore.exceptions import ClientError

from bounded_context.domain.exports import OUTGOING, control_key
from bounded_context_cli.command.output import LocalRunError

from .. import stack_state
from ..emulator.aws import Aws
from ..emulator.process import HOST
from ..stack_state import Sent, Upload

if TYPE_CHECKING:
    from ..stand_ins import Scanner

NAME: Final = "demo"
"""The run's partner, unless `context run --partner` names another."""

UNFINISHED: Final = ".filepart"
"""Suffix of files whose upload is in progress."""


class Partner:
    """The partner of a run, who puts files into the bucket. The emulator's S3 sends the upload events, as on AWS.

    It is created before the stack, because the stack's settings authorize it.
    """

    transport: ClassVar[str] = "into the bucket"
    """The way of an upload, for messages, such as "over SFTP"."""

    stand_ins: ClassVar[Sequence[str]] = ()
    """Actions of the run that replace AWS during an upload, a sentence each."""

    def __init__(self, aws: Aws, name: str = NAME) -> None:
        self.name = name
        self.outputs: Mapping[str, Any] = {}
        """The stack's outputs, set after the deployment."""
        self.uploads: list[Upload] = []
        self.sent: list[Sent] = []
        self.scanner: Scanner | None = None
        """The stand-in that scans uploads, for a stack with the malware gate."""
        self._aws = aws

    def authorized(self, partners: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the settings of the run that authorize it to upload as each partner of the stack.

        They are none, because permission to write to the bucket suffices.
        """
        return {}

    def named(self, name: str) -> Self:
        """Return another partner of the stack, who shares the uploads of the run."""
        other = copy(self)
        other.name = name
        return other

    def upload(self, name: str, content: bytes) -> Upload:
        """Put a file into the partner's folder. S3 sends the event."""
        bucket, key = self._place(name)
        self._aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)
        return self.announce_arrived(name)

    def announce_arrived(self, name: str) -> Upload:
        """Record a file that another client has uploaded, and whose event S3 has sent."""
        bucket, key = self._place(name)
        head = self._aws.call("s3", "head_object", Bucket=bucket, Key=key)
        path, arrived = f"/{bucket}/{key}", time.time()
        # The new execution may already have started. Each earlier upload has started an execution.
        earlier = sum(1 for upload in self.uploads if upload.path == path)
        uploaded = Upload(path, head["ContentLength"], arrived, self.executions_of(path)[:earlier])
        self.uploads.append(uploaded)
        self.sent.append(Sent(arrived, "aws.s3", "Object Created", self.detail_of(uploaded)))
        self.scan(uploaded)
        return uploaded

    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return the detail of S3's event, with the fields that the rule and the workflow use."""
        bucket, key = uploaded.path.removeprefix("/").split("/", 1)
        version = self._aws.call("s3", "head_object", Bucket=bucket, Key=key)["VersionId"]
        return {"bucket": {"name": bucket}, "object": {"key": key, "size": uploaded.size, "version-id": version}}

    def report(self, name: str) -> str:
        """Return the report on a file. Raises LocalRunError if the report is missing."""
        key = self.report_path(name)
        try:
            response = self._aws.call("s3", "get_object", Bucket=self.outputs["inbox_bucket"], Key=key)
        except ClientError as error:
            raise LocalRunError(f"{key} cannot be read: {error}") from error
        return response["Body"].read().decode()

    def report_path(self, name: str) -> str:
        """Return the report's key in the bucket."""
        return f"reports/{self.name}/{name}.report.csv"

    def outgoing(self) -> list[str]:
        """Return the names of the exported files for the partner, in the order of their names."""
        prefix = f"{OUTGOING}/{self.name}/"
        page = self._aws.call("s3", "list_objects_v2", Bucket=self.outputs["inbox_bucket"], Prefix=prefix)
        names = (entry["Key"].removeprefix(prefix) for entry in page.get("Contents", []) if entry["Size"])
        return sorted(name for name in names if name != control_key("") and not name.endswith(control_key("")))

    def fetch(self, name: str) -> bytes:
        """Return the content of an exported file."""
        key = f"{OUTGOING}/{self.name}/{name}"
        return self._aws.call("s3", "get_object", Bucket=self.outputs["inbox_bucket"], Key=key)["Body"].read()

    def upload_command(self, folder: Path) -> str:  # noqa: ARG002
        """Return a shell command that uploads files to a kept run. The AWS CLI needs only the printed environment."""
        bucket, place = self._place("")
        return f"aws s3 cp my.csv s3://{bucket}/{place}"

    def scan(self, uploaded: Upload) -> None:
        """Let the stand-in scan an upload, if the stack has the malware gate."""
        if self.scanner:
            self.sent.append(self.scanner.scan(uploaded.path))

    def inbox(self) -> dict[str, str]:
        """Return the files in the partner's folder, by name, each with a fingerprint of its current state."""
        bucket, prefix = self._place("")
        page = self._aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix)
        return {
            entry["Key"].removeprefix(prefix): f"{entry['ETag']} {entry['LastModified']}"
            for entry in page.get("Contents", [])
        }

    def arrived(self, name: str) -> bytes:
        """Return the content of a file in the partner's folder."""
        bucket, key = self._place(name)
        return self._aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()

    def executions_of(self, path: str) -> list[str]:
        """Return the ARNs of the executions that uploads to a path have started."""
        return stack_state.of_path(self._aws, self.outputs["state_machine"], path)

    def _place(self, name: str) -> tuple[str, str]:
        """Return the bucket and the key of a file."""
        return self.outputs["inbox_bucket"], f"incoming/{self.name}/{name}"


T = TypeVar("T")
INCOMING = "/incoming"
REPORTS = "/reports"


@dataclass(frozen=True)
class Login:
    """The name and the private key of an SFTP user."""

    name: str
    key: asyncssh.SSHKey

    @classmethod
    def with_new_key(cls, name: str) -> "Login":
        """Return a login with a new key pair."""
        return cls(name, asyncssh.generate_private_key("ssh-ed25519", comment=name))

    @property
    def public_key(self) -> str:
        """The public key on one line, in the form that Transfer accepts."""
        return self.key.export_public_key().decode().strip()

    def save_key(self, folder: Path) -> Path:
        """Write the private key into the folder, with the mode 0600 that `ssh` requires, and return its path."""
        path = folder / f"{self.name}.key"
        path.touch(mode=0o600)
        path.write_bytes(self.key.export_private_key())
        return path


@dataclass(frozen=True)
class SftpEndpoint:
    """The address of the SFTP server, and a partner's calls to it."""

    host: str
    port: int

    def write(self, login: Login, path: str, content: bytes) -> None:
        """Upload a file."""
        self._run(login, lambda client: _write(client, path, content))

    def read(self, login: Login, path: str) -> bytes:
        """Download a file."""
        return self._run(login, lambda client: _read(client, path))

    def rename(self, login: Login, path: str, new_path: str) -> None:
        """Rename a file, as clients do after an upload under a temporary name."""
        self._run(login, lambda client: client.rename(path, new_path))

    def _run(self, login: Login, action: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        async def session() -> T:
            # The host key is new with each emulator, so it cannot be verified. The user's agent and config are ignored.
            async with (
                asyncssh.connect(
                    self.host,
                    self.port,
                    username=login.name,
                    client_keys=[login.key],
                    known_hosts=None,
                    agent_path=None,
                    config=None,
                ) as connection,
                connection.start_sftp_client() as client,
            ):
                return await action(client)

        # asyncssh requires a name of the local user; a user id of a container has none.
        os.environ["LOGNAME"] = os.environ.get("LOGNAME") or login.name
        try:
            return asyncio.run(session())
        except (OSError, asyncssh.Error) as error:
            raise LocalRunError(f"SFTP as {login.name} on {self.host}:{self.port} failed: {error}") from error


async def _write(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    async with client.open(path, "wb") as file:
        await file.write(content)


async def _read(client: asyncssh.SFTPClient, path: str) -> bytes:
    async with client.open(path, "rb") as file:
        return await file.read()


COMPLETED = "SFTP Server File Upload Completed"
FAILED = "SFTP Server File Upload Failed"
RENAMED = "SFTP Server File Rename Completed"
DOWNLOADED = "SFTP Server File Download Completed"


def upload_detail(server_id: str, username: str, uploaded: Upload) -> dict[str, Any]:
    """Return the detail of an event of a transferred file."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "status-code": "COMPLETED",
        "protocol": "SFTP",
        "server-id": server_id,
        "username": username,
        "client-ip": "127.0.0.1",
        "session-id": uuid.uuid4().hex[:20],
        "start-timestamp": now,
        "end-timestamp": now,
        "file-path": uploaded.path,
        "bytes": uploaded.size,
        **({"etag": uploaded.etag} if uploaded.etag else {}),
    }


def send(aws: Aws, source: str, kind: str, detail: dict[str, Any]) -> Sent:
    """Put an event on the default bus, and return it."""
    if kind == FAILED:
        detail = detail | {"status-code": "FAILED", "failure-code": "PARTIAL_UPLOAD"}
    event = Sent(time.time(), source, kind, detail)
    entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "Resources": []}
    answer = aws.call("events", "put_events", Entries=[entry])
    if answer["FailedEntryCount"]:
        raise LocalRunError(f"EventBridge refused the event {kind!r}: {answer['Entries']}")
    return event


class SftpPartner(Partner):
    """A partner that uploads over SFTP. The run adds the actions of Transfer that the emulator lacks."""

    transport = "over SFTP"
    stand_ins = (
        "sftp upload: the run copies the object onto itself, because the emulator's SFTP server bypasses S3 versioning",
        "sftp event: the run sends it, with the source in the stack's settings; the emulator's server sends none",
    )

    def __init__(self, aws: Aws, login: Login | None = None, name: str = NAME) -> None:
        """Create a partner with a new key pair, or the partner of a login in the setting `partners`."""
        self.login = login or Login.with_new_key(name)
        super().__init__(aws, self.login.name)
        self.sftp = SftpEndpoint(HOST, aws.emulator.sftp_port)

    def authorized(self, partners: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the setting `partners` of the stack, in which each partner with a home has the run's key too."""
        return {
            "partners": {
                name: {**values, "public_keys": [*values.get("public_keys", ()), self.login.public_key]}
                if "public_keys" in values or not values.get("deliver")
                else values
                for name, values in {self.name: {}, **partners}.items()
            }
        }

    def named(self, name: str) -> Self:
        """Return another partner of the stack, who logs in with the run's key."""
        other = super().named(name)
        other.login = replace(self.login, name=name)
        return other

    def upload(self, name: str, content: bytes) -> Upload:
        """Upload a file over SFTP, store it as an object version, and send the event."""
        self.sftp.write(self.login, f"{INCOMING}/{name}", content)
        return self.announce_arrived(name)

    def announce_arrived(self, name: str) -> Upload:
        """Store an uploaded file as an object version, and send its event."""
        uploaded = self.store(name)
        self.announce(uploaded)
        self.scan(uploaded)
        return uploaded

    def store(self, name: str) -> Upload:
        """Store an uploaded file as an object version, without an event."""
        bucket, key = self._place(name)
        arrived, path = time.time(), f"/{bucket}/{key}"
        head = self._as_a_version(bucket, key)
        uploaded = Upload(path, head["ContentLength"], arrived, self.executions_of(path), head["ETag"].strip('"'))
        self.uploads.append(uploaded)
        return uploaded

    def announce(self, uploaded: Upload, kind: str = COMPLETED) -> None:
        """Send the event of an upload, even if it was sent before."""
        self.send(kind, self.detail_of(uploaded))

    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return the detail of Transfer's event."""
        return upload_detail(self.outputs["sftp"]["server_id"], self.name, uploaded)

    def report(self, name: str) -> str:
        """Return the report on a file, read over SFTP. Raises LocalRunError if the report is missing."""
        return self.sftp.read(self.login, self.report_path(name)).decode()

    def fetch(self, name: str) -> bytes:
        """Read an exported file over SFTP, and send the event of the download."""
        data = self.sftp.read(self.login, f"/{OUTGOING}/{name}")
        path = f"/{self.outputs['inbox_bucket']}/{OUTGOING}/{self.name}/{name}"
        downloaded = Upload(path, len(data), time.time(), [])
        self.send(DOWNLOADED, self.detail_of(downloaded))
        return data

    def report_path(self, name: str) -> str:
        """Return the report's path on the server."""
        return f"{REPORTS}/{name}.report.csv"

    def upload_command(self, folder: Path) -> str:
        """Return a command of the SFTP client, and write the private key into the folder."""
        key = self.login.save_key(folder)
        options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        return f"sftp -i {key} -P {self.sftp.port} {options} {self.name}@{self.sftp.host}"

    def _as_a_version(self, bucket: str, key: str) -> dict[str, Any]:
        """Copy an object onto itself, and return the head of the new version.

        The emulator's SFTP server bypasses S3 versioning; Transfer does not.
        """
        source = {"Bucket": bucket, "Key": key}
        self._aws.call("s3", "copy_object", Bucket=bucket, Key=key, CopySource=source, MetadataDirective="REPLACE")
        # The object that the server wrote has the version id of objects from before versioning.
        self._aws.call("s3", "delete_object", Bucket=bucket, Key=key, VersionId="null")
        return self._aws.call("s3", "head_object", Bucket=bucket, Key=key)

    def send(self, kind: str, detail: dict[str, Any]) -> None:
        """Send an event of Transfer."""
        self.sent.append(send(self._aws, self.outputs["upload_event_source"], kind, detail))
