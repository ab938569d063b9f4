"""The order of one aggregate's events, and no loss, whatever the topic refuses and whichever record is unreadable."""

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context import aws
from bounded_context.adapters.items import Items
from bounded_context.handlers.relay_events import lambda_handler
from tests.handlers.conftest import LambdaContext
from tests.handlers.functions import SAMPLES
from tests.streams import Item, change

pytestmark = pytest.mark.usefixtures("function")

TRIES = 20
"""Attempts of one batch. The topic below refuses one event in ten, so this many refusals do not come in a row."""
Record = dict[str, Any]


class _Topic:
    """Refuses one event in ten and fails one call in twenty; keeps the events that it took, in their order."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.published: list[dict[str, Any]] = []

    def publish(self, batch: list[dict[str, Any]]) -> set[int]:
        assert 0 < len(batch) <= 10
        if self._chance.random() < 0.05:
            raise ConnectionError("SNS did not answer")
        refused = {place for place in range(len(batch)) if self._chance.random() < 0.1}
        self.published += [event for place, event in enumerate(batch) if place not in refused]
        return refused


def _item(subject: int) -> Item:
    return Items(PAYMENT).from_aggregate(SAMPLES.aggregate(subject))


def _records(chance: random.Random, unreadable: set[int]) -> list[Record]:
    """Return 200 changes of 30 aggregates."""
    records = [change(None, _item(chance.randrange(30)), number) for number in range(200)]
    for place in unreadable:
        records[place]["dynamodb"]["NewImage"].pop("status")
    return records


class _Mapping:
    """Lambda's event source mapping, by its documentation: halves a batch that fails, goes on where one reports.

    What fails until the attempts are used up is given up as a whole. AWS does not say whether a batch that is reported
    at its first record is halved: here it is not, which is the worst that may happen.
    """

    def __init__(self, context: LambdaContext) -> None:
        self._context = context
        self.given_up: list[list[Record]] = []

    def send(self, records: list[Record]) -> None:
        """Send the records in batches of 100."""
        for start in range(0, len(records), 100):
            self._send(records[start : start + 100])

    def _send(self, batch: list[Record]) -> None:
        for _ in range(TRIES):
            try:
                answer = lambda_handler({"Records": batch}, self._context)
            except Exception:
                if len(batch) > 1:
                    middle = len(batch) // 2
                    self._send(batch[:middle])
                    return self._send(batch[middle:])
                continue
            if not (failures := answer["batchItemFailures"]):
                return None
            (place,) = _places(batch, failures[0]["itemIdentifier"])
            if place:
                return self._send(batch[place:])
        self.given_up.append(batch)
        return None


def _places(batch: list[Record], number: str) -> Iterator[int]:
    return (place for place, record in enumerate(batch) if record["dynamodb"]["SequenceNumber"] == number)


@pytest.mark.parametrize("seed", range(10))
def test_events_of_an_aggregate_are_first_published_in_their_order(
    seed: int, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each at least once."""
    chance = random.Random(seed)  # noqa: S311
    records, topic = _records(chance, set()), _Topic(chance)
    monkeypatch.setattr(aws, "topic", lambda: topic)
    _Mapping(context).send(records)
    first = defaultdict[str, list[str]](list)
    for event in topic.published:
        if event["sequence"] not in first[event["subject"]]:
            first[event["subject"]].append(event["sequence"])
    assert all(numbers == sorted(numbers) for numbers in first.values())
    assert {event["id"] for event in topic.published} == {record["eventID"] for record in records}


@pytest.mark.parametrize("place", [0, 42, 99, 150])
def test_an_unpublished_event_is_in_a_given_up_batch(
    place: int, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch that is given up begins with the unreadable record; later batches are published."""
    chance = random.Random(place)  # noqa: S311
    records, topic, mapping = _records(chance, {place}), _Topic(chance), _Mapping(context)
    monkeypatch.setattr(aws, "topic", lambda: topic)
    mapping.send(records)
    [batch] = mapping.given_up
    assert batch[0] is records[place]
    given_up = {record["eventID"] for record in batch}
    assert {event["id"] for event in topic.published} == {record["eventID"] for record in records} - given_up
