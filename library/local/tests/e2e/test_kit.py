"""What a repository's own end-to-end tests are written with."""

import uuid
from collections import Counter

import pytest

from bounded_context_local.testing.running import Running

from .facts import CHANGES, CONTEXT, CREATE, CREATED, DELETE, DELETED, GET, HEADER, ID, LIST_IMPORTED, LIST_REJECTED

pytestmark = pytest.mark.e2e


def test_a_list_is_imported_and_every_subscriber_gets_its_event(running: Running) -> None:
    """Of each row, and of the list."""
    rows = running.rows(30)
    result = running.upload(rows)
    assert (result.outcome, result.imported, result.rejections()) == ("IMPORTED", 30, [])
    assert running.list_item(result.list_id)["status"] == "IMPORTED"
    assert list(result.events) == [subscriber.name for subscriber in running.deployed.subscribers]
    for events in result.events.values():
        assert Counter(event["type"] for event in events) == {CREATED: 30, LIST_IMPORTED: 1}
        assert {event["subject"] for event in events} == {result.list_id, *(row[ID] for row in rows)}


def test_rows_that_lack_a_column_are_no_list(running: Running) -> None:
    """The columns are those of the rows that are sent."""
    result = running.upload([{name: row[name] for name in HEADER[:-1]} for row in running.rows(2)])
    assert (result.outcome, result.imported) == ("REJECTED", 0)
    assert result.types() == [[LIST_REJECTED]] * len(result.events)
    assert len(result.own_events()) == len(result.events)
    assert "missing" in result.rejections()[0]["reason"]


def test_an_aggregate_lives_by_commands(running: Running) -> None:
    """Each has one effect for its key, and every subscriber hears of it."""
    [details] = running.rows(1)
    identity, key = details[ID], str(uuid.uuid4())
    answers = [running.invoke(CREATE, details, key) for _ in range(2)]
    assert answers[0] == answers[1]
    answers += [running.invoke(change, {ID: identity}) for change in CHANGES]
    item = running.item(identity)
    assert item is not None
    assert item["version"] == 1 + len(CHANGES)
    assert running.invoke(GET, {ID: identity})["ok"]
    answers.append(running.invoke(DELETE, {ID: identity}))
    assert all(answer["ok"] for answer in answers)
    assert running.item(identity) is None
    expected = [CREATED, *(_told(change) for change in CHANGES), DELETED]
    for events in running.events(identity, len(expected)).values():
        assert [event["type"] for event in events] == expected


def _told(function: str) -> str:
    return next(command.event for command in CONTEXT.commands if command.function == function)
