"""A stand-in for CodeDeploy on this machine. moto stores the records; this package runs the deployments.

It implements CodeDeploy's JSON protocol for the compute platform Lambda only, and shifts aliases of the embedded AWS.
"""

import json
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import Any

from urllib3 import HTTPHeaderDict

from ...emulator.clock import MINUTE_SECONDS
from ..http_server import Response, serving
from .configs import Configs
from .deployment import Account
from .errors import Refused
from .fleet import Fleet
from .hooks import Hooks
from .moto_backend import CONTENT_TYPE, MotoBackend
from .operations import Operations

__all__ = ["running_codedeploy"]

ActAs = Callable[[str], Callable[[str], Any]]
"""Returns, for the ARN of a role, a factory of clients with this role's credentials, by service name."""


@contextmanager
def running_codedeploy(
    act_as: ActAs, region: str, account: str, *, port: int = 0, minute_seconds: float = MINUTE_SECONDS
) -> Iterator[str]:
    """Serve CodeDeploy until the block ends; yield the endpoint.

    Args:
        act_as: called once per deployment with its group's service role, for clients of "lambda" and "cloudwatch".
        region: the functions' region.
        account: the account's id.
        port: the port on 127.0.0.1; 0 selects a free port.
        minute_seconds: the duration of a deployment's minute, such as between two shifts, in seconds.
    """
    hooks, configs, moto = Hooks(), Configs(), MotoBackend(region, account)

    def account_of(role: str) -> Account:
        client = act_as(role)
        return Account(client("lambda"), client("cloudwatch"), hooks, minute_seconds)

    with closing(Fleet(moto, configs, account_of)) as fleet:
        operations = Operations(moto, configs, hooks, fleet, f"arn:aws:lambda:{region}:{account}:function:")
        with serving(lambda sent: _respond(operations, sent.headers, sent.body), port, "codedeploy") as endpoint:
            yield endpoint


def _respond(operations: Operations, headers: HTTPHeaderDict, body: bytes) -> Response:
    operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
    try:
        status, content = HTTPStatus.OK, operations.answer(operation, json.loads(body or b"{}"))
    except Refused as refused:
        status, content = HTTPStatus.BAD_REQUEST, {"__type": refused.code, "message": refused.message}
    except Exception as error:
        traceback.print_exc()
        status, content = HTTPStatus.INTERNAL_SERVER_ERROR, {"__type": "InternalFailure", "message": repr(error)}
    own = {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": str(uuid.uuid4())}
    return Response(status, own, json.dumps(content).encode())
