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

from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.queries import Query, placeholder, saved_queries
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from tests.infra.queries import fields

from .facts import CONTEXT, ID_COLUMN
from .lists import Sample, import_list

pytestmark = pytest.mark.e2e

QUERIES = saved_queries(CONTEXT)
PLACEHOLDER = placeholder(CONTEXT)

LAMBDAS = {"record.status", "record.requestId", "exception_name"}
"""What Lambda's reports have, which the emulator writes as text, and what only an error has that nobody caught."""

QUERIES, PLACEHOLDER = saved_queries(CONTEXT), placeholder(CONTEXT)

PATIENCE = 30
"""Seconds until a list's end is measured: the stream's readers come after the list."""


@pytest.fixture(scope="module")
def worked(deployed: RunningContext, sample: Callable[[int], Sample]) -> Sample:
    """A list of which some rows were rejected, and a command that was refused."""
    sent = sample(100).with_ragged(3)
    import_list(deployed, sent, expected=98)
    deployed.invoke(CONTEXT.command_functions[0], {"idempotency_key": "refused", "payload": {}})
    return sent


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_the_log_lines_have_the_fields_of_the_query(deployed: RunningContext, worked: Sample, query: Query) -> None:
    """A field that no line has is never found."""
    wanted = {field for field in fields(query) if not field.startswith("@")} - LAMBDAS
    deadline = time.monotonic() + PATIENCE
    while missing := wanted - _keys(deployed, query):
        assert time.monotonic() < deadline, missing
        time.sleep(0.5)


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_a_query_is_answered(deployed: RunningContext, worked: Sample, query: Query) -> None:
    """It is put to logs that are there, and there are rows."""
    assert _rows(deployed, query, query.text.replace(PLACEHOLDER, worked.rows[-1][ID_COLUMN]))


def test_the_history_is_of_one_and_no_other(deployed: RunningContext, worked: Sample) -> None:
    """Every line is about the identity that was put into the query."""
    (history,) = [query for query in QUERIES if PLACEHOLDER in query.text]
    identity = worked.rows[-1][ID_COLUMN]
    text = history.text.replace("fields ", "fields @message, ").replace(PLACEHOLDER, identity)
    lines = [row["@message"] for row in _rows(deployed, history, text)]
    assert lines
    assert all(f'"{identity}"' in line for line in lines)


def _keys(deployed: RunningContext, query: Query) -> set[str]:
    lines = [row["@message"] for row in _rows(deployed, query, "fields @message")]
    return {key for line in lines if line.startswith("{") for key in _flat(json.loads(line))}


def _flat(line: dict[str, Any]) -> Iterator[str]:
    """The names that Logs Insights gives to what is in a line: an array's elements are numbered."""
    for key, value in line.items():
        yield key
        if isinstance(value, list):
            yield from (f"{key}.{number}" for number in range(len(value)))


def _rows(deployed: RunningContext, query: Query, text: str) -> list[dict[str, str]]:
    labels = Labels(CONTEXT.name, STACK, CONTEXT.owner)
    now = datetime.now(UTC)
    started = deployed.aws.call(
        "logs",
        "start_query",
        logGroupNames=[labels.log_group("lambda", name) for name in query.functions],
        startTime=int((now - timedelta(hours=1)).timestamp()),
        endTime=int((now + timedelta(hours=1)).timestamp()),
        queryString=text,
    )
    answer = deployed.aws.call("logs", "get_query_results", queryId=started["queryId"])
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
