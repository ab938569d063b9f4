"""Pulumi's lock on a stack: while a deployment runs, and left behind by one that was ended in the middle.

A preview takes no lock and is refused by none, so without a look here a person would approve what cannot run.
"""

import re
from datetime import datetime
from urllib.parse import parse_qs

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ..rollout.errors import sentence
from ..words import minute
from .pulumi_cli import Stack, stop

LOCKED = re.compile("the stack is currently locked by|Another update is currently in progress")
"""What the Pulumi CLI says of a lock in S3, and of one in Pulumi Cloud."""

_S3 = re.compile(r"s3://([^?]+)(?:\?(.*))?")


def folder(project: str, stack: str) -> str:
    """Where the locks of a stack are in Pulumi's S3 backend, each an object (Pulumi 3.61 and later)."""
    return f".pulumi/locks/organization/{project}/{stack}/"


def require_unlocked(stack: Stack, backend: str) -> None:
    """End the step if a stack in an S3 `backend` is locked; in Pulumi Cloud a lock ends by itself within minutes."""
    place = _S3.fullmatch(backend)
    if place is None:
        return
    try:
        since = _since(place[1], parse_qs(place[2] or "").get("region", [None])[0], stack)
    except (BotoCoreError, ClientError) as error:
        stop(f"Whether the stack {stack.name} is locked cannot be asked: {sentence(error, None)}")
    if since is not None:
        stop(refusal(stack, f" since {minute(since)}"))


def refusal(stack: Stack, since: str = "") -> str:
    """Say what a lock means, and where it stands what to do."""
    return (
        f"The stack {stack.name} is locked{since}, and nothing was changed: somebody deploys it, or a deployment was "
        "ended in the middle. `uv run just docs runbook a-stack-is-locked` says how to tell, and what to do."
    )


def _since(bucket: str, region: str | None, stack: Stack) -> datetime | None:
    """When the oldest lock was made, None if there is none; a thousand, which one answer holds, are enough."""
    client = boto3.client("s3", region_name=region)
    found = client.list_objects_v2(Bucket=bucket, Prefix=folder(stack.project.package, stack.name))
    return min((one["LastModified"] for one in found.get("Contents", []) if "LastModified" in one), default=None)
