"""Reactions: each claim of a policy is asked once, however its messages come, and however many claims there are."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import time
from typing import Any, cast

import boto3
import pytest

from bounded_context import BadContext, By, Copy, Reaction, ReceivedEvent, Unavailable, aws
from bounded_context.adapters import reactions as adapter
from bounded_context.adapters.items import HOPS
from bounded_context.application import reactions
from bounded_context.handlers._requests import Refused
from bounded_context.testing.functions import forget_adapters, handler_of
from bounded_context_local.testing.plugin import made_table
from tests.claims import CANCELLED, CLAIM, Claim, ClaimDetails, RejectClaim, Status, context_of, with_rule
from tests.foreign import record, sequenced, text
from tests.handlers.conftest import LambdaContext, Lines

Deliver = Callable[..., list[str]]
POLICY = {"aggregate": "policy", "created_by": ["PolicyRegistered", "PolicyCancelled", "ClaimWithdrawn.2"]}
CONSUMES = {"policy": POLICY | {"deleted_by": ["PolicyLapsed"]}}


@pytest.fixture
def queue(settings: None, aws: None, topic: Any, dead_letters: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The inbound queue, an empty table of claims, and the settings that name both."""
    url = boto3.client("sqs").create_queue(QueueName="inbound")["QueueUrl"]
    made_table(CLAIM)
    for name, value in {
        "CONSUMES": json.dumps(CONSUMES),
        "DEAD_LETTER_URL": dead_letters,
        "INBOUND_URL": url,
    }.items():
        monkeypatch.setenv(name, value)
    forget_adapters()
    yield url
    forget_adapters()


@pytest.fixture
def deliver(queue: str, context: LambdaContext) -> Deliver:
    """Hands messages to OnEvent, and returns the ids of those that fail."""

    def delivered(*events: Any, of: Any = CLAIM, settled: bool | str = True) -> list[str]:
        marks = {"type": text("any")} | ({"settled": text(str(settled).lower())} if settled else {})
        messages = [record(event, f"m-{number}", **marks) for number, event in enumerate(events)]
        answer = handler_of(of, "on_event")({"Records": messages}, context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return delivered


def _event(number: int, event_type: str = "PolicyCancelled", subject: str = "p-1", **members: Any) -> Any:
    return sequenced(number, event_type, subject, **{"source": "policy", "data": {"reason": "fraud"}, **members})


def _add(count: int, policy: str = "p-1", prefix: str = "c", *, same_day: bool = False, **values: Any) -> None:
    for number in range(count):
        opened_on = f"2026-01-{1 if same_day else 1 + number // 2:02d}"
        given = {"claim_id": f"{prefix}-{number:04d}", "policy_id": policy, "opened_on": opened_on}
        details = ClaimDetails.model_validate(given)
        aws.aggregates(CLAIM).add(Claim(details, Status.OPEN, **values))


def _items() -> dict[Any, Any]:
    table: Any = boto3.resource("dynamodb").Table("table")
    return {item["pk"]: item for item in table.scan()["Items"]}


def _claims() -> dict[str, tuple[str, int]]:
    """Return the status and the version of each claim."""
    items = {key.removeprefix("CLAIM#"): item for key, item in _items().items() if key.startswith("CLAIM#")}
    return {identity: (item["status"], int(item["version"])) for identity, item in sorted(items.items())}


def _received(url: str) -> list[Any]:
    return (
        boto3.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0)
        .get("Messages", [])
    )


def test_the_open_claims_of_a_policy_are_rejected_once(deliver: Deliver):
    """Claims of other policies, and claims that are closed, stay; a repeated event has no second effect."""
    _add(3)
    _add(1, "p-2", "other")
    claim = aws.aggregates(CLAIM).get("c-0001")
    aws.aggregates(CLAIM).save(claim.moved_to(Status.PAID))
    assert deliver(_event(5)) == []
    after = {"c-0000": ("REJECTED", 2), "c-0001": ("PAID", 2), "c-0002": ("REJECTED", 2), "other-0000": ("OPEN", 1)}
    assert _claims() == after
    assert deliver(_event(5), _event(5)) == []
    assert _claims() == after
    assert _items()["POLICY#p-1"]["status"] == "KNOWN"


