"""An erasure that is killed at any call, or that meets other callers."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from payment.context import PAYMENT

from bounded_context.testing.functions import BUCKET, TABLE, LambdaContext
from bounded_context_operations.repair.redrive.messages import HIDDEN_SECONDS
from tests.erase.conftest import BATCH, GIVEN_UP, NAME, OTHER, PERSON, Stack, row
from tests.handlers.functions import ID, SAMPLES, handler

WRITES = {"put_item", "update_item", "delete_item", "put_object", "delete_object", "send_message", "delete_message"}


class Killed(BaseException):
    """The process ended: no handler runs, and no message is released."""


class Client:
    """A client that calls `before` and `after` at each write, with the name of its operation."""

    def __init__(self, client: Any, before: Callable[[str], None], after: Callable[[str], None]) -> None:
        self._client, self._before, self._after = client, before, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in WRITES:
            return method

        def called(**parameters: Any) -> Any:
            self._before(name)
            answer = method(**parameters)
            self._after(name)
            return answer

        return called


def _nothing(_: str) -> None:
    pass


def observe(stack: Stack, before: Callable[[str], None] = _nothing, after: Callable[[str], None] = _nothing) -> None:
    """Let a stack's clients tell of their writes."""
    stack.services = lambda: {name: Client(client, before, after) for name, client in Stack.services(stack).items()}


def killed_at(stack: Stack, call: int, operations: set[str] = WRITES) -> bool:
    """Run an erasure that is killed after its write of this number; return whether it got there."""
    writes = 0

    def count(name: str) -> None:
        nonlocal writes
        writes += name in operations
        if writes == call:
            raise Killed

    observe(stack, after=count)
    try:
        stack.erase("--go")
    except Killed:
        return True
    finally:
        del stack.services
        stack.clock.sleep(HIDDEN_SECONDS)
    return False


def is_whole(stack: Stack) -> bool:
    """Return whether no change of the batch and no dead letter is lost."""
    batch = stack.s3.get_object(Bucket=GIVEN_UP, Key=BATCH)["Body"].read()
    letters = {event["id"] for event in map(json.loads, stack.bodies("dead"))}
    return len(json.loads(json.loads(batch)["payload"])["Records"]) == 2 and letters == {"event-3", "event-4"}


def test_a_killed_run_loses_nothing_and_the_next_run_completes_it(stack: Stack) -> None:
    """It is killed after its first write, the next run after its second, and so on until no write is left."""
    kills = 1
    while killed_at(stack, kills):
        kills += 1
        assert is_whole(stack)
    assert kills > 3
    assert stack.erase("--go").status == 0
    assert (stack.known(), stack.item()) == ([], None)
    assert (stack.item(OTHER) or {})["payer"] == "text 4"


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(write, marks=() if write in {"delete_object", "delete_message"} else pytest.mark.nightly)
        for write in sorted(WRITES)
    ],
)
def test_a_run_that_is_killed_after_a_write_of_each_kind_is_completed(stack: Stack, operation: str) -> None:
    """The report's lines are found again, since the files that they belong to go last."""
    assert killed_at(stack, 1, {operation})
    assert is_whole(stack)
    assert stack.erase("--go").status == 0
    assert (stack.known(), stack.item()) == ([], None)


def test_ctrl_c_ends_with_its_own_status_and_releases_the_messages(stack: Stack) -> None:
    """Another run can follow at once."""

    def stop(name: str) -> None:
        if name == "delete_message":
            raise KeyboardInterrupt

    observe(stack, before=stop)
    assert stack.say(PERSON, "--go")[0] == 130
    del stack.services
    assert stack.erase("--go").status == 0
    assert stack.known() == []


def test_a_command_at_the_same_time_is_not_lost_and_brings_nothing_back(stack: Stack) -> None:
    """It changes the aggregate between the read and the write of the erasure."""
    before, changes = stack.item() or {}, []

    def change(name: str) -> None:
        if name == "put_item" and not changes:
            changes.append(name)
            boto3.resource("dynamodb").Table(TABLE).put_item(
                Item={**before, "version": before["version"] + 1, "etag": "a.b", "amount": "99.00"}
            )

    observe(stack, before=change)
    assert stack.erase("--keep", "--go").status == 0
    after = stack.item() or {}
    assert (after["amount"], after["payer"], after["version"]) == ("99.00", "erased", before["version"] + 2)


def test_an_item_is_masked_before_it_is_deleted(stack: Stack) -> None:
    """The event of a deletion has the item's last values, and the request for subscribers."""
    deleted: list[dict[str, Any]] = []
    observe(stack, before=lambda name: deleted.append(stack.item() or {}) if name == "delete_item" else None)
    stack.erase("--go")
    assert [(item["payer"], "erased_at" in item) for item in deleted] == [("erased", True)]


