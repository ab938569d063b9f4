"""A connection that is lost, and an AWS that throttles or refuses."""

from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from bounded_context_cli.command.operation import clients
from bounded_context_operations.release.rollout.deployments import GRACE
from tests.rollout.clients import error
from tests.rollout.conftest import Stack

URL = "https://codedeploy.example"
LOST = [
    EndpointConnectionError(endpoint_url=URL),
    ReadTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    error("BatchGetDeployments", "ThrottlingException", "Rate exceeded"),
    error("BatchGetDeployments", "InternalFailure", status=500),
]


@pytest.mark.parametrize("lost", LOST, ids=lambda lost: type(lost).__name__)
def test_a_run_waits_for_a_lost_connection_and_shows_that(stack: Stack, lost: Exception):
    """The run continues, and still follows its deployment."""
    stack.publish("one")
    stack.clock.at(1, lambda: stack.codedeploy.before["batch_get_deployments"].extend([lost] * 3))
    ran = stack.rollout("start")
    assert (ran.status, stack.live("one")) == (0, "2")
    assert "one 1 -> 2: waiting" in ran.err


@pytest.mark.parametrize("option", ["wait", "stop", "fail"])
def test_a_deployment_whose_creation_was_not_answered_is_adopted(stack: Stack, option: str):
    """Whatever is done about others: its description says that it is this run's own."""
    stack.publish("one")
    stack.codedeploy.after["create_deployment"] = [ReadTimeoutError(endpoint_url=URL)]
    ran = stack.rollout("start", "--on-conflict", option)
    assert (ran.status, ran.functions["one"]["deployment_id"], stack.live("one")) == (0, "d-000000001", "2")
    assert len(stack.codedeploy.called("create_deployment")) == 1


def test_a_creation_without_a_response_is_repeated(stack: Stack):
    """There is nothing to be found then."""
    stack.publish("one")
    stack.codedeploy.before["create_deployment"] = [EndpointConnectionError(endpoint_url=URL)]
    assert stack.rollout("start").status == 0
    assert len(stack.deployments("one")) == 1


def test_a_connection_that_stays_lost_ends_with_the_time(stack: Stack):
    """The run waits for rollbacks only for its grace period, which the reason contains."""
    stack.publish("one")

    def lose() -> None:
        for call in ("batch_get_deployments", "list_deployments", "stop_deployment"):
            stack.codedeploy.before[call] = [EndpointConnectionError(endpoint_url=URL)] * 1000

    stack.clock.at(1, lose)
    ran = stack.rollout("start", "--timeout", "10")
    assert (ran.status, ran.functions["one"]["result"]) == (1, "timed out")
    assert f"{GRACE} minutes" in ran.functions["one"]["why"]


def test_a_creation_that_is_not_allowed_fails_one_function(stack: Stack):
    """The reason has AWS's error code and the missing permission. The other function continues."""
    stack.publish("one")
    denied = error("CreateDeployment", "AccessDeniedException", "not authorized to perform codedeploy:CreateDeployment")
    stack.codedeploy.before["create_deployment"] = [denied]
    ran = stack.rollout("start")
    assert (ran.status, ran.results) == (1, ["failed", "up to date", "not started"])
    why = ran.functions["one"]["why"]
    assert why.startswith("AccessDeniedException: ")
    assert why.endswith(" codedeploy:CreateDeployment")


def test_a_read_that_is_not_allowed_names_the_active_deployment(stack: Stack):
    """The deployment continues, although the run cannot follow it."""
    stack.publish("one")
    denied = error("BatchGetDeployments", "AccessDeniedException", "no")
    stack.clock.at(1, lambda: stack.codedeploy.before["batch_get_deployments"].append(denied))
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"]) == (1, "failed")
    assert stack.deployments("one")[0].id in ran.functions["one"]["why"]
    assert "`rollout status`" in ran.functions["one"]["why"]


def test_an_id_unknown_to_codedeploy_hides_no_other(stack: Stack):
    """They are asked for one by one then."""
    stack.publish("one", "two")
    unknown = error("BatchGetDeployments", "InvalidDeploymentIdException")
    stack.clock.at(1, lambda: stack.codedeploy.before["batch_get_deployments"].append(unknown))
    ran = stack.rollout("start")
    assert ran.status == 0
    assert len(stack.codedeploy.called("get_deployment")) == 2


def test_missing_credentials_refuse_a_release(stack: Stack):
    """The reason is botocore's message."""
    stack.publish("one")
    stack.codedeploy.before["list_deployments"] = [NoCredentialsError()] * 9
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert str(NoCredentialsError()) in ran.report["why"]


def test_expired_credentials_end_the_run_at_once(stack: Stack):
    """They hide no deployment: waiting for the time to be over would help nobody."""
    stack.publish("one", "two")
    expired = error("BatchGetDeployments", "ExpiredTokenException", "The security token is expired")
    stack.clock.at(1, lambda: stack.codedeploy.before["batch_get_deployments"].extend([expired] * 9))
    ran = stack.rollout("start")
    assert (ran.status, ran.functions["one"]["result"]) == (1, "failed")
    assert stack.clock.minutes < 2


def test_a_write_of_the_machines_alias_is_sent_once(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    """It takes no condition, so botocore must not repeat it after another run's write."""
    sent_once: list[bool] = []

    def client(service: str, *, once: bool = False) -> Any:
        return Writes(stack.machines, once, sent_once) if service == "stepfunctions" else stack.services()[service]

    stack.publish("machine")
    monkeypatch.setattr(stack, "clients", lambda _: client)
    assert stack.rollout("start").status == 0
    assert sent_once
    assert all(sent_once)


class Writes:
    """A client of Step Functions that notes for each write whether the client sends it once."""

    def __init__(self, machines: Any, once: bool, sent_once: list[bool]) -> None:
        self._machines, self._once, self._sent_once = machines, once, sent_once

    def __getattr__(self, name: str) -> Any:
        if name == "update_state_machine_alias":
            self._sent_once.append(self._once)
        return getattr(self._machines, name)


@pytest.mark.parametrize(("once", "attempts"), [(False, 9), (True, 1)])
def test_a_client_repeats_calls_unless_it_sends_them_once(once: bool, attempts: int):
    """botocore counts the first attempt too."""
    client = clients("eu-central-1", attempts=9)("lambda", once=once)
    assert client.meta.config.retries["total_max_attempts"] == attempts
