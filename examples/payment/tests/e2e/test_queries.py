"""The saved queries, on the logs of a context that has worked.

The emulator's Logs Insights knows `fields`, `filter @message like`, `sort @timestamp` and `limit`, and passes over the
rest. Whether the other conditions find anything is told by the lines themselves: they must have the fields.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .lists import ID, Sample, import_list
from infra.context import COMMANDS, CONTEXT, OWNER
from infra.labels import Labels
from infra.queries import PLACEHOLDER, QUERIES, Query
from local.context import STACK, RunningContext
from tests.infra.queries import fields

pytestmark = pytest.mark.e2e

LAMBDAS = {"record.status", "record.requestId", "exception_name"}
"""What Lambda's reports have, which the emulator writes as text, and what only an error has that nobody caught."""

PATIENCE = 30
"""Seconds until a list's end is measured: the stream's readers come after the list."""


@pytest.fixture(scope="module")
def worked(context: RunningContext, sample: Callable[[int], Sample]) -> Sample:
    """A list of which some rows were rejected, and a command that was refused."""
    sent = sample(100).with_ragged(3)
    import_list(context, sent, expected=98)
    context.invoke(COMMANDS[0], {"idempotency_key": "refused", "payload": {}})
    return sent


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_the_lines_have_what_a_query_asks_for(context: RunningContext, worked: Sample, query: Query) -> None:
    """A field that no line has is never found."""
    wanted = {field for field in fields(query) if not field.startswith("@")} - LAMBDAS
    deadline = time.monotonic() + PATIENCE
    while missing := wanted - _keys(context, query):
        assert time.monotonic() < deadline, missing
        time.sleep(0.5)


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_a_query_is_answered(context: RunningContext, worked: Sample, query: Query) -> None:
    """It is put to logs that are there, and there are rows."""
    assert _rows(context, query, query.text.replace(PLACEHOLDER, worked.rows[-1][ID]))


def test_the_history_is_of_one_and_no_other(context: RunningContext, worked: Sample) -> None:
    """Every line is about the identity that was put into the query."""
    (history,) = [query for query in QUERIES if PLACEHOLDER in query.text]
    identity = worked.rows[-1][ID]
    text = history.text.replace("fields ", "fields @message, ").replace(PLACEHOLDER, identity)
    lines = [row["@message"] for row in _rows(context, history, text)]
    assert lines
    assert all(f'"{identity}"' in line for line in lines)


def _keys(context: RunningContext, query: Query) -> set[str]:
    lines = [row["@message"] for row in _rows(context, query, "fields @message")]
    return {key for line in lines if line.startswith("{") for key in _flat(json.loads(line))}


def _flat(line: dict[str, Any]) -> Iterator[str]:
    """The names that Logs Insights gives to what is in a line: an array's elements are numbered."""
    for key, value in line.items():
        yield key
        if isinstance(value, list):
            yield from (f"{key}.{number}" for number in range(len(value)))


def _rows(context: RunningContext, query: Query, text: str) -> list[dict[str, str]]:
    labels = Labels(CONTEXT, STACK, OWNER)
    now = datetime.now(UTC)
    started = context.aws.call(
        "logs",
        "start_query",
        logGroupNames=[labels.log_group("lambda", name) for name in query.functions],
        startTime=int((now - timedelta(hours=1)).timestamp()),
        endTime=int((now + timedelta(hours=1)).timestamp()),
        queryString=text,
    )
    answer = context.aws.call("logs", "get_query_results", queryId=started["queryId"])
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