def test_an_aggregate_that_is_registered_again_is_reported(stack: Stack) -> None:
    """The person came back while the command ran: the search afterwards sees it."""
    payload = {**row(3)}

    def register(name: str) -> None:
        if name == "delete_item":
            message = {"idempotency_key": "back", "payload": payload}
            assert handler(PAYMENT.command_functions[0])(message, LambdaContext())["ok"]

    observe(stack, after=register)
    ran = stack.erase("--go")
    assert (ran.status, ran.report["result"]) == (1, "left")
    del stack.services
    assert stack.erase("--go").status == 0
    assert stack.known() == []


def test_a_repeated_command_gets_an_answer_and_does_not_bring_the_person_back(stack: Stack) -> None:
    """The stored answer stays, without the data."""
    payload = {**row(90), "payer": NAME}
    message = {"idempotency_key": "key-9", "payload": payload}
    create = handler(PAYMENT.command_functions[0])
    create(message, LambdaContext())
    assert stack.erase("--go", identity=payload[ID]).status == 0
    assert create(message, LambdaContext())["payment"]["payer"] == "erased"
    assert stack.item(payload[ID]) is None


def test_a_list_that_is_not_closed_keeps_its_rows(stack: Stack) -> None:
    """Its import and its undo need them. Everything else is erased, and the rest once the list is closed."""
    stack.upload("march.csv", SAMPLES.file([row(3), *(row(n) for n in range(100, 110))]))
    listed = stack.register("march.csv")
    handler("validate_list")(listed, LambdaContext())
    ran = stack.erase("--go")
    assert ran.status == 1
    assert all(listed["list_id"] in entry["why"] for entry in (*ran.remaining("incoming"), *ran.remaining("staging")))
    assert len(ran.remaining("incoming")) == 1
    assert stack.item() is None
    assert handler("verify_subscription")(listed, LambdaContext())["outcome"]
    stack.close(listed["list_id"], "FAILED")
    assert stack.erase("--go").status == 0
    assert stack.known() == []


def test_a_list_that_opens_during_the_erasure_keeps_its_report(stack: Stack) -> None:
    """The list's state is read in front of each deletion, not at the search of the files alone."""
    stack.upload("march.csv", SAMPLES.file([row(3)]))
    report = "reports/acme/march.csv.report.csv"
    stack.s3.put_object(Bucket=BUCKET, Key=report, Body=f"2,{PERSON}".encode())

    def register(name: str) -> None:
        if name == "delete_object" and not registered:
            registered.append(stack.register("march.csv")["list_id"])

    registered: list[str] = []
    observe(stack, after=register)
    [entry] = stack.erase("--go").remaining("reports")
    assert (entry["place"].split()[0], registered[0] in entry["why"]) == (report, True)


def test_an_aggregate_whose_list_is_not_closed_waits(stack: Stack) -> None:
    """The undo of the list deletes it, or the import completes it."""
    list_id = str((stack.item() or {})["list_id"])
    stack.close(list_id, "COMPENSATING")
    assert [list_id in entry["why"] for entry in stack.erase("--go").remaining("table")] == [True]
    assert (stack.item() or {})["payer"] == NAME


def test_an_upload_without_a_list_waits_until_no_list_comes_of_it(stack: Stack) -> None:
    """Its event may be late. After 14 days nothing imports it any more."""
    stack.upload("lost.csv", SAMPLES.file([row(3)]))
    assert ["unseen" in entry["why"] for entry in stack.erase("--go").remaining("incoming")] == [True]
    stack.clock.sleep(15 * 24 * 3600)
    assert stack.erase("--go").status == 0
    assert stack.known() == []


def test_replaced_and_removed_versions_of_a_file_are_erased_alone(stack: Stack) -> None:
    """The newest version has another person's rows only, and stays."""
    stack.upload("january.csv", SAMPLES.file([row(7)]))
    stack.s3.delete_object(Bucket=BUCKET, Key="incoming/acme/february.csv")
    assert stack.erase("--go").status == 0
    assert stack.known() == []
    assert stack.s3.get_object(Bucket=BUCKET, Key="incoming/acme/january.csv")["Body"].read()


@pytest.mark.parametrize(
    "data",
    [
        f"payment_id;payer\n{PERSON};{NAME}\n",
        f'"{PERSON},{NAME}',
        f"{PERSON},{NAME}\n",
        f"payment_id\n{PERSON},{NAME}\n",
    ],
    ids=["another separator", "an open quote", "no header", "a longer row"],
)
def test_a_file_that_is_not_a_list_is_searched_for_words(stack: Stack, data: str) -> None:
    """A row that cannot be read counts as the person's if any of its cells is the identity."""
    stack.take("odd.csv", data.encode())
    assert stack.erase("--go").status == 0
    assert stack.known() == []


def test_a_batch_that_a_redrive_delivers_meanwhile_stays_delivered(stack: Stack) -> None:
    """The masked copy does not bring it back."""

    def redrive(name: str) -> None:
        if name == "put_object":
            stack.s3.delete_object(Bucket=GIVEN_UP, Key=BATCH)

    observe(stack, before=redrive)
    assert stack.erase("--go").status == 0
    assert stack.s3.list_objects_v2(Bucket=GIVEN_UP).get("KeyCount") == 0
    assert stack.known() == []
