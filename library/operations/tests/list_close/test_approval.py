"""The decision about lists that wait: by whom, once, sent to the waiting state, and refused for every other list."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context import ListApproval
from bounded_context.adapters.items import LIST
from bounded_context.domain.lists import NOT_APPROVED, ListStatus
from bounded_context.testing.functions import TABLE, LambdaContext
from bounded_context_infra.configuration.pipeline_settings import PERSONS
from bounded_context_platform.permissions.grants import ROLES
from tests.erase.conftest import Ran
from tests.handlers.functions import SAMPLES, handler
from tests.list_close.conftest import Stack
from tests.permissions.watched import Watched

PERSON, TOKEN, REASON = "arn:aws:iam::111122223333:user/approver", "token-1", "twice the usual total"


class Machine:
    """Step Functions with the execution of each list, and the waiting state with a token."""

    def __init__(self, tokens: set[str]) -> None:
        self.tokens, self.sent, self.status = tokens, list[tuple[Any, ...]](), "RUNNING"

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803, ARG002
        return {"status": self.status}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Iterator[Any]:
        yield {"executions": [{"executionArn": f"run-{name}.csv", "startDate": 1} for name in ("large", "small", "x")]}

    def send_task_success(self, taskToken: str, output: str) -> None:  # noqa: N803
        self._take(taskToken, output)

    def send_task_failure(self, taskToken: str, error: str, cause: str) -> None:  # noqa: N803, ARG002
        self._take(taskToken, error)

    def _take(self, token: str, word: str) -> None:
        if token not in self.tokens:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": token}}, "SendTaskSuccess")
        self.tokens.remove(token)
        self.sent.append((token, word))


class Caller:
    """STS, called by the approver."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": PERSON}


class Lists(Stack):
    """The stack, with a large list that waits, and a small list."""

    def services(self) -> dict[str, Any]:
        return {**super().services(), "sts": Caller()}

    def _outputs(self) -> dict[str, Any]:
        return {**super()._outputs(), "state_machine": "arn:machine"}

    def verified(self, name: str, rows: int) -> str:
        self.upload(name, SAMPLES.file([SAMPLES.values(number) for number in range(rows)]))
        event = self.register(name)
        for step in ("validate_list", "verify_subscription"):
            handler(step)(event, LambdaContext())
        return event["list_id"]

    def ran(self, command: str, *arguments: str) -> Ran:
        status, out, _ = self.list_say(command, "test", *arguments, "--json")
        return Ran(status, json.loads(out))


@pytest.fixture
def stack(function: None, tmp_path: Any, capsys: Any, topic: tuple[str, str]) -> Iterator[Lists]:
    object.__setattr__(PAYMENT, "approval", ListApproval(lambda totals: totals.valid > 2))
    stack = Lists(tmp_path, capsys, topic)
    stack.executions = Machine({TOKEN})
    for known in SAMPLES.projection():
        boto3.resource("dynamodb").Table(TABLE).put_item(Item=known)
    yield stack
    object.__setattr__(PAYMENT, "approval", None)


def _set(list_id: str, **facts: Any) -> None:
    for name, value in facts.items():
        boto3.resource("dynamodb").Table(TABLE).update_item(
            Key={"pk": LIST + list_id},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )


@pytest.fixture
def large(stack: Lists) -> str:
    """The id of a list that waits, whose state has stored its token."""
    list_id = stack.verified("large.csv", 3)
    _set(list_id, task_token=TOKEN)
    return list_id


@pytest.fixture
def small(stack: Lists) -> str:
    """The id of a list that needs no approval."""
    return stack.verified("small.csv", 1)


def test_the_lists_that_wait_are_printed(stack: Lists, large: str, small: str) -> None:
    """With the facts for a decision, and without the token."""
    ran = stack.ran("waiting")
    [listed] = ran.report["lists"]
    assert (listed["list_id"], listed["rows"], listed["partner"]) == (large, 3, "acme")
    assert set(listed["amounts"]) == {"amount"}
    out = stack.list_say("waiting", "test")[1]
    assert large in out
    assert small not in out
    assert "3 of 3 rows, amount" in out.replace("\n", " ")
    assert TOKEN not in out + json.dumps(ran.report)


