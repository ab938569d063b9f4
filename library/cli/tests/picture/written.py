"""Graphs of a few resources, written by hand, and what a picture of them says."""

import json
from typing import Any, Final

from bounded_context_cli.programs import Graph, Node
from bounded_context_cli.views.picture import Picture, picture
from tests.contexts import ORDER

_PLACE: Final = "eu-west-1:111122223333"
ARNS: Final = {
    "cloudwatch/eventRule": "arn:aws:events:{place}:rule/{name}",
    "dynamodb/table": "arn:aws:dynamodb:{place}:table/{name}",
    "iam/policy": "arn:aws:iam::111122223333:policy/{name}",
    "iam/role": "arn:aws:iam::111122223333:role/{name}",
    "lambda/function": "arn:aws:lambda:{place}:function:{name}",
    "s3/bucket": "arn:aws:s3:::{name}",
    "sfn/stateMachine": "arn:aws:states:{place}:stateMachine:{name}",
    "sns/topic": "arn:aws:sns:{place}:{name}",
    "sqs/queue": "arn:aws:sqs:{place}:{name}",
}


def node(kind: str, name: str, **inputs: Any) -> Node:
    """A resource of the stack `prod` of the context Order, as the recorder has it."""
    called = f"order-prod-{name}"
    outputs = {"name": called, "id": called, **inputs}
    if kind in ARNS:
        outputs["arn"] = arn(kind, name)
    return Node(
        f"aws:{kind}:Any",
        name,
        f"urn::{kind}::{name}",
        {"name": called, **inputs},
        outputs,
        False,
        False,
        frozenset(),
        frozenset(),
    )


def arn(kind: str, name: str) -> str:
    """Its ARN."""
    return ARNS[kind].format(place=_PLACE, name=f"order-prod-{name}")


def function(name: str, **inputs: Any) -> Node:
    """A function with a role of the same name."""
    return node("lambda/function", name, role=arn("iam/role", name), **inputs)


def grant(role: str, actions: list[str], *resources: str) -> Node:
    """A policy of a role."""
    return node(
        "iam/rolePolicy", f"{role}-{len(resources)}", role=f"order-prod-{role}", policy=allowed(actions, *resources)
    )


def allowed(actions: list[str], *resources: str, effect: str = "Allow") -> str:
    """A policy's text."""
    return json.dumps({"Statement": [{"Effect": effect, "Action": actions, "Resource": list(resources)}]})


def drawn(*nodes: Node) -> Picture:
    """The picture of these resources."""
    return picture(ORDER, Graph(list(nodes)), "prod")


def said(drawing: Picture) -> set[tuple[str, str, str]]:
    """Who does what to whom."""
    return {(arrow.source, arrow.label, arrow.target) for arrow in drawing.arrows}


def keys(drawing: Picture) -> set[str]:
    """The boxes."""
    return {box.key for box in drawing.boxes}