def test_an_event_is_delivered_again_while_its_command_makes_two_changes(deliver: Deliver):
    """After the repair of the rule, a redrive has the effect."""
    _add(1)

    def rejects_twice(command: RejectClaim, claims: Any) -> Claim:
        claims.save(claims.get(command.id).moved_to(Status.REJECTED).moved_to(Status.REJECTED))
        return claims.get(command.id)

    faulty = [replace(each, rule=rejects_twice) if each.model is RejectClaim else each for each in CLAIM.commands]
    with pytest.raises(Refused):
        deliver(_event(5), of=replace(CLAIM, commands=tuple(faulty)))
    assert _claims() == {"c-0000": ("OPEN", 1)}
    assert deliver(_event(5)) == []
    assert _claims() == {"c-0000": ("REJECTED", 2)}


def test_a_repeat_has_one_effect_although_the_rule_returns_a_command(deliver: Deliver, monkeypatch: pytest.MonkeyPatch):
    """By the key of event and identity, also if the progress was lost."""
    _add(1)
    calls: list[str] = []

    def rule(event: ReceivedEvent, claim: Claim) -> RejectClaim:
        calls.append(claim.status)
        return RejectClaim(claim_id=claim.id)

    of = with_rule(rule)
    deliver(_event(5), of=of)
    boto3.resource("dynamodb").Table("table").delete_item(Key={"pk": f"{adapter.PREFIX}POLICY#p-1"})
    deliver(_event(5), of=of)
    assert (calls, _claims()) == (["OPEN", "REJECTED"], {"c-0000": ("REJECTED", 2)})


def test_an_older_event_after_a_newer_is_stale(deliver: Deliver):
    """Of the events with a reaction: an event without one does not replace them."""
    _add(1)
    deliver(_event(7, "PolicyRegistered"), _event(5))
    assert _claims() == {"c-0000": ("REJECTED", 2)}
    _add(1, "p-2", "late")
    deliver(_event(9, "PolicyLapsed", "p-3"), _event(8, subject="p-3"), _event(9, subject="p-2"))
    assert _claims()["late-0000"] == ("REJECTED", 2)
    _add(1, "p-3", "kept")
    deliver(_event(8, subject="p-3"))
    assert _claims()["kept-0000"] == ("OPEN", 1)


def test_a_reaction_waits_for_registrations_that_began_before(deliver: Deliver, queue: str):
    """They may have read the earlier copy. The copy of the message has the mark; a repeat waits again."""
    _add(1)
    assert deliver(_event(5), settled=False) == []
    assert (_claims()["c-0000"], _items()["POLICY#p-1"]["event_id"]) == (("OPEN", 1), "event-5")
    assert _received(queue) == []
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


