"""What a partner does on this machine: uploads lists over SFTP, and reads the reports on them."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import executions, transfer_events
from .arrivals import Sent, Upload
from .aws import Aws
from .emulator import HOST, Emulator
from .sftp import INCOMING, REPORTS, Partner, SftpEndpoint

PARTNER = "demo"
UNFINISHED = ".filepart"
WAY = "over SFTP"
ARRIVALS = (
    "sftp upload: the object is copied onto itself: the emulator's SFTP server writes around S3's versioning",
    "sftp event: the run sends it, from the source that the stack names: the emulator's SFTP server sends none",
)
"""What a run does itself for a file to arrive as it does on AWS."""


def new_partner() -> Partner:
    """Return the partner of this run, with a key of its own."""
    return Partner.with_new_key(PARTNER)


def settings_for(partner: Partner) -> dict[str, object]:
    """Return the stack settings that let the partner in."""
    return {"partners": {partner.name: {"public_keys": [partner.public_key]}}}


class PartnerSide:
    """The part of the running context that partners see."""

    def __init__(self, emulator: Emulator, aws: Aws, outputs: Mapping[str, Any], partner: Partner) -> None:
        self.emulator = emulator
        self.aws = aws
        self.outputs = outputs
        self.partner = partner
        self.sftp = SftpEndpoint(HOST, emulator.sftp_port)
        self.uploads: list[Upload] = []
        self.sent: list[Sent] = []

    def upload(self, name: str, content: bytes) -> Upload:
        """Upload a file over SFTP, and do what Transfer does and the emulator does not: version it, send the event."""
        self.sftp.write(self.partner, f"{INCOMING}/{name}", content)
        return self.announce_arrived(name)

    def upload_broken(self, name: str, content: bytes) -> Upload:
        """Upload the beginning of a file, then lose the connection: Transfer keeps what it has, and says so."""
        self.sftp.write(self.partner, f"{INCOMING}/{name}", content)
        return self.announce_arrived(name, transfer_events.FAILED)

    def announce_arrived(self, name: str, kind: str = transfer_events.COMPLETED) -> Upload:
        """Announce a file that has arrived over SFTP, made a version first."""
        uploaded = self._uploaded(self._path(name))
        self.uploads.append(uploaded)
        self.announce(uploaded, kind)
        return uploaded

    def upload_and_rename(self, name: str, content: bytes) -> Upload:
        """Upload under a temporary name and rename, as some clients do; Transfer sends an event for each."""
        draft = f"{name}{UNFINISHED}"
        self.sftp.write(self.partner, f"{INCOMING}/{draft}", content)
        self.announce_arrived(draft)
        self.sftp.rename(self.partner, f"{INCOMING}/{draft}", f"{INCOMING}/{name}")
        path = self._path(name)
        renamed = self._uploaded(path)
        names = transfer_events.rename_detail(self._server_id, self.partner.name, self._path(draft), path)
        self._send(transfer_events.RENAMED, names)
        return renamed

    def announce(self, uploaded: Upload, kind: str = transfer_events.COMPLETED) -> None:
        """Send the event of an upload, once more if it was sent before."""
        self._send(kind, self.detail_of(uploaded))

    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return what the event of an upload says of it."""
        return transfer_events.upload_detail(self._server_id, self.partner.name, uploaded.path, uploaded.size)

    def report(self, name: str) -> str:
        """Return the report on a file, as the partner reads it over SFTP."""
        return self.sftp.read(self.partner, self.report_path(name)).decode()

    def report_path(self, name: str) -> str:
        """Return where the partner finds the report on a file."""
        return f"{REPORTS}/{name}.report.csv"

    def inbox(self) -> dict[str, str]:
        """Return the files in the partner's /incoming: by name, what tells one state of a file from another."""
        prefix = f"incoming/{self.partner.name}/"
        found = self.aws.call("s3", "list_objects_v2", Bucket=self.outputs["inbox_bucket"], Prefix=prefix)
        return {
            one["Key"].removeprefix(prefix): f"{one['ETag']} {one['LastModified']}" for one in found.get("Contents", [])
        }

    def arrived(self, name: str) -> bytes:
        """Return the bytes of a file in the partner's /incoming."""
        key = f"incoming/{self.partner.name}/{name}"
        return self.aws.call("s3", "get_object", Bucket=self.outputs["inbox_bucket"], Key=key)["Body"].read()

    def way_in(self, folder: Path) -> str:
        """Return the command by which a person uploads files to a kept run; what it needs is put into the folder."""
        key = self.partner.save_key(folder)
        options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        return f"sftp -i {key} -P {self.sftp.port} {options} {self.partner.name}@{self.sftp.host}"

    def executions_of(self, path: str) -> list[str]:
        """Return the executions that uploads to a path have started."""
        return executions.of_path(self.aws, self.outputs["state_machine"], path)

    def _uploaded(self, path: str) -> Upload:
        arrived = time.time()
        return Upload(path, self._as_a_version(path), arrived, self.executions_of(path))

    def _path(self, name: str) -> str:
        return f"/{self.outputs['inbox_bucket']}/incoming/{self.partner.name}/{name}"

    def _as_a_version(self, path: str) -> int:
        """Copy an object onto itself: the emulator's SFTP server writes around S3's versioning, Transfer does not.

        Returns its size.
        """
        bucket, key = path.removeprefix("/").split("/", 1)
        source = {"Bucket": bucket, "Key": key}
        self.aws.call("s3", "copy_object", Bucket=bucket, Key=key, CopySource=source, MetadataDirective="REPLACE")
        return self.aws.call("s3", "head_object", Bucket=bucket, Key=key)["ContentLength"]

    def _send(self, kind: str, detail: dict[str, Any]) -> None:
        self.sent.append(transfer_events.send(self.aws, self.outputs["upload_event_source"], kind, detail))

    @property
    def _server_id(self) -> str:
        return self.outputs["sftp"]["server_id"]
