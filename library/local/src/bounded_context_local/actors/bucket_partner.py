"""The partner of a stack without SFTP, who uploads to the bucket and reads reports there."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from bounded_context_cli.command.errors import LocalRunError

from ..uploads import Sent, Upload
from .partner import Partner


class BucketPartner(Partner):
    """A partner that puts files into the bucket. The emulator's S3 sends the upload events, as on AWS."""

    transport = "into the bucket"

    @property
    def settings(self) -> Mapping[str, object]:
        """No settings: permission to write to the bucket is sufficient."""
        return {}

    def upload(self, name: str, content: bytes) -> Upload:
        """Put a file into the partner's folder. S3 sends the event."""
        bucket, key = self._place(name)
        self._aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)
        return self.announce_arrived(name)

    def announce_arrived(self, name: str) -> Upload:
        """Record an uploaded file, whose event S3 has sent."""
        bucket, key = self._place(name)
        found = self._aws.call("s3", "head_object", Bucket=bucket, Key=key)
        path, arrived = f"/{bucket}/{key}", time.time()
        # The new execution may already have started. Each earlier upload has started an execution.
        earlier = sum(1 for upload in self.uploads if upload.path == path)
        uploaded = Upload(path, found["ContentLength"], arrived, self.executions_of(path)[:earlier])
        self.uploads.append(uploaded)
        self.sent.append(Sent(arrived, "aws.s3", "Object Created", self.detail_of(uploaded)))
        self.scan(uploaded)
        return uploaded

    def detail_of(self, uploaded: Upload) -> dict[str, Any]:
        """Return the detail of S3's event."""
        bucket, key = uploaded.path.removeprefix("/").split("/", 1)
        version = self._aws.call("s3", "head_object", Bucket=bucket, Key=key)["VersionId"]
        return {"bucket": {"name": bucket}, "object": {"key": key, "size": uploaded.size, "version-id": version}}

    def report(self, name: str) -> str:
        """Return the report on a file. Raises LocalRunError if the report is missing."""
        key = self.report_path(name)
        try:
            found = self._aws.call("s3", "get_object", Bucket=self.outputs["inbox_bucket"], Key=key)
        except ClientError as error:
            raise LocalRunError(f"{key} cannot be read: {error}") from error
        return found["Body"].read().decode()

    def report_path(self, name: str) -> str:
        """Return the report's key in the bucket."""
        return f"reports/{self.name}/{name}.report.csv"

    def upload_command(self, folder: Path) -> str:  # noqa: ARG002
        """Return a command of the AWS CLI, which needs only the printed environment variables."""
        bucket, place = self._place("")
        return f"aws s3 cp my.csv s3://{bucket}/{place}"