def test_many_claims_are_asked_over_several_calls(
    deliver: Deliver, queue: str, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Each call goes on where the last call stopped, with a copy of the message."""
    _add(60, same_day=True)
    left = iter([1.0] * 12 + [-1.0] * 1000)
    monkeypatch.setattr(reactions, "seconds_to_spare", lambda: next(left))
    assert deliver(_event(5)) == []
    first = sum(status == "REJECTED" for status, _ in _claims().values())
    assert 0 < first < 60
    monkeypatch.setattr(reactions, "seconds_to_spare", lambda: 1.0)
    asked: list[str] = []
    original = reactions._Asking._ask
    monkeypatch.setattr(reactions._Asking, "_ask", lambda self, name: (asked.append(name), original(self, name))[1])
    [message] = _received(queue)
    assert message["MessageAttributes"]["type"]["StringValue"] == "any"
    assert deliver(json.loads(message["Body"])) == []
    assert set(_claims().values()) == {("REJECTED", 2)}
    assert len(asked) == len(set(asked)) == 60 - first


def test_pages_of_an_index_with_an_order_go_on_at_their_place(
    deliver: Deliver, queue: str, monkeypatch: pytest.MonkeyPatch
):
    """The place has the value of the order too."""
    of = context_of(CANCELLED, queried_by=(By("policy_id", order="opened_on", newest_first=True),))
    boto3.resource("dynamodb").Table("table").delete()
    made_table(of)
    _add(7)
    monkeypatch.setattr(reactions, "PAGE", 2)
    left = iter([1.0] * 4 + [-1.0])
    monkeypatch.setattr(reactions, "seconds_to_spare", lambda: next(left, 1.0))
    deliver(_event(5), of=of)
    place = _items()[f"{adapter.PREFIX}POLICY#p-1"]["place"]
    assert place == "2026-01-02 c-0003"
    deliver(_event(5), of=of)
    assert set(_claims().values()) == {("REJECTED", 2)}


def test_a_claim_of_an_open_list_waits(deliver: Deliver, queue: str, monkeypatch: pytest.MonkeyPatch, lines: Lines):
    """The message returns later; it does not fail, so it does not become a dead letter."""
    _add(2, list_id="list-1")
    table = boto3.resource("dynamodb").Table("table")
    table.put_item(Item={"pk": "LIST#list-1", "status": "IMPORTING"})
    monkeypatch.setattr(reactions, "LIST_SECONDS", 0)
    assert deliver(_event(5)) == []
    assert _claims() == {"c-0000": ("OPEN", 1), "c-0001": ("OPEN", 1)}
    assert "reaction goes on" in {line["message"] for line in lines()}
    table.put_item(Item={"pk": "LIST#list-1", "status": "IMPORTED"})
    [message] = _received(queue)
    assert deliver(json.loads(message["Body"])) == []
    assert set(_claims().values()) == {("REJECTED", 2)}


def test_other_refusals_are_final(deliver: Deliver, queue: str, lines: Lines):
    """They are logged and counted, and the next claims are asked."""
    _add(1)
    _add(1, prefix="disputed")
    _add(1, prefix="z")
    assert deliver(_event(5)) == []
    assert [status for status, _ in _claims().values()] == ["REJECTED", "OPEN", "REJECTED"]
    assert [line["code"] for line in lines() if line["message"] == "command refused"] == ["disputed"]
    assert _received(queue) == []


def test_an_outage_fails_the_message(deliver: Deliver):
    """SQS delivers it again, and the claims before are not asked again."""
    _add(2)

    def rule(event: ReceivedEvent, claim: Claim) -> RejectClaim:
        if claim.id == "c-0001":
            raise Unavailable("bureau")
        return RejectClaim(claim_id=claim.id)

    assert deliver(_event(5), of=with_rule(rule)) == ["m-0"]
    assert _items()[f"{adapter.PREFIX}POLICY#p-1"]["place"] == "c-0000"
    assert deliver(_event(5)) == []
    assert set(_claims().values()) == {("REJECTED", 2)}


def test_a_claim_that_changes_meanwhile_is_asked_again(deliver: Deliver):
    """The command is for exactly the claim that the rule saw."""
    _add(1)
    seen: list[str] = []

    def rule(event: ReceivedEvent, claim: Claim) -> RejectClaim | None:
        seen.append(claim.status)
        if len(seen) == 1:
            aws.aggregates(CLAIM).save(claim.moved_to(Status.PAID))
        return RejectClaim(claim_id=claim.id) if claim.status is Status.OPEN else None

    assert deliver(_event(5), of=with_rule(rule)) == []
    assert (seen, _claims()) == (["OPEN", "PAID"], {"c-0000": ("PAID", 2)})


def test_a_rule_returns_commands_on_its_aggregate_only(deliver: Deliver):
    """A bug of the rule: the function fails."""
    _add(1)
    for wrong in (lambda *_: RejectClaim(claim_id="other"), lambda *_: "text"):
        with pytest.raises((ValueError, LookupError)):
            deliver(_event(5), of=with_rule(wrong))


def test_the_identity_needs_no_index(deliver: Deliver):
    """The event's subject is the claim itself; the type has its major version."""
    _add(2)
    schema = "urn:event-schema:policy:ClaimWithdrawn:2.0"
    assert deliver(_event(5, "ClaimWithdrawn", "c-0001", dataschema=schema)) == []
    assert _claims() == {"c-0000": ("OPEN", 1), "c-0001": ("REJECTED", 2)}
    assert deliver(_event(6, "ClaimWithdrawn", "nobody", dataschema=schema)) == []


def test_a_reaction_may_delete(deliver: Deliver):
    """And nothing is left to ask then."""
    _add(3)
    assert deliver(_event(5, "PolicyLapsed"), _event(5, "PolicyLapsed")) == []
    assert _claims() == {}


def test_hops_end_a_cycle(deliver: Deliver, dead_letters: str):
    """The event of a command has one hop more; a later command of a caller has none."""
    _add(2)
    deliver(_event(5, hops=3))
    assert {int(item[HOPS]) for key, item in _items().items() if key.startswith("CLAIM#")} == {4}
    _add(1, "p-2", "end")
    deliver(_event(6, subject="p-2", hops=8))
    assert _claims()["end-0000"] == ("OPEN", 1)
    [letter] = _received(dead_letters)
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "too-many-hops"


@pytest.mark.parametrize(("returns", "reason"), [("4031", ""), ("4032", "too-many-returns"), ("true", "")])
def test_a_reaction_that_does_not_end_becomes_a_dead_letter(
    deliver: Deliver, queue: str, dead_letters: str, returns: str, reason: str, monkeypatch: pytest.MonkeyPatch
):
    """Also a message of version 0.4 has returned. A redriven message begins anew."""
    monkeypatch.setattr(reactions, "LIST_SECONDS", 0)
    _add(1, list_id="l-1")
    boto3.resource("dynamodb").Table("table").put_item(Item={"pk": "LIST#l-1", "status": "IMPORTING"})
    assert deliver(_event(5), settled=returns) == []
    copies, letters = _received(queue), _received(dead_letters)
    assert [letter["MessageAttributes"]["reason"]["StringValue"] for letter in letters] == [reason] * bool(reason)
    assert all("settled" not in letter["MessageAttributes"] for letter in letters)
    assert len(copies) == 1 - len(letters)


def test_a_copy_has_the_number_of_its_returns(queue: str):
    """By the attribute that an earlier version has set, too."""
    for value in ("true", "7"):
        aws.inbound_queue().again("{}", {"settled": text(value)}, 0)
    assert {copy["MessageAttributes"]["settled"]["StringValue"] for copy in _received(queue)} == {"2", "8"}


def test_a_second_call_waits_for_the_first(deliver: Deliver, queue: str, lines: Lines):
    """A newer event stops the older one's call, and comes again when that call has ended."""
    _add(1)
    progress, soon = aws.progress(), int(time()) + 5
    older, newer = (f"1{number:040d}#event-{number}" for number in (5, 6))
    assert progress.take("POLICY#p-1", older, "first", soon).granted
    assert deliver(_event(6)) == []
    assert _claims() == {"c-0000": ("OPEN", 1)}
    assert not progress.keep("POLICY#p-1", older, "first", "c-0000")
    progress.leave("POLICY#p-1", "first")
    assert progress.take("POLICY#p-1", newer, "second", soon).granted
    assert [line["message"] for line in lines() if "reaction" in line["message"]] == ["reaction goes on"]


def test_copies_have_the_declared_fields(deliver: Deliver):
    """Each event replaces them; a deleted policy has none."""
    deliver(_event(1, "PolicyRegistered", data={"state": "ACTIVE", "limit": 7, "secret": "x"}))
    copies = aws.copies("policy")
    assert copies.get("p-1") == {"state": "ACTIVE", "limit": 7}
    deliver(_event(2, data={"state": "CANCELLED"}))
    assert copies.get("p-1") == {"state": "CANCELLED"}
    assert copies.get("nobody") is None
    deliver(_event(3, "PolicyLapsed"))
    assert copies.get("p-1") is None
    deliver(_event(4, "PolicyRegistered", "p-2", data="no object"))
    assert copies.get("p-2") == {}


@pytest.mark.parametrize(
    ("reaction", "sentence"),
    [
        (Reaction("claim", "ClaimPaid", CANCELLED.rule, by="policy_id"), "is a cycle"),
        (Reaction("Policy 1", "PolicyCancelled", CANCELLED.rule, by="policy_id"), "write its name in snake_case"),
        (Reaction("policy", "no type", CANCELLED.rule, by="policy_id"), "write its type"),
        (Reaction("policy", "PolicyRenamed", CANCELLED.rule, by="status"), "write a field of Claim"),
        (replace(CANCELLED, event="PolicyRenamed", rule=cast("Any", "rule")), "has no rule: write a function"),
        (CANCELLED, "has 2 to PolicyCancelled of policy"),
    ],
)
def test_a_bad_reaction_is_refused(reaction: Any, sentence: str):
    """By the declaration, with the remedy."""
    with pytest.raises(BadContext, match=sentence):
        context_of(CANCELLED, reaction)


def test_a_field_without_an_index_is_refused():
    """It would need a scan of the table."""
    with pytest.raises(BadContext, match="write 'policy_id' into queried_by"):
        context_of(CANCELLED, queried_by=())


@pytest.mark.parametrize("fields", [(), ("a", "a"), ["a"], (1,)])
def test_a_bad_copy_is_refused(fields: Any):
    """Without fields, a text says the same."""
    with pytest.raises(BadContext, match="the copy of policy_id"):
        context_of(references={"policy_id": Copy("policy", fields=fields)})
