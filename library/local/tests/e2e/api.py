"""Callers of the HTTP API who may use some routes of it and no others, and the requests that they send."""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.awsrequest import AWSRequest

from bounded_context_local.actors.caller import Answer, ApiCaller, Sign, signature
from bounded_context_local.running.context import RunningContext, api_caller

from .facts import ID, ROUTES, SAMPLES
from .lists import Sample

PROBLEM = "application/problem+json"


def bearer(token: str) -> Sign:
    """Return a function that adds a bearer token to requests."""

    def add(request: AWSRequest) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    return add


def unsigned(_: AWSRequest) -> None:
    """Leave the request unauthenticated."""


def signing(deployed: RunningContext, routes: Iterable[str]) -> Sign:
    """Return what signs as a new user who may use these routes, by the documented statement."""
    name, iam = f"caller-{uuid.uuid4()}", deployed.aws.client("iam")
    iam.create_user(UserName=name)
    if resources := [resource(deployed, ROUTES[route]) for route in routes]:
        allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="api", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return signature(deployed.aws.region, key["AccessKeyId"], key["SecretAccessKey"])


def permitted(deployed: RunningContext, routes: Iterable[str] = ROUTES) -> ApiCaller:
    """Return a caller who may use these routes, and no others."""
    return api_caller(deployed, signing(deployed, routes))


def resource(deployed: RunningContext, key: str) -> str:
    """Return the ARN that a caller's permission on a route names."""
    method, path = key.split(" ")
    where = f"arn:aws:execute-api:{deployed.aws.region}:{deployed.aws.account}:{deployed.outputs['api']['id']}"
    return f"{where}/$default/{method}{re.sub('{.+?}', '*', path)}"


def request(function: str, identity: str = "nobody") -> tuple[str, str]:
    """Return the method and the path of a function's route."""
    method, path = ROUTES[function].split(" ")
    return method, re.sub("{.+?}", identity, path)


def send(sender: ApiCaller, function: str, identity: str = "nobody", body: object = None, **headers: str) -> Answer:
    """Send a request to a function's route; a header's name has underscores here."""
    header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return sender.send(*request(function, identity), body, header_fields)


def details(sample: Sample) -> dict[str, Any]:
    """Return the details of the sample's first row, as a request's body has them."""
    return dict(zip(SAMPLES.columns, sample.rows[0], strict=True))


def identity(body: Mapping[str, Any]) -> str:
    """Return the identity in a body."""
    return body[ID]


def problem_of(answer: Answer) -> tuple[int, str]:
    """Return the status and the code of a refusal, which says both in its body."""
    assert answer.headers["content-type"] == PROBLEM, answer
    assert answer.json["status"] == answer.status
    assert answer.json["type"].endswith(f":{answer.json['code']}")
    return answer.status, answer.json["code"]
