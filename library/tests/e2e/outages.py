"""What may go wrong in a running context, for as long as a test wants it to."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from urllib3 import HTTPHeaderDict

from bounded_context.tools.local.running.context import RunningContext
from bounded_context.tools.local.stand_ins.http_server import Response
from bounded_context.tools.local.stand_ins.upstream import Upstream


@contextmanager
def denied(deployed: RunningContext, function: str, action: str, *keys: str) -> Iterator[None]:
    """Deny a function an action on objects of the inbox, or without a key on the inbox itself."""
    inbox = f"arn:aws:s3:::{deployed.outputs['inbox_bucket']}"
    with denied_on(deployed, function, action, [f"{inbox}/{key}" for key in keys] or [inbox]):
        yield


@contextmanager
def denied_on(deployed: RunningContext, function: str, action: str, resources: list[str]) -> Iterator[None]:
    """Deny a function an action on resources."""
    role = configuration(deployed, function)["Role"].rpartition("/")[2]
    statement = {"Effect": "Deny", "Action": action, "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    deployed.aws.call("iam", "put_role_policy", RoleName=role, PolicyName="outage", PolicyDocument=document)
    try:
        yield
    finally:
        deployed.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName="outage")


@contextmanager
def hurried(deployed: RunningContext, function: str, seconds: int) -> Iterator[None]:
    """Give a function so many seconds a call, as a version of its own that is live."""
    name, live = configuration(deployed, function)["FunctionName"], {"Name": "live"}
    before = deployed.aws.call("lambda", "get_alias", FunctionName=name, **live)["FunctionVersion"]
    timeout = deployed.aws.call("lambda", "update_function_configuration", FunctionName=name, Timeout=seconds)[
        "Timeout"
    ]
    assert timeout == seconds
    version = deployed.aws.call("lambda", "publish_version", FunctionName=name)["Version"]
    deployed.aws.call("lambda", "update_alias", FunctionName=name, FunctionVersion=version, **live)
    try:
        yield
    finally:
        deployed.aws.call("lambda", "update_alias", FunctionName=name, FunctionVersion=before, **live)


@contextmanager
def slow_updates(seconds: float) -> Iterator[None]:
    """Delay each update of an item, so that calls need a minimum time on a machine of any speed."""
    send = Upstream.send

    def delayed(upstream: Upstream, method: str, path: str, headers: HTTPHeaderDict, body: bytes) -> Response:
        if headers.get("X-Amz-Target", "").endswith(".UpdateItem"):
            time.sleep(seconds)
        return send(upstream, method, path, headers, body)

    with patch.object(Upstream, "send", delayed):
        yield


def configuration(deployed: RunningContext, function: str) -> dict[str, Any]:
    """Return how a function is made."""
    return deployed.aws.call(
        "lambda", "get_function_configuration", FunctionName=deployed.outputs["functions"][function]
    )
