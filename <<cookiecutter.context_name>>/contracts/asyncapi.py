"""The events as an AsyncAPI 3.0 document: which there are, what they look like, where they go."""

from collections.abc import Mapping
from importlib.metadata import version as released
from typing import Any

from <<cookiecutter.__package>>.domain.events import schema_of

from . import schemas
from .published import FOLDER, Version
from infra.context import AGGREGATE, CONTEXT, SUBSCRIBERS
from infra.labels import kebab

DOCUMENT = FOLDER / "asyncapi.json"
TOPIC = f"{kebab(CONTEXT)}-{{stack}}-events"
ENVELOPE = "application/cloudevents+json"

Part = dict[str, Any]


def document(versions: Mapping[str, Version]) -> Part:
    """The document for events of these types, in these versions of their schemas."""
    channels = {"events": _topic(versions)} | {f"events-{name}": _queue(name, versions) for name in SUBSCRIBERS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Events of {AGGREGATE}",
            "version": released(CONTEXT),
            "description": "What other contexts hear, and where. Made from the models by `uv run just contracts`.",
        },
        "defaultContentType": ENVELOPE,
        "channels": channels,
        "operations": {f"send-{name}": _sent(name, versions) for name in channels},
        "components": {
            "messages": {event_type: _message(event_type, version) for event_type, version in versions.items()},
            "messageTraits": {"attributes": {"headers": _headers()}},
            "schemas": {"CloudEvent": schemas.of_envelope()},
        },
    }


def _topic(versions: Mapping[str, Version]) -> Part:
    binding = {"name": TOPIC, "ordering": {"type": "standard"}, "bindingVersion": "0.1.0"}
    words = "Every event, at least once and in no order. Its ARN is an output of the stack, topic_arn."
    return _channel(TOPIC, words, versions, {"sns": binding})


def _queue(subscriber: str, versions: Mapping[str, Version]) -> Part:
    address = f"{TOPIC}-{kebab(subscriber)}"
    binding = {
        "queue": {"name": address, "fifoQueue": False},
        "deadLetterQueue": {"name": f"{address}-dead-letters", "fifoQueue": False},
        "bindingVersion": "0.2.0",
    }
    words = f"What {subscriber} gets: every event, unless the stack's filters name some."
    return _channel(address, words, versions, {"sqs": binding})


def _channel(address: str, words: str, versions: Mapping[str, Version], bindings: Part) -> Part:
    return {
        "address": address,
        "description": words,
        "parameters": {"stack": {"description": "an environment", "examples": ["staging", "prod"]}},
        "messages": {event_type: {"$ref": f"#/components/messages/{event_type}"} for event_type in versions},
        "bindings": bindings,
    }


def _sent(channel: str, versions: Mapping[str, Version]) -> Part:
    messages = [{"$ref": f"#/channels/{channel}/messages/{event_type}"} for event_type in versions]
    return {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}, "messages": messages}


def _message(event_type: str, version: Version) -> Part:
    schema = schema_of(event_type, rf"{version.major}\.[0-9]+")
    own = {
        "type": {"const": event_type},
        "dataschema": {"pattern": f"^{schema}$"},
        "data": {"$ref": f"./{event_type}/{version}.json"},
    }
    return {
        "name": event_type,
        "contentType": ENVELOPE,
        "traits": [{"$ref": "#/components/messageTraits/attributes"}],
        "payload": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"properties": own}]},
    }


def _headers() -> Part:
    names = ("type", "traceparent")
    return {
        "type": "object",
        "description": "The message attributes, which filters may use: the members of these names.",
        "properties": {name: {"type": "string"} for name in names},
        "required": list(names),
    }