def test_the_sums_of_a_renamed_field_have_its_name(stack: Lists, large: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the rule of the approval sees them. The record has the earlier name, as the items of rows do."""
    amounts = stack.record(large).amounts["amount"]
    monkeypatch.setitem(PAYMENT.__dict__, "attributes", {**PAYMENT.attributes, "amount": "total"})
    _set(large, amounts={"total": dict(amounts)})
    [listed] = stack.ran("waiting").report["lists"]
    assert set(listed["amounts"]) == {"amount"}
    assert set(stack.ran("approve", large).report["amounts"]) == {"amount"}


def test_an_approval_is_recorded_and_sent(stack: Lists, large: str) -> None:
    """With the caller. The token is removed from the record, whose size each update of the import consumes."""
    ran = stack.ran("approve", large)
    assert (ran.status, ran.report["result"], ran.report["decided_by"]) == (0, "approved", PERSON)
    record = stack.record(large)
    assert (record.status, record.decided_by, record.task_token) == (ListStatus.IMPORTING, PERSON, "")
    assert record.decided_at == int(stack.clock.now().timestamp())
    assert stack.executions.sent == [(TOKEN, "{}")]


def test_a_rejection_is_recorded_and_sent(stack: Lists, large: str) -> None:
    """With the reason for the partner."""
    ran = stack.ran("reject", large, "--reason", f" {REASON}\n")
    assert (ran.status, ran.report["result"]) == (0, "rejected")
    record = stack.record(large)
    assert (record.status, record.reason, record.code) == (ListStatus.COMPENSATING, REASON, "list-not-approved")
    assert stack.executions.sent == [(TOKEN, NOT_APPROVED)]


def test_a_decision_before_the_token_is_recorded(stack: Lists) -> None:
    """The state reads it."""
    list_id = stack.verified("large.csv", 3)
    assert stack.ran("approve", list_id).status == 0
    assert stack.executions.sent == []


@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve"), ("approve", "approve")])
def test_the_second_decision_is_refused(stack: Lists, large: str, first: str, second: str) -> None:
    """With the person and the time of the first."""
    reasons = {"reject": ("--reason", REASON), "approve": ()}
    assert stack.ran(first, large, *reasons[first]).status == 0
    before = stack.record(large)
    ran = stack.ran(second, large, *reasons[second])
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert PERSON in ran.report["why"]
    assert "The first decision counts" in ran.report["why"]
    assert (stack.record(large), len(stack.executions.sent)) == (before, 1)


def test_a_killed_run_is_completed_by_the_next(stack: Lists, large: str) -> None:
    """The decision was recorded, and its token not sent. The other decision is refused."""
    _set(large, decided_at=7, decided_by="first")
    assert stack.ran("reject", large, "--reason", REASON).status == 2
    ran = stack.ran("approve", large)
    assert (ran.status, ran.report["decided_by"], stack.executions.sent) == (0, "first", [(TOKEN, "{}")])


def test_an_approval_after_the_timeout_is_late(stack: Lists, large: str) -> None:
    """The state machine rejects the list."""
    stack.executions.tokens.clear()
    ran = stack.ran("approve", large)
    assert (ran.status, ran.report["result"]) == (1, "late")


def test_a_list_that_does_not_wait_is_refused(stack: Lists, small: str) -> None:
    """Also after its end."""
    for status in ("IMPORTING", "IMPORTED"):
        _set(small, status=status)
        ran = stack.ran("approve", small)
        assert ran.status == 2
        assert f"{small} is {status} and does not wait" in ran.report["why"]


def test_an_unknown_list_is_refused(stack: Lists) -> None:
    """With the command that prints the lists."""
    ran = stack.ran("approve", "0" * 32)
    assert (ran.status, "context list waiting test" in ran.report["why"]) == (2, True)


def test_a_list_whose_execution_ended_is_refused(stack: Lists, large: str) -> None:
    """Another command closes it."""
    stack.executions.status = "ABORTED"
    ran = stack.ran("approve", large)
    assert (ran.status, f"context list close test {large}" in ran.report["why"]) == (2, True)
    assert stack.record(large).decided_at == 0


@pytest.mark.parametrize("reason", [(), ("--reason", " \n")], ids=["missing", "empty"])
def test_a_rejection_needs_a_reason(stack: Lists, large: str, reason: tuple[str, ...]) -> None:
    """The partner gets it."""
    status, _, err = stack.list_say("reject", "test", large, *reason)
    assert (status, "reason" in err) == (2, True)
    assert stack.record(large).awaits_approval


def test_a_waiting_list_is_not_closed(stack: Lists, large: str) -> None:
    """It is rejected. After its execution was stopped, it is closed."""
    ran = stack.list_close(large, "--go")
    assert (ran.status, f"context list reject test {large}" in ran.report["why"]) == (2, True)
    stack.executions.status = "ABORTED"
    assert stack.list_close(large, "--go").status == 0
    assert stack.record(large).status is ListStatus.FAILED


def test_the_commands_need_all_actions_of_their_policy_and_no_other(stack: Lists, large: str) -> None:
    """The key's actions are the table's."""
    assert "approve" in PERSONS
    called, services = set[str](), stack.services()
    watched = {name: Watched(client, name, called, None) for name, client in services.items()}
    stack.services = lambda: watched
    other = stack.verified("other.csv", 4)
    _set(other, task_token="token-2")
    stack.executions.tokens.add("token-2")
    assert [stack.ran("waiting").status, stack.ran("approve", large).status] == [0, 0]
    assert stack.ran("reject", other, "--reason", REASON).status == 0
    granted = {action for grant in ROLES["approve"] for action in (*grant.read, *grant.write)}
    # The identity of the caller needs no permission.
    assert granted - {"kms:Decrypt", "kms:GenerateDataKey"} == called - {"sts:GetCallerIdentity"}
