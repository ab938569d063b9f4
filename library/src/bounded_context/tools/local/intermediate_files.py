"""Intermediate files that the steps of an import store in the bucket, below `staging/`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .running.context import RunningContext


def staged(running: "RunningContext", list_id: str, name: str) -> str:
    """Return the text of a list's intermediate file, such as `import.json`; empty if the file is missing."""
    bucket, key = running.outputs["inbox_bucket"], f"staging/{list_id}/{name}"
    found = running.aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=key).get("Contents", [])
    if key not in (entry["Key"] for entry in found):
        return ""
    return running.aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read().decode()
