"""Pulumi's lock on a stack, which a running deployment holds and an aborted deployment leaves behind.

A preview works in spite of a lock. Without this check, a person could approve changes that cannot be deployed.
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from bounded_context.domain.spelling import minute
from bounded_context_infra.configuration.state import bucket_name, locks

from ...command.aws_errors import sentence
from .pulumi_cli import Stack, stop

LOCKED = re.compile("the stack is currently locked by|Another update is currently in progress")
"""The Pulumi CLI's messages about a lock in S3 and in Pulumi Cloud."""


def is_in_s3(backend: str) -> bool:
    """Return whether a backend is a bucket of S3."""
    return backend.startswith("s3://")


def client(backend: str) -> Any:
    """Return a client of S3 in the backend's region, if its address has one."""
    region = parse_qs(backend.partition("?")[2]).get("region", [None])[0]
    return boto3.client("s3", region_name=region)


def require_unlocked(stack: Stack, backend: str) -> None:
    """End the step if a stack in an S3 `backend` is locked. In Pulumi Cloud, a lock expires within minutes."""
    if not is_in_s3(backend):
        return
    try:
        since = _since(backend, stack)
    except (BotoCoreError, ClientError) as error:
        stop(f"The lock of the stack {stack.name} cannot be read: {sentence(error, None)}", "unknown-lock")
    if since is not None:
        stop(refusal(stack, f" since {minute(since)}"), "locked")


def refusal(stack: Stack, since: str = "") -> str:
    """Return the sentence about a lock, with its remedy."""
    return (
        f"The stack {stack.name} is locked{since}, and nothing was changed: a deployment is running, or an earlier "
        "deployment was aborted. `uv run context docs runbook a-stack-is-locked` describes the remedy."
    )


def _since(backend: str, stack: Stack) -> datetime | None:
    """Return the time of the oldest lock, or None. Reads at most 1,000 locks, the maximum of an answer."""
    found = client(backend).list_objects_v2(
        Bucket=bucket_name(backend), Prefix=locks(stack.project.package, stack.name)
    )
    return min((lock["LastModified"] for lock in found.get("Contents", []) if "LastModified" in lock), default=None)
