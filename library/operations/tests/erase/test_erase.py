"""One person's data is erased in every store, and nobody else's."""

import json

import pytest

from bounded_context.application import ranges
from bounded_context.application.results import RuleProgress, digest_of
from bounded_context.domain.faults import Fault
from bounded_context.domain.formats import FileFormat
from bounded_context.domain.rows import Rejection
from bounded_context.testing.functions import TABLE, LambdaContext
from tests.erase.conftest import BATCH, BUCKET, GIVEN_UP, NAME, OTHER, PERSON, SAMPLES, Stack, row
from tests.handlers.functions import handler

STORES = ("table", "reports", "staging", "incoming", "given-up", "dead letters of bi")


def test_the_person_is_in_every_store_before(stack: Stack) -> None:
    """Else the other tests would prove nothing."""
    places = {place.partition(" ")[0] + place.partition(" ")[2][:8] for place in stack.known()}
    assert places == {
        "tablePAYMENT#",
        "tablepayment.",
        "inboxincoming",
        "inboxstaging/",
        "inboxreports/",
        "given-upaws/lamb",
        "deadletters",
    }


def test_a_search_lists_each_store_and_changes_nothing(stack: Stack) -> None:
    """The exit status is 0, since the search is complete."""
    before = stack.known()
    ran = stack.erase()
    assert (ran.status, ran.report["result"]) == (0, "looked")
    assert all(ran.store(name)["found"] for name in STORES)
    assert stack.known() == before


def test_an_erasure_leaves_nothing_of_the_person(stack: Stack) -> None:
    """In no version of an object, no stored answer and no dead letter."""
    ran = stack.erase("--go")
    assert (stack.known(), ran.status, ran.report["result"]) == ([], 0, "erased")
    assert stack.item() is None


def test_others_keep_their_data(stack: Stack) -> None:
    """Their items, their dead letters and their changes in a batch; the person's are masked and still there."""
    stack.erase("--go")
    assert (stack.item(OTHER) or {})["payer"] == "text 4"
    letters = {event["id"]: event["data"]["payer"] for event in map(json.loads, stack.bodies("dead"))}
    assert letters == {"event-3": "erased", "event-4": "text 4"}
    batch = stack.s3.get_object(Bucket=GIVEN_UP, Key=BATCH)["Body"].read()
    records = json.loads(json.loads(batch)["payload"])["Records"]
    assert [record["dynamodb"]["NewImage"]["payer"]["S"] for record in records] == ["erased", "text 4"]


def test_a_second_run_finds_nothing(stack: Stack) -> None:
    """The search is its own proof."""
    stack.erase("--go")
    ran = stack.erase("--go")
    assert ran.status == 0
    assert [store["found"] for store in ran.report["stores"]] == [0] * len(ran.report["stores"])


def test_an_aggregate_that_stays_has_no_personal_data(stack: Stack) -> None:
    """Its other fields stay. A repeated run finds it erased."""
    before = stack.item() or {}
    assert stack.erase("--keep", "--go").status == 0
    after = stack.item() or {}
    assert (after["payer"], after["amount"], after["status"]) == ("erased", before["amount"], before["status"])
    assert (after["version"], "erased_at" in after) == (before["version"] + 1, True)
    assert (after["created_at"], after["changed_at"] >= before["changed_at"]) == (before["created_at"], True)
    assert stack.known() == []
    assert stack.erase("--keep").store("table")["found"] == 0


def test_an_unknown_id_is_searched_for(stack: Stack) -> None:
    """A person may be in a file, although the aggregate was never created or is already deleted."""
    ran = stack.erase("--go", identity="nobody")
    assert (ran.status, ran.report["result"]) == (0, "erased")
    assert stack.known()


def test_a_row_whose_id_begins_with_the_id_stays(stack: Stack) -> None:
    """No cell but the identity counts either."""
    ran = stack.erase(identity=PERSON[:-1])
    assert sum(store["found"] for store in ran.report["stores"]) == 0
    assert stack.erase(identity="EUR").store("incoming")["found"] == 0


def test_the_screen_has_the_stores_and_the_next_command_and_no_personal_data(stack: Stack) -> None:
    """The person may look over the operator's shoulder."""
    _, searched, _ = stack.say(PERSON, "--keep")
    assert all(name in searched for name in (*STORES, "the table's stream"))
    assert f"uv run context erase test {PERSON} --keep --outputs {stack.file} --go" in searched.replace("\n", "")
    _, erased, _ = stack.say(PERSON, "--go")
    assert "Nothing was changed" not in erased
    assert NAME not in searched + erased


