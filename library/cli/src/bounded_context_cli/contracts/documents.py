"""Generated documents: AsyncAPI, instructions for agents, the partners' page, and the diagram of statuses."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic.fields import FieldInfo

from bounded_context.declaration.context import Context
from bounded_context.domain.aggregate import Command
from bounded_context.domain.events import versioned
from bounded_context.domain.faults import APPROVAL_CODES, LIST_CODES, ROW_CODES, Fault, remedy_of
from bounded_context.domain.field_types import on_one_line
from bounded_context.domain.fields import description_of
from bounded_context.domain.spelling import kebab, plain
from bounded_context_infra.configuration.project import Project

from ..programs import PRODUCTION
from ..programs.pulumi_files import config, stacks_on_aws
from ..programs.stack_settings import settings_of
from ..views.pages import agents
from ..views.pages.lists import Column, ListFormat, markdown
from . import published as schemas
from .catalog_form import EVENTS, HTTP, Entity, as_text, entities
from .compatibility import RefusedChange
from .deprecation import marks
from .published import CHANGEOVER, Version, examples, project_table

NAME: Final = "asyncapi.json"
"""The document's file, next to the folders of the schemas."""

ENVELOPE: Final = "application/cloudevents+json"

Part = dict[str, Any]


def type_of_label(label: str) -> str:
    """Return the event type of a message attribute ``type``."""
    return label.partition(".")[0]


def document(context: Context[Any], newest: Sequence[tuple[str, Version]], release: str) -> Part:
    """Return the document of a release; ``newest`` has the published event types with the versions of their schemas."""
    topic = f"{kebab(context.name)}-{{stack}}-events"
    published = {label for event_type in context.events for label in context.labels_of(event_type)}
    labelled = {context.label(event_type, str(version)): (event_type, version) for event_type, version in newest}
    versions = {name: version for name, version in labelled.items() if name in published}
    queues = {
        f"events-{name}": _queue(topic, name, _labels_for(context, name, versions))
        for name in context.subscribers
        if name not in context.archives
    }
    channels = {"events": _topic(topic, versions)} | queues
    messages = {name: _message(context, name, *version) for name, version in versions.items()}
    received = _received(context)
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": f"Events of {context.title}",
            "version": release,
            "description": "What other contexts hear, and where. Made from the models by `uv run context contracts`.",
        },
        "defaultContentType": ENVELOPE,
        "channels": channels | received,
        "operations": {
            **{f"send-{name}": _operation("send", name, channel["messages"]) for name, channel in channels.items()},
            **{f"receive-{name}": _operation("receive", name, received[name]["messages"]) for name in received},
        },
        "components": {
            "messages": messages,
            "messageTraits": {"attributes": {"headers": _headers()}},
            "schemas": {"CloudEvent": schemas.of_envelope(context)},
        },
    }


def _labels_for(context: Context[Any], subscriber: str, names: Iterable[str]) -> list[str]:
    labels = context.labels_for(subscriber, context.events)
    return [name for name in names if name in labels]


def _topic(topic: str, versions: Iterable[str]) -> Part:
    binding = {"name": topic, "ordering": {"type": "standard"}, "bindingVersion": "0.1.0"}
    words = "Every event, at least once and in no order. Its ARN is an output of the stack, topic_arn."
    return _channel(topic, words, versions, {"sns": binding})


def _queue(topic: str, subscriber: str, versions: Iterable[str]) -> Part:
    address = f"{topic}-{kebab(subscriber)}"
    binding = {
        "queue": {"name": address, "fifoQueue": False},
        "deadLetterQueue": {"name": f"{address}-dead-letters", "fifoQueue": False},
        "bindingVersion": "0.2.0",
    }
    words = f"What {subscriber} gets: every event, unless the stack's filters name some."
    return _channel(address, words, versions, {"sqs": binding})


def _channel(address: str, words: str, versions: Iterable[str], bindings: Part) -> Part:
    return {
        "address": address,
        "description": words,
        "parameters": {"stack": {"description": "an environment", "examples": ["staging", "prod"]}},
        "messages": {event_type: {"$ref": f"#/components/messages/{event_type}"} for event_type in versions},
        "bindings": bindings,
    }


def _operation(action: str, channel: str, versions: Iterable[str]) -> Part:
    messages = [{"$ref": f"#/channels/{channel}/messages/{event_type}"} for event_type in versions]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": messages}


def _received(context: Context[Any]) -> dict[str, Part]:
    """Return a channel for each other context to whose events the context reacts. A stack's setting has its topic."""
    channels: dict[str, Part] = {}
    for reaction in context.reactions:
        source = kebab(reaction.source)
        words = f"Events of {source} to which {context.title} reacts. The setting consumes of a stack names the topic."
        channel = channels.setdefault(f"from-{source}", {"address": None, "description": words, "messages": {}})
        rule = getattr(reaction.rule, "__doc__", None) or f"React to {reaction.event}."
        channel["messages"][reaction.event] = {
            "name": type_of_label(reaction.event),
            "summary": rule.strip().partition("\n")[0],
            "contentType": ENVELOPE,
            "payload": {
                "type": "object",
                "properties": {"type": {"const": type_of_label(reaction.event)}, "subject": {"type": "string"}},
                "required": ["specversion", "id", "source", "type", "subject"],
            },
        }
    return channels


