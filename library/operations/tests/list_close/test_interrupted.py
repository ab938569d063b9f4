"""A run that is killed at any call, lacks a permission, or meets other callers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context.adapters.items import Items
from bounded_context.domain.lists import ListStatus
from bounded_context.testing.functions import TABLE
from bounded_context_operations.repair.lists import Rows
from bounded_context_platform.permissions.grants import ROLES
from tests.handlers.functions import SAMPLES
from tests.list_close.conftest import ROWS, Stack
from tests.permissions.watched import ROLE, Watched, tried

BESIDE = {"kms:Decrypt", "kms:GenerateDataKey", "s3:ListBucket", "dynamodb:Scan"}
"""Required by AWS for the other calls, and by contexts without the index."""
NAMES = {
    "dynamodb:TransactWriteItems": "dynamodb:DeleteItem",
    "s3:HeadObject": "s3:GetObject",
    "sns:PublishBatch": "sns:Publish",
}
"""IAM's names of calls."""
CALLED = {action for grant in ROLES["close"] for action in (*grant.read, *grant.write)} - BESIDE


WRITES = {"update_item", "transact_write_items", "put_object", "publish_batch"}


class Killed(BaseException):
    """The process ended."""


class Client:
    """A client that calls `after` after each write."""

    def __init__(self, client: Any, after: Callable[[], None]) -> None:
        self._client, self._after = client, after

    def __getattr__(self, name: str) -> Any:
        def called(**parameters: Any) -> Any:
            answer = getattr(self._client, name)(**parameters)
            if name in WRITES:
                self._after()
            return answer

        return called


def _killed_at(stack: Stack, list_id: str, call: int) -> bool:
    """Run the command, killed after its call of this number; return whether it got there."""
    calls = iter(range(1, 10_000))

    def count() -> None:
        if next(calls) == call:
            raise Killed

    clients = {name: Client(client, count) for name, client in Stack.services(stack).items()}
    stack.services = lambda: clients
    try:
        stack.list_close(list_id, "--go")
    except Killed:
        return True
    finally:
        del stack.services
    return False


@pytest.mark.nightly
def test_a_killed_run_is_completed_by_the_next(stack: Stack) -> None:
    """It is killed after each of its writes in turn, also between the event and the end of the list."""
    kills, late = 0, 0
    while True:
        list_id = stack.halfway(f"{kills}.csv", range(1))
        if not _killed_at(stack, list_id, kills + 1):
            break
        kills += 1
        if stack.record(list_id).closed:
            late += 1
        else:
            assert stack.list_close(list_id, "--go").status == 0
        assert stack.rows() == set()
        assert stack.record(list_id).status is ListStatus.FAILED
        assert {event["id"] for event in stack.published()} == {f"{list_id}-rejected"}
    assert (kills, late) == (5, 1)


def test_ctrl_c_ends_with_its_own_status(stack: Stack, list_id: str) -> None:
    """Another run can follow at once."""

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    sleep, stack.clock.sleep = stack.clock.sleep, stop
    ran = stack.list_close(list_id, "--go")
    assert (ran.status, ran.report["result"], ran.report["rows"]) == (130, "interrupted", ROWS)
    stack.clock.sleep = sleep
    assert stack.list_close(list_id, "--go").status == 0


def _watch(stack: Stack, lacking: str | None = None) -> set[str]:
    actions: set[str] = set()
    call = next((name for name, action in NAMES.items() if action == lacking), lacking)
    watched = {name: Watched(client, name, actions, call) for name, client in Stack.services(stack).items()}
    stack.services = lambda: watched
    return actions


def test_the_command_needs_all_actions_of_its_policy_and_no_other(stack: Stack) -> None:
    """Also for a rejected list, whose report has lines of rejected rows."""
    list_id = stack.halfway("january.csv", range(ROWS))
    actions = _watch(stack)
    assert stack.list_close(list_id, "--go").status == 0
    assert {NAMES.get(action, action) for action in actions} == CALLED


@pytest.mark.parametrize("action", tried(CALLED))
def test_a_missing_action_is_reported_with_the_document(stack: Stack, list_id: str, action: str) -> None:
    """A run with the permission closes the list."""
    _watch(stack, action)
    ran = stack.list_close(list_id, "--go")
    assert ran.status in (1, 2)
    reason = ran.report.get("why") or ran.report["stopped"]
    assert f"the role {ROLE} may not" in reason
    assert "`context permissions close <stack>`" in reason
    del stack.services
    assert stack.list_close(list_id, "--go").status == 0
    assert stack.rows() == set()


def test_conflicts_and_throttled_deletions_are_repeated(stack: Stack, list_id: str, monkeypatch: Any) -> None:
    """Another transaction may hold a row for milliseconds."""
    codes = iter(["TransactionConflict", "ThrottlingError"])
    transact = stack.dynamodb.transact_write_items
    monkeypatch.setattr("time.sleep", lambda _: None)

    def refused(**parameters: Any) -> Any:
        if reason := next(codes, None):
            reasons: Any = [{"Code": reason}, {"Code": "ConditionalCheckFailed"}]
            error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(error, "TransactWriteItems")
        return transact(**parameters)

    stack.dynamodb.transact_write_items = refused
    assert stack.list_close(list_id, "--go").status == 0
    assert stack.rows() == set()


def test_without_the_index_the_whole_table_is_read(stack: Stack, list_id: str) -> None:
    """Only aggregates count: other items have the list's id too."""
    rows = Rows(replace(PAYMENT, queried_by=()), stack.dynamodb, TABLE, lambda _: None)
    assert sorted(identity for page in rows.of_list(list_id) for identity in page) == sorted(stack.rows())
    assert rows.count(list_id) == ROWS


@pytest.mark.slow
def test_a_list_of_several_pages_is_counted_and_undone(stack: Stack, list_id: str) -> None:
    """A transaction has at most 100 rows."""
    table, items = boto3.resource("dynamodb").Table(TABLE), Items(PAYMENT)
    with table.batch_writer() as batch:
        for number in range(100, 200):
            batch.put_item(Item=items.from_aggregate(SAMPLES.aggregate(number, list_id=list_id)))
    without_index = Rows(replace(PAYMENT, queried_by=()), stack.dynamodb, TABLE, lambda _: None)
    assert max(len(page) for page in without_index.of_list(list_id)) == 100
    assert stack.list_close(list_id, "--go").report["rows"] == ROWS + 100
    assert stack.rows() == set()
