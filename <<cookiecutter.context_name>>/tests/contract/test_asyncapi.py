"""The AsyncAPI document: valid by AsyncAPI's own schema, made from the models, and true of what is deployed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from <<cookiecutter.__package>>.domain.event_versions import VERSIONS

from contracts import schemas
from contracts.asyncapi import DOCUMENT, document
from contracts.published import FOLDER, Version
from infra.context import EVENTS, SUBSCRIBERS
from tests.infra.graph import Graph

SCHEMA = json.loads((Path(__file__).parent / "asyncapi" / "schema-3.0.0.json").read_text())
AGAIN = "the models say something else: run `uv run just contracts`"


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    """The document as it is committed."""
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def test_the_committed_document_is_what_the_models_say() -> None:
    """Byte for byte."""
    versions = {event_type: Version.parse(text) for event_type, text in VERSIONS.items()}
    assert DOCUMENT.read_text(encoding="utf-8") == schemas.as_text(document(versions)), AGAIN


def _faults(candidate: dict[str, Any]) -> list[str]:
    return [fault.message for fault in Draft7Validator(SCHEMA).iter_errors(candidate)]


def test_it_is_valid(committed: dict[str, Any]) -> None:
    """By the schema of AsyncAPI 3.0.0."""
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
def test_a_document_that_is_not_valid_is_found(committed: dict[str, Any], spoilt: dict[str, Any]) -> None:
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


def test_whatever_it_refers_to_is_there(committed: dict[str, Any]) -> None:
    """In the document, or in a file beside it."""
    for reference in set(_references(committed)):
        place, found = reference.removeprefix("#/"), committed
        if place == reference:
            assert (FOLDER / reference).is_file(), reference
            continue
        for name in place.split("/"):
            found = found[name]


def test_every_event_goes_to_the_topic_and_to_every_subscriber(committed: dict[str, Any]) -> None:
    """Nothing is told that is not in it."""
    channels = committed["channels"]
    assert set(channels) == {"events", *(f"events-{subscriber}" for subscriber in SUBSCRIBERS)}
    assert {tuple(channel["messages"]) for channel in channels.values()} == {EVENTS}
    assert set(committed["operations"]) == {f"send-{name}" for name in channels}


def test_the_names_are_those_of_what_is_deployed(committed: dict[str, Any], deployed: Graph) -> None:
    """Topic, queues and dead letters, with the stack's name in them."""
    made = {node.inputs["name"] for kind in ("sns/topic", "sqs/queue") for node in deployed.of(kind)}
    for channel in committed["channels"].values():
        [binding] = channel["bindings"].values()
        names = [channel["address"], *(binding.get(part, binding)["name"] for part in ("queue", "deadLetterQueue"))]
        assert {name.replace("{stack}", "staging") for name in names if name} <= made


def test_the_attributes_are_those_that_are_published(committed: dict[str, Any], deployed: Graph) -> None:
    """By the state machine; the relay's are the same by another test."""
    states = deployed.one("sfn/stateMachine").document("definition")["States"]
    [trait] = committed["components"]["messageTraits"].values()
    assert set(trait["headers"]["properties"]) == set(states["PublishOutcome"]["Parameters"]["MessageAttributes"])
