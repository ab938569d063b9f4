"""Events held to the committed schemas, as a subscriber holds them: the envelope names the schema of its data."""

import json
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from bounded_context_cli.contracts import documents, published
from bounded_context_infra.configuration.project import current

REPOSITORY = current().root
"""The one that the tests run over."""

EVENTS = REPOSITORY / "events"


def faults(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with an event, by its own envelope; nothing if all is well."""
    document = json.loads((EVENTS / documents.NAME).read_text(encoding="utf-8"))
    envelope_faults = faults_of(event, document["components"]["schemas"]["CloudEvent"])
    return envelope_faults or faults_of(event["data"], named(event))


def named(event: dict[str, Any]) -> dict[str, Any]:
    """Return the committed schema that an event names."""
    *_, event_type, version = event["dataschema"].split(":")
    assert event_type == event["type"]
    schema = published.read(event_type, published.Version.parse(version), EVENTS)
    assert schema["$id"] == event["dataschema"]
    return schema


def faults_of(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return what a schema says against a value."""
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]
