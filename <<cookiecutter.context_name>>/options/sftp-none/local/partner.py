"""What a partner does on this machine: puts lists into the bucket, and reads the reports on them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from . import executions
from .arrivals import Sent, Upload
from .aws import Aws
from .emulator import Emulator
from .errors import LocalRunError

PARTNER = "demo"
UNFINISHED = ".filepart"
WAY = "into the bucket"
ARRIVALS = ()
"""What a run does itself for a file to arrive as it does on AWS: nothing, the emulator's S3 sends its event."""


@dataclass(frozen=True)
class Partner:
    """Whose folder in the bucket it is."""

    name: str


def new_partner() -> Partner:
    """Return the partner of this run."""
    return Partner(PARTNER)


def settings_for(_: Partner) -> dict[str, object]:
    """Return the stack settings that let the partner in: whoever may write to the bucket needs none."""
    return {}


class PartnerSide:
    """The part of the running context that partners see."""

    def __init__(self, emulator: Emulator, aws: Aws, outputs: Mapping[str, Any], partner: Partner) -> None:
        self.emulator = emulator
        self.aws = aws
        self.outputs = outputs
        self.partner = partner
        self.uploads: list[Upload] = []
        self.sent: list[Sent] = []

    def upload(self, name: str, content: bytes) -> Upload:
        """Put a file into the partner's folder; S3 sends the event."""
        bucket, key = self._place(name)
        self.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)
        return self.announce_arrived(name)

    def announce_arrived(self, name: str) -> Upload:
        """Note a file that has arrived, whose event S3 has sent."""
        bucket, key = self._place(name)
        found = self.aws.call("s3", "head_object", Bucket=bucket, Key=key)
        path, arrived = f"/{bucket}/{key}", time.time()
        # Its execution may have started by now; each earlier upload has started one.
        earlier = sum(1 for one in self.uploads if one.path == path)
        uploaded = Upload(path, found["ContentLength"], arrived, self.executions_of(path)[:earlier])
        self.uploads.append(uploaded)
        self.sent.append(Sent(arrived, "aws.s3", "Object Created", self.detail_of(uploaded)))
        return uploaded

    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return what the event of an upload says of it, as far as the rule and the workflow look at it."""
        bucket, key = uploaded.path.removeprefix("/").split("/", 1)
        version = self.aws.call("s3", "head_object", Bucket=bucket, Key=key)["VersionId"]
        return {"bucket": {"name": bucket}, "object": {"key": key, "size": uploaded.size, "version-id": version}}

    def report(self, name: str) -> str:
        """Return the report on a file.

        Raises:
            LocalRunError: there is none.
        """
        key = self.report_path(name)
        try:
            found = self.aws.call("s3", "get_object", Bucket=self.outputs["inbox_bucket"], Key=key)
        except ClientError as error:
            raise LocalRunError(f"{key} cannot be read: {error}") from error
        return found["Body"].read().decode()

    def report_path(self, name: str) -> str:
        """Return where in the bucket the report on a file is."""
        return f"reports/{self.partner.name}/{name}.report.csv"

    def inbox(self) -> dict[str, str]:
        """Return the files in the partner's folder: by name, what tells one state of a file from another."""
        bucket, prefix = self._place("")
        found = self.aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix)
        return {
            one["Key"].removeprefix(prefix): f"{one['ETag']} {one['LastModified']}" for one in found.get("Contents", [])
        }

    def arrived(self, name: str) -> bytes:
        """Return the bytes of a file in the partner's folder."""
        bucket, key = self._place(name)
        return self.aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()

    def way_in(self, _folder: Path) -> str:
        """Return the command by which a person uploads files to a kept run."""
        bucket, place = self._place("")
        return f"aws s3 cp my.csv s3://{bucket}/{place}"

    def executions_of(self, path: str) -> list[str]:
        """Return the executions that uploads to a path have started."""
        return executions.of_path(self.aws, self.outputs["state_machine"], path)

    def _place(self, name: str) -> tuple[str, str]:
        return self.outputs["inbox_bucket"], f"incoming/{self.partner.name}/{name}"
