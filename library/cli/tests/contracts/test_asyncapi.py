"""The AsyncAPI document: valid by AsyncAPI's own schema, made from the models."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from payment.context import PAYMENT

from bounded_context import Reaction
from bounded_context_cli.contracts import published
from bounded_context_cli.contracts.documents import NAME, abrupt, document
from bounded_context_cli.contracts.published import Version, release
from tests.event_schemas import EVENTS, REPOSITORY

SCHEMA = json.loads((Path(__file__).parent / "asyncapi" / "schema-3.1.0.json").read_text())
DOCUMENT = EVENTS / NAME
AGAIN = "the models say something else: run `uv run context contracts`"


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    """The document as it is committed."""
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def test_the_committed_document_equals_the_models() -> None:
    """Byte for byte."""
    versions = [(event_type, Version.parse(text)) for event_type, text in PAYMENT.event_versions]
    assert DOCUMENT.read_text(encoding="utf-8") == published.as_text(
        document(PAYMENT, versions, release(REPOSITORY))
    ), AGAIN


def _faults(candidate: dict[str, Any]) -> list[str]:
    return [fault.message for fault in Draft7Validator(SCHEMA).iter_errors(candidate)]


def test_it_is_valid(committed: dict[str, Any]) -> None:
    """By the schema of AsyncAPI 3.1.0."""
    assert _faults(committed) == []


@pytest.mark.parametrize(
    "spoilt",
    [
        {"asyncapi": "2.6.0"},
        {"info": {"title": "no version"}},
        {"operations": {"a": {"action": "shout", "channel": {"$ref": "#/channels/events"}}}},
        {"channels": {"events": {"address": 5}}},
        {"channels": {"events": {"bindings": {"sqs": {"queue": {}}}}}},
    ],
)
def test_an_invalid_document_is_reported(committed: dict[str, Any], spoilt: dict[str, Any]) -> None:
    """The check is one that can fail."""
    assert _faults(committed | spoilt)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def test_every_reference_has_a_target(committed: dict[str, Any]) -> None:
    """In the document, or in a file beside it."""
    for reference in set(_references(committed)):
        place, node = reference.removeprefix("#/"), committed
        if place == reference:
            assert (EVENTS / reference).is_file(), reference
            continue
        for name in place.split("/"):
            node = node[name]


def test_every_event_reaches_the_topic_and_every_subscriber(committed: dict[str, Any]) -> None:
    """Nothing is told that is not in it."""
    channels = committed["channels"]
    assert set(channels) == {"events", *(f"events-{subscriber}" for subscriber in PAYMENT.subscribers)}
    assert {tuple(channel["messages"]) for channel in channels.values()} == {PAYMENT.events}
    assert set(committed["operations"]) == {f"send-{name}" for name in channels}


def test_reactions_are_receive_operations() -> None:
    """In a channel for each other context, whose topic is a setting of a stack. Their labels replace no others."""

    def set_price(_event: object, _payment: Any) -> None:
        """Set the price."""

    newest = [(event_type, Version.parse(text)) for event_type, text in PAYMENT.event_versions]
    first = Reaction("price_list", "PriceSet", set_price, by=PAYMENT.identity)
    both = replace(PAYMENT, reactions=(first, replace(first, event="PriceDropped.2")))
    received = document(both, newest, "1")
    assert _faults(received) == []
    operation = received["operations"]["receive-from-price-list"]
    assert operation["action"] == "receive"
    assert [message["$ref"].rpartition("/")[2] for message in operation["messages"]] == ["PriceSet", "PriceDropped.2"]
    message = received["channels"]["from-price-list"]["messages"]["PriceDropped.2"]
    assert message["payload"]["properties"]["type"] == {"const": "PriceDropped"}
    assert message["summary"] == "Set the price."
    later = document(replace(PAYMENT, reactions=(replace(first, event="PriceSet.2"),)), newest, "2")
    assert list(abrupt(received, later)) == []
    assert "hops" in received["components"]["schemas"]["CloudEvent"]["properties"]
