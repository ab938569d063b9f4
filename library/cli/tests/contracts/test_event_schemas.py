"""The committed schemas, the models they are made from, and what is published: three forms of one contract."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status
from pydantic import Field

from bounded_context import Amount, Currency, Day, EventData, Identifier, Text
from bounded_context.adapters.items import Items
from bounded_context.application.importing import list_event
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.fields import kind_of
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList
from bounded_context.handlers.relay_events import to_event
from bounded_context_cli.contracts import published
from bounded_context_cli.contracts.compatibility import breaks, forbids_more
from bounded_context_cli.contracts.published import Version
from tests.event_schemas import EVENTS, faults, faults_of
from tests.streams import change

AGAIN = "the models say something else: run `uv run context contracts`, and look at what it writes"
PUBLISHED = [(path.parent.name, path.stem) for path in sorted(EVENTS.glob("*/*.json"))]
TEXTS = {
    "identifier": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
    "text": st.text(
        st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="=+-@"), min_size=1, max_size=200
    ),
    "decimal": st.decimals(min_value="0.01", max_value="9999999999999.99", places=2).map(str),
    "int": st.integers(-(10**15) + 1, 10**15 - 1).map(str),
    "currency": st.from_regex(r"[A-Z]{3}", fullmatch=True),
    "date": st.dates().map(str),
    "bool": st.sampled_from(["true", "false"]),
}


DETAILS = st.fixed_dictionaries(
    {name: TEXTS[str(kind_of(field))] for name, field in PaymentDetails.model_fields.items()}
)
AGGREGATES = st.builds(
    Payment,
    DETAILS.map(PaymentDetails.model_validate),
    st.sampled_from(Status),
    st.integers(1, 10**6),
    st.none() | st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
)


def test_every_event_has_a_schema_of_its_declared_version() -> None:
    """And no version of an event is said that is none of ours."""
    assert set(PAYMENT.versions) == set(PAYMENT.models) == set(PAYMENT.events)
    for event_type, version in PAYMENT.versions.items():
        assert published.versions(event_type, EVENTS)[-1] == Version.parse(version), AGAIN


@pytest.mark.parametrize("event_type", PAYMENT.events)
def test_the_newest_committed_schema_equals_the_model(event_type: str) -> None:
    """Byte for byte."""
    version = PAYMENT.versions[event_type]
    kept = (EVENTS / event_type / f"{version}.json").read_text(encoding="utf-8")
    assert kept == published.as_text(published.of_data(PAYMENT, event_type, version)), AGAIN


@pytest.mark.parametrize("event_type", sorted({event_type for event_type, _ in PUBLISHED}))
def test_each_minor_version_can_be_read_as_the_previous_one(event_type: str) -> None:
    """Those of events that are no longer raised too: someone may still have a letter of theirs."""
    for older, newer in pairwise(published.versions(event_type, EVENTS)):
        assert newer in (older.raised(), Version(older.major + 1, 0))
        if newer.major == older.major:
            assert (
                list(breaks(published.read(event_type, older, EVENTS), published.read(event_type, newer, EVENTS))) == []
            )


@pytest.mark.parametrize(("event_type", "version"), PUBLISHED)
def test_a_committed_schema_is_valid_and_accepts_later_fields(event_type: str, version: str) -> None:
    """It is named by its type and version, and no subscriber who validates by it breaks at a new field."""
    schema = published.read(event_type, Version.parse(version), EVENTS)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == PAYMENT.schema_of(event_type, version)
    assert not forbids_more(schema)


@given(AGGREGATES, st.sampled_from(["INSERT", "MODIFY", "REMOVE"]))
def test_a_published_event_of_an_aggregate_matches_its_schema(
    aggregate: Payment,
    happened: str,
) -> None:
    """Whatever its values, from the table's item to the event, which has each field of the model."""
    item = Items(PAYMENT).from_aggregate(aggregate)
    before, after = {"INSERT": (None, item), "MODIFY": (item, item), "REMOVE": (item, None)}[happened]
    event = json.loads(json.dumps(to_event(DynamoDBRecord(change(before, after)))))
    assert faults(event) == []
    assert set(event["data"]) == set(PAYMENT.models[event["type"]].model_fields)


@pytest.mark.parametrize("status", [ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED])
def test_the_event_of_a_closed_list_matches_its_schema(status: ListStatus) -> None:
    """Imported, refused for its rows, or broken."""
    closed = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1", status, "too many bad rows")
    event = list_event(PAYMENT, closed, fresh_traceparent())
    assert faults(event) == []
    assert set(event["data"]) == set(PAYMENT.models[event["type"]].model_fields)


@pytest.mark.parametrize(
    ("spoilt", "fault"),
    [
        ({"specversion": "2.0"}, "$.specversion"),
        ({"time": "yesterday"}, "$.time"),
        ({"sequence": "7"}, "$.sequence"),
        ({"data": {}}, "required property"),
    ],
)
def test_a_fault_is_reported(spoilt: dict[str, Any], fault: str) -> None:
    """The check of the events is one that can fail."""
    closed = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1", ListStatus.FAILED, "why")
    assert fault in faults(list_event(PAYMENT, closed, fresh_traceparent()) | spoilt)[0]


def test_a_value_of_another_type_is_reported() -> None:
    """In the data too."""
    schema = published.of_data(PAYMENT, PAYMENT.deletion_event, "1.0")
    sentences = faults_of({"version": "1", PAYMENT.identity: 5}, schema)
    assert any("$.version" in fault for fault in sentences)
    assert any(PAYMENT.identity in fault for fault in sentences)


class WrittenData(EventData):
    """The payment after the change, or before its deletion."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Text
    status: str = Field(description="the status; later versions may add others", examples=list(Status))
    version: int = Field(ge=1, description="the number of changes, from 1")
    list_id: str | None = Field(description="the list that it was imported from; null without a list")


@pytest.mark.parametrize("event_type", PAYMENT.changes)
def test_the_derived_schema_is_that_of_a_class(event_type: str) -> None:
    """As repositories of 0.4.0 have it, byte by byte. A class replaces the derived model."""
    written = replace(PAYMENT, data=WrittenData)
    assert written.data is WrittenData
    text, derived = (published.as_text(published.of_data(context, event_type, "1.0")) for context in (written, PAYMENT))
    assert derived == text