def _message(context: Context[Any], name: str, event_type: str, version: Version) -> Part:
    schema = context.schema_of(event_type, rf"{version.major}\.[0-9]+")
    own = {
        "type": {"const": event_type},
        "dataschema": on_one_line({"pattern": f"^{schema}$"}),
        "data": {"$ref": f"./{event_type}/{version}.json"},
    }
    # From major version 2 on, the message attribute `type` differs from the event's member `type`.
    attribute = {} if name == event_type else {"headers": {"properties": {"type": {"const": name}}}}
    return {
        "name": event_type,
        **marks(context, versioned(event_type, str(version))),
        **attribute,
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


def abrupt(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each channel in which all major versions of an event type would be replaced at once.

    SNS takes up to 15 minutes to apply a changed filter (SNS Developer Guide, "Subscription filter policies"). Until
    then a filter that changed from only the old version to only the new version may drop events of both versions.

    `before` is the committed AsyncAPI document, `after` is generated from the current declaration.
    """
    sent = [name for name in before["channels"].keys() & after["channels"].keys() if not name.startswith("from-")]
    for name in sorted(sent):
        old, new = (_labels(document["channels"][name]) for document in (before, after))
        for event_type in sorted(old.keys() & new.keys()):
            if old[event_type].isdisjoint(new[event_type]):
                yield _abrupt_change(name, min(old[event_type]), min(new[event_type]))
                break


def _labels(channel: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the labels of a channel's events by event type."""
    labels: dict[str, set[str]] = {}
    for label in channel["messages"]:
        labels.setdefault(type_of_label(label), set()).add(label)
    return labels


def _abrupt_change(channel: str, old: str, new: str) -> str:
    subscriber = channel.partition("-")[2] or "a subscriber"
    return (
        f"{channel} would carry {new} instead of {old} at once, and events would be lost: name {subscriber} in `ready` "
        f"of PreviousVersion, release that to every stack, and wait 15 minutes ({CHANGEOVER})."
    )


AGENTS: Final = agents.NAME


def agents_page(project: Project) -> str:
    """Return the expected text of the file, with the team's own lines."""
    context, path = project.context, project.root / AGENTS
    existing = path.read_text(encoding="utf-8") if path.is_file() else ""
    return agents.page(existing, context.title, context.name, lists=context.has_lists, api=context.api)


LIST_FORMAT: Final = Path("docs", "lists.md")


def list_format(project: Project, stack: str = PRODUCTION) -> ListFormat:
    """Return the format of the lists that a stack accepts.

    Raises:
        ProjectError: the stack has no file, or a bad setting.
    """
    context, settings = project.context, settings_of(project, stack)
    return ListFormat(
        context.display_name,
        _columns(context),
        _row_codes(context),
        {**LIST_CODES, **(APPROVAL_CODES if context.approval else {})},
        settings.max_list_mb,
        settings.tolerated_share,
        settings.temporary_names,
    )


def list_format_page(project: Project) -> str:
    """Return the expected text of the page. Raises ProjectError."""
    return markdown(list_format(project))


def _columns(context: Context[Any]) -> list[Column]:
    sample_values, defaults = examples(context.details), context.rows.defaults
    return [
        Column(
            name,
            _description(field),
            _text(sample_values.get(name)),
            _text(defaults[name]) if name in defaults else None,
        )
        for name, field in context.details.model_fields.items()
    ]


def _description(field: FieldInfo) -> str:
    text = description_of(field) or ""
    return f"{text}; the column may have its earlier name {field.validation_alias}" if field.validation_alias else text


def _text(value: object) -> str:
    """Return a JSON value as the text of a cell: a text as it is, and None as an empty cell."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _row_codes(context: Context[Any]) -> dict[str, tuple[str, str]]:
    errors = context.errors_of(context.creating)
    own = {error.code: (f"{error.title.rstrip('.')}.", remedy_of(error.code)) for error in errors}
    known = {code: texts for code, texts in ROW_CODES.items() if code != Fault.UNKNOWN or context.references}
    return {**known, **own}


def diagram(context: Context[Any]) -> str:
    """Return the diagram (``stateDiagram-v2``), without the Markdown fence. The result is deterministic."""
    lines = (_title(context), _DESCRIPTION, *_statuses(context), *_arrows(context))
    return "\n    ".join(("stateDiagram-v2", *lines)) + "\n"


_DESCRIPTION: Final = "accDescr: Each arrow is a command, from a status where it may start to the one that it leaves"


def _title(context: Context[Any]) -> str:
    return f"accTitle: Statuses of the {plain(context.title)}"


def _statuses(context: Context[Any]) -> Iterator[str]:
    for status in context.statuses:
        yield f'state "{status.name}" as {_id(status.name)}'


def _arrows(context: Context[Any]) -> Iterator[str]:
    for command in context.commands:
        for start in _starts(command):
            end = start if command.kind == "adds" else _id(command.status.name) if command.status else _NOWHERE
            yield f"{start} --> {end}: {command.name}"


def _starts(command: Command[Any, Any]) -> tuple[str, ...]:
    return (_NOWHERE,) if command.kind == "creates" else tuple(_id(status.name) for status in command.after)


_NOWHERE: Final = "[*]"
"""Mermaid's start and end state."""


def _id(name: str) -> str:
    # NOTE, STATE and SCALE are keywords of Mermaid, so every status gets a prefix.
    return f"is_{name}"


CATALOG: Final = "catalog-info.yaml"

_THEIRS: Final = ("lifecycle", "system")
"""Members that the declaration does not determine. The bake writes the first value, and the team may change it."""


def write(context: Context[Any], root: Path) -> Iterator[str]:
    """Update the catalogue file of the repository in ``root`` from the declaration; yields a line if it changed.

    Raises:
        RefusedChange: the existing file is not YAML.
    """
    theirs = _read(root)
    entities = _merge(context, root, theirs)
    if entities != theirs:
        (root / CATALOG).write_text(as_text(entities), encoding="utf-8")
        yield f"{CATALOG} is updated from the declaration"


def is_current(context: Context[Any], root: Path) -> bool:
    """Return whether the file is up to date with the declaration. Raises RefusedChange."""
    theirs = _read(root)
    return theirs == _merge(context, root, theirs)


def consumed(package: str, service: Path) -> set[str]:
    """Return the contexts whose events a service consumes in any stack on AWS (setting `consumes`)."""
    configs = [config(service, stack) for stack in stacks_on_aws(service)]
    sources = (settings.get(f"{package}:consumes") or {} for settings in configs)
    return {context for contexts in sources for context in contexts}


def _read(root: Path) -> list[Entity]:
    path = root / CATALOG
    try:
        entities = list(yaml.safe_load_all(path.read_text(encoding="utf-8"))) if path.exists() else []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RefusedChange(f"{CATALOG} is not YAML: {' '.join(str(error).split())}: correct or remove it.") from None
    entities = [entity for entity in entities if entity is not None]
    if not all(isinstance(entity, dict) and isinstance(entity.get("metadata"), dict) for entity in entities):
        raise RefusedChange(
            f"{CATALOG} has a part that is not an entity: write apiVersion, kind, metadata and spec, or remove it."
        )
    return entities


def _merge(context: Context[Any], root: Path, theirs: list[Entity]) -> list[Entity]:
    generated = {_key(entity): entity for entity in _generate(context, root, theirs)}
    name = kebab(context.name)
    ours = {("API", f"{name}{HTTP}"), ("API", f"{name}{EVENTS}")}
    there = {_key(entity): entity for entity in theirs if _key(entity) in generated or _key(entity) not in ours}
    return list((there | {key: _over(there.get(key, {}), entity) for key, entity in generated.items()}).values())


def _generate(context: Context[Any], root: Path, theirs: Iterable[Entity]) -> Iterator[Entity]:
    """Yield the entities of the declaration, without a system if the team moved the component to another system."""
    description, name = str(project_table(root).get("description") or context.title), kebab(context.name)
    sources, title = consumed(context.name, root / "infra" / "service"), context.display_name
    # Each stack consumes the events of reactions, or its program is refused.
    sources |= {reaction.source for reaction in context.reactions if kebab(reaction.source) not in map(kebab, sources)}
    component = next((entity for entity in theirs if _key(entity) == ("Component", name)), {})
    alone = component.get("spec", {}).get("system", name) == name
    for entity in entities(context.name, title, description, context.owner, api=context.api, consumed=sources):
        if alone or entity["kind"] != "System":
            yield entity


def _key(entity: Mapping[str, Any]) -> tuple[str, str]:
    return str(entity.get("kind")), str(entity["metadata"].get("name"))


def _over(theirs: Any, generated: Any, name: str = "") -> Any:
    """Return the generated value merged with the team's additions; ``name`` is the member's name."""
    if isinstance(generated, dict):
        there = theirs if isinstance(theirs, dict) else {}
        return there | {member: _over(there.get(member), value, member) for member, value in generated.items()}
    if name in _THEIRS and theirs:
        return theirs
    return _with_others(theirs, generated, _OURS[name]) if name in _OURS and isinstance(theirs, list) else generated


def _with_others(theirs: list[Any], names: list[str], ours: Callable[[str], bool]) -> list[Any]:
    remaining = [name for name in theirs if name in names or not ours(str(name))]
    return [*remaining, *(name for name in names if name not in remaining)]


_OURS: Final[Mapping[str, Callable[[str], bool]]] = {
    "providesApis": lambda name: name.endswith((EVENTS, HTTP)),
    "consumesApis": lambda name: name.endswith(EVENTS),
}
"""Tests for the names in a list that the declaration controls. Outdated names are removed, the team's names stay."""
