"""What may go wrong in a running context, for as long as a test wants it to."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from bounded_context_local.running.context import RunningContext
from bounded_context_local.stand_ins import Request, Response, Upstream, serving


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
def hurried(deployed: RunningContext, function: str, seconds: int, slow: float) -> Iterator[None]:
    """Make a version live that has so many seconds a call, and whose updates of an item take `slow` seconds or more."""
    name, live = configuration(deployed, function)["FunctionName"], {"Name": "live"}
    before = deployed.aws.call("lambda", "get_alias", FunctionName=name, **live)["FunctionVersion"]
    variables = configuration(deployed, function)["Environment"]["Variables"]
    with slow_updates(deployed, slow) as endpoint:
        environment = {"Variables": {**variables, "AWS_ENDPOINT_URL_DYNAMODB": endpoint}}
        changes = {"Timeout": seconds, "Environment": environment}
        answer = deployed.aws.call("lambda", "update_function_configuration", FunctionName=name, **changes)
        assert answer["Timeout"] == seconds
        with _live(deployed, name, before):
            yield
    deployed.aws.call(
        "lambda", "update_function_configuration", FunctionName=name, Environment={"Variables": variables}
    )


@contextmanager
def _live(deployed: RunningContext, name: str, before: str) -> Iterator[None]:
    """Make the latest code and configuration live, and then a version again."""
    live = {"Name": "live"}
    version = deployed.aws.call("lambda", "publish_version", FunctionName=name)["Version"]
    deployed.aws.call("lambda", "update_alias", FunctionName=name, FunctionVersion=version, **live)
    try:
        yield
    finally:
        deployed.aws.call("lambda", "update_alias", FunctionName=name, FunctionVersion=before, **live)


@contextmanager
def slow_updates(deployed: RunningContext, seconds: float) -> Iterator[str]:
    """Serve DynamoDB with a delay of each update, so that calls need a minimum time on a machine of any speed."""
    with closing(Upstream(deployed.emulator.port)) as emulator:

        def delayed(sent: Request) -> Response:
            if sent.headers.get("X-Amz-Target", "").endswith(".UpdateItem"):
                time.sleep(seconds)
            return emulator.send(sent.method, sent.path, sent.headers, sent.body)

        with serving(delayed, 0, "slow-updates") as endpoint:
            yield endpoint


def configuration(deployed: RunningContext, function: str) -> dict[str, Any]:
    """Return how a function is made."""
    return deployed.aws.call(
        "lambda", "get_function_configuration", FunctionName=deployed.outputs["functions"][function]
    )
