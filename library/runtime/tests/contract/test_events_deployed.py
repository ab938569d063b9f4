"""The events' contracts are true of what is deployed: names, attributes, and what the state machine writes."""

import json
from datetime import UTC, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from payment.context import PAYMENT

from bounded_context_cli.contracts import documents, published
from bounded_context_cli.programs.recording import Graph
from bounded_context_infra.configuration.project import current

EVENTS = current().events
DOCUMENT = json.loads((EVENTS / documents.NAME).read_text(encoding="utf-8"))


def test_the_names_equal_the_deployed_ones(deployed: Graph) -> None:
    """Topic, queues and dead letters, with the stack's name in them."""
    deployed_names = {node.inputs["name"] for kind in ("sns/topic", "sqs/queue") for node in deployed.of(kind)}
    for channel in DOCUMENT["channels"].values():
        [binding] = channel["bindings"].values()
        names = [channel["address"], *(binding.get(part, binding)["name"] for part in ("queue", "deadLetterQueue"))]
        assert {name.replace("{stack}", "staging") for name in names if name} <= deployed_names


def test_the_attributes_equal_the_published_ones(deployed: Graph) -> None:
    """By the state machine; the relay's are the same by another test."""
    states = deployed.one("sfn/stateMachine").document("definition")["States"]
    [trait] = DOCUMENT["components"]["messageTraits"].values()
    assert set(trait["headers"]["properties"]) == set(states["PublishOutcome"]["Parameters"]["MessageAttributes"])


def test_the_machines_list_event_matches_its_schema(deployed: Graph) -> None:
    """Its numbers are numbers, its texts are texts."""
    imported = PAYMENT.list_events[0]
    written = deployed.one("sfn/stateMachine").document("definition")["States"]["MarkImported"]["ResultSelector"]
    data = {name.removesuffix(".$"): _read(expression) for name, expression in written["data"].items()}
    event = PAYMENT.source.cloud_event("1", imported, "l-1", datetime.now(UTC), data, "")
    assert _faults(event, DOCUMENT["components"]["schemas"]["CloudEvent"]) == []
    version = published.Version.parse(PAYMENT.versions[imported])
    assert _faults(data, published.read(imported, version, EVENTS)) == []
    assert set(data) == set(PAYMENT.models[imported].model_fields)


def _read(expression: str) -> Any:
    return 5 if expression.startswith("States.StringToJson") and ".N)" in expression else "text"


def _faults(value: Any, schema: dict[str, Any]) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [fault.message for fault in validator.iter_errors(value)]
