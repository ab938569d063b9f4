"""Clients that tell what they are asked for, and refuse one action as AWS does."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.rollout.conftest import Stack

ROLE = "prod-shift"
PREFIXES = {"lambda": "lambda", "codedeploy": "codedeploy", "stepfunctions": "states", "cloudwatch": "cloudwatch"}
"""The prefix of a service's actions, by its name to botocore: those of a rollout."""

_OTHERS = {"dynamodbstreams": "dynamodb"}
"""Those of a redrive that are not called as their service."""

_NAMES = {
    "Invoke": "InvokeFunction",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "SendMessageBatch": "SendMessage",
}
"""Actions that are not called as their operation (Service Authorization Reference)."""


class Watched:
    """A client whose calls are kept in `actions` as IAM names them; the action `lacking` is refused."""

    def __init__(self, client: Any, service: str, actions: set[str], lacking: str | None) -> None:
        self._client, self._service, self._actions, self._lacking = client, service, actions, lacking

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name == "get_paginator":
            return self._paginator
        return lambda **parameters: self._ask(name) or getattr(self._client, name)(**parameters)

    def _paginator(self, name: str) -> Any:
        self._ask(name)
        return self._client.get_paginator(name)

    def _ask(self, name: str) -> None:
        operation = operations(self._service)[name]
        prefix = PREFIXES.get(self._service) or _OTHERS.get(self._service, self._service)
        action = f"{prefix}:{_NAMES.get(operation, operation)}"
        self._actions.add(action)
        if action == self._lacking:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": refusal(action)}}, operation)


def refusal(action: str) -> str:
    """What AWS says."""
    user = f"arn:aws:sts::333344445555:assumed-role/{ROLE}/pipeline-prod"
    return f"User: {user} is not authorized to perform: {action} on resource: arn:aws:x because no policy allows it"


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of a service by their names in Python."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def watch(stack: Stack, monkeypatch: pytest.MonkeyPatch, lacking: str | None = None) -> set[str]:
    """Watch what the rollouts of a stack ask for from now on; the set grows."""
    actions: set[str] = set()
    watched = {name: Watched(client, name, actions, lacking) for name, client in stack.services().items()}
    monkeypatch.setattr(stack, "clients", lambda _: lambda service, **_: watched[service])
    return actions


def live_through_all(stack: Stack) -> str:
    """Let releases be made, be in each other's way, fail, ignore alarms and go back; returns all that was said."""
    said: list[str] = []

    def say(*command: str) -> None:
        _, out, err = stack.say(*command)
        said.append(out + err)

    stack.use_layer(stack.publish_layer("test-dependencies"), "one", "two", "pre-traffic", "post-traffic")
    stack.publish("one", "two", "pre-traffic", "post-traffic", "machine")
    stack.begin("one", "1", "2")
    say("start", "--on-conflict", "stop")
    say("status")
    stack.publish("one", "two", "machine")
    stack.begin("one", "2", "3")
    stack.clock.sleep(5)
    stack.plan("two", "alarm")
    say("start")
    say("start", "--ignore-alarms", "known")
    say("back")
    stack.codedeploy.rolls_back = False
    stack.plan("two", "alarm")
    say("start")
    say("back")
    return "\n".join(said)


def tried(actions: Iterable[str]) -> list[Any]:
    """Return the parameters of a test that lacks each action in turn: the first of each service, the others nightly."""
    ordered = sorted(actions)
    first = {action.partition(":")[0]: action for action in reversed(ordered)}.values()
    return [pytest.param(action, marks=() if action in first else pytest.mark.nightly) for action in ordered]
