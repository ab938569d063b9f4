"""What a list's steps keep for the steps after them, read as an operator would."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .running import RunningContext


def staged(running: "RunningContext", list_id: str, name: str) -> str:
    """Return the text that a list's step keeps under a name, such as `import.json`; empty if there is none."""
    bucket, key = running.outputs["inbox_bucket"], f"staging/{list_id}/{name}"
    found = running.aws.call("s3", "list_objects_v2", Bucket=bucket, Prefix=key).get("Contents", [])
    if key not in (one["Key"] for one in found):
        return ""
    return running.aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read().decode()