@pytest.mark.parametrize(
    "format_",
    [
        FileFormat(delimiter=";", encoding="windows-1252", compression="gzip"),
        pytest.param(FileFormat(encoding="utf-16", delimiter="\t"), marks=pytest.mark.nightly),
        FileFormat(kind="json-lines", compression="gzip", header={"Nummer": "payment_id"}),
    ],
    ids=lambda format_: format_.encoding + format_.kind,
)
@pytest.mark.parametrize("cut", [pytest.param(0, marks=pytest.mark.nightly), 30], ids=["whole", "cut"])
def test_a_row_in_a_file_of_any_format_is_erased(stack: Stack, format_: FileFormat, cut: int) -> None:
    """Also in a list that was refused, and in a file whose end is lost: the search knows no format."""
    data = SAMPLES.file([row(number, subscription_id="é") for number in range(400)], format_=format_)
    stack.take("odd.csv", data[: len(data) - cut])
    assert stack.erase("--go").status == 0
    kept = [version["Key"] for version in stack.s3.list_object_versions(Bucket=BUCKET).get("Versions", [])]
    assert "incoming/acme/odd.csv" not in kept


def test_a_file_of_others_in_another_format_stays(stack: Stack) -> None:
    """Its bytes differ, and its rows are others'."""
    rows = [row(number) for number in range(400) if SAMPLES.aggregate(number).id != PERSON]
    stack.take("odd.csv", SAMPLES.file(rows, format_=FileFormat(encoding="utf-16", compression="gzip")))
    stack.erase("--go")
    assert stack.s3.get_object(Bucket=BUCKET, Key="incoming/acme/odd.csv")["Body"].read()


def test_a_large_list_leaves_no_digest_and_no_rejection_of_the_person(
    empty: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ranges stored digests of the identities, and the rejections; the objects of others stay."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 200)
    bad = {**row(3), "payer": f"={NAME}", "amount": "much"}
    list_id = _validated_in_ranges(empty, SAMPLES.file([row(n) for n in (1, 2, 4, 5, 6, 3, 7, 8, 9, 10)] + [bad] * 3))
    before = _staged(empty, list_id)
    assert sum(digest_of(PERSON) in data for data in before.values()) == 1
    empty.erase("--go")
    after = _staged(empty, list_id)
    assert not any(digest_of(PERSON) in data or b"much" in data for data in after.values())
    assert sum(digest_of(OTHER) in data for data in after.values()) == 1


def test_a_list_whose_rule_was_throttled_leaves_no_progress_of_the_person(empty: Stack) -> None:
    """Progress has the values that the rule made of a row, and the lines of rejected rows. Others' progress stays."""
    list_id = _validated(empty, SAMPLES.file([row(n) for n in (1, 2, 3, 4)]))
    own = [RuleProgress(5, created={5: row(3)}), RuleProgress(5, [Rejection(4, "", "refused", Fault.RULE)])]
    progress = [*own, RuleProgress(3, [Rejection(3, "", "refused", Fault.RULE)], {2: row(1)})]
    for number, rule_progress in enumerate(progress):
        empty.s3.put_object(
            Bucket=BUCKET, Key=f"staging/{list_id}/progress/part-{number}.json", Body=rule_progress.as_json()
        )
    empty.erase("--go")
    kept = [key.rpartition("/")[2] for key in _staged(empty, list_id) if "/progress/" in key]
    assert kept == ["part-2.json"]


def _validated(stack: Stack, data: bytes) -> str:
    """Validate a small list, and close it; return its id."""
    stack.upload("small.csv", data)
    event = stack.register("small.csv")
    handler("validate_list")(event, LambdaContext())
    stack.close(event["list_id"], "REJECTED")
    return event["list_id"]


def _validated_in_ranges(stack: Stack, data: bytes) -> str:
    """Validate a list as the workflow does, and close it; return its id."""
    stack.upload("large.csv", data)
    event = stack.register("large.csv")
    validate = handler("validate_list")
    assert validate(event, LambdaContext())["outcome"] == "SPLIT"
    body = stack.s3.get_object(Bucket=BUCKET, Key=f"staging/{event['list_id']}/ranges.json")["Body"].read()
    for place in json.loads(body):
        validate({"list_id": event["list_id"], "range": place}, LambdaContext())
    validate({**event, "outcome": "SPLIT"}, LambdaContext())
    stack.close(event["list_id"], "REJECTED")
    return event["list_id"]


def _staged(stack: Stack, list_id: str) -> dict[str, bytes]:
    """Return the staged objects of a list by their keys."""
    versions = stack.s3.list_object_versions(Bucket=BUCKET, Prefix=f"staging/{list_id}/").get("Versions", [])
    return {
        version["Key"]: stack.s3.get_object(Bucket=BUCKET, Key=version["Key"])["Body"].read() for version in versions
    }


@pytest.mark.parametrize(("name", "status"), [("event-hops", 0), ("nickname", 1)])
def test_the_librarys_own_attributes_are_no_obstacle(name: str, status: int, stack: Stack) -> None:
    """Such as those of a reaction, a deadline and children. An unknown field is an obstacle."""
    stack.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"PAYMENT#{PERSON}"}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": {"S": "1"}},
    )
    assert stack.erase("--go").status == status
    assert (stack.known() == []) is (status == 0)
