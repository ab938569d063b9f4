"""The partner of a stack with SFTP, who uploads lists and reads reports over SFTP."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..emulator.aws import Aws
from ..emulator.process import HOST
from ..uploads import Upload
from . import transfer_events
from .partner import Partner
from .sftp_client import INCOMING, REPORTS, Login, SftpEndpoint


class SftpPartner(Partner):
    """A partner that uploads over SFTP. The run adds the actions of Transfer that the emulator lacks."""

    transport = "over SFTP"
    stand_ins = (
        "sftp upload: the run copies the object onto itself, because the emulator's SFTP server bypasses S3 versioning",
        "sftp event: the run sends it, with the source in the stack's settings; the emulator's server sends none",
    )

    def __init__(self, aws: Aws, login: Login | None = None) -> None:
        """Create the run's partner with a new key pair, or the partner of a login in the setting `partners`."""
        super().__init__(aws)
        self.login = login or Login.with_new_key(self.name)
        self.name = self.login.name
        self.sftp = SftpEndpoint(HOST, aws.emulator.sftp_port)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The setting `partners` with the partner's public key."""
        return {"partners": {self.name: {"public_keys": [self.login.public_key]}}}

    def upload(self, name: str, content: bytes) -> Upload:
        """Upload a file over SFTP, store it as an object version, and send the event."""
        self.sftp.write(self.login, f"{INCOMING}/{name}", content)
        return self.announce_arrived(name)

    def announce_arrived(self, name: str) -> Upload:
        """Store an uploaded file as an object version, and send its event."""
        uploaded = self.stored(name)
        self.announce(uploaded)
        self.scan(uploaded)
        return uploaded

    def stored(self, name: str) -> Upload:
        """Store an uploaded file as an object version, without an event."""
        bucket, key = self._place(name)
        arrived, path = time.time(), f"/{bucket}/{key}"
        head = self._as_a_version(bucket, key)
        uploaded = Upload(path, head["ContentLength"], arrived, self.executions_of(path), head["ETag"].strip('"'))
        self.uploads.append(uploaded)
        return uploaded

    def announce(self, uploaded: Upload, kind: str = transfer_events.COMPLETED) -> None:
        """Send the event of an upload, even if it was sent before."""
        self.send(kind, self.detail_of(uploaded))

    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return the detail of Transfer's event."""
        return transfer_events.upload_detail(self._server_id, self.name, uploaded)

    def report(self, name: str) -> str:
        """Return the report on a file, read over SFTP. Raises LocalRunError if the report is missing."""
        return self.sftp.read(self.login, self.report_path(name)).decode()

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
        self.sent.append(transfer_events.send(self._aws, self.outputs["upload_event_source"], kind, detail))

    @property
    def _server_id(self) -> str:
        return self.outputs["sftp"]["server_id"]
