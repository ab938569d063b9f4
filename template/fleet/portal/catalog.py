"""The folders of EventCatalog: domains, services, messages, channels, entities and teams, in the format of its SDK.

The front matter follows the schemas of `@eventcatalog/linter` 1.1.1, and the paths those of `@eventcatalog/sdk` 2.24.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import yaml

from ..releases import sentences
from .service import Event, Service, file_name

FOLDER: Final = "eventcatalog"
_UNKNOWN: Final = "unknown-owner"
"""The team of services whose owner is unknown: each service and message of a catalogue needs an owner."""
_SPECIAL: Final = re.compile(r"([\\`*_\[\]#|~!+.()-])")
_BRACES: Final = str.maketrans({"{": "&#123;", "}": "&#125;"})
_MODULE: Final = re.compile(r"\A(?=(?:im|ex)port\b)(.)")
_NUMBERS: Final = re.compile(r"[0-9]+")

Fields = Mapping[str, Any]


def catalog(contexts: Sequence[Service]) -> dict[str, str]:
    """Return the files of EventCatalog, by their paths."""
    events = {(service.member.name, event.label): event for service in contexts for event in _published(service)}
    ids = {service.member.name: service.name for service in contexts}
    files = dict(_teams(contexts))
    for domain in sorted({service.domain for service in contexts}):
        files |= _domain(domain, [service for service in contexts if service.domain == domain])
    for service in contexts:
        files |= _service(service, events, ids)
    return {f"{FOLDER}/{path}": text for path, text in files.items()}


def described(service: Service) -> str:
    """Return the path of a service's OpenAPI document."""
    return f"{FOLDER}/services/{service.name}/openapi.json"


def prose(text: str) -> str:
    """Return text as one paragraph of MDX, in which nothing is markup, an expression, or code of a module."""
    plain = escape(" ".join(text.split()), quote=False)
    return _MODULE.sub(lambda letter: f"&#{ord(letter[1])};", _SPECIAL.sub(r"\\\1", plain).translate(_BRACES))


def _page(fields: Fields, *body: str) -> str:
    given = {name: value for name, value in fields.items() if value not in (None, [], {}, "")}
    front = yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=1000)
    return "\n".join(("---", f"{front}---", "", "\n\n".join(filter(None, body)), ""))


def _document(content: Any) -> str:  # noqa: ANN401 (JSON)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _semantic(version: str) -> str:
    """Return a version of three numbers: 1.0.0 for 1.0."""
    return ".".join([*_NUMBERS.findall(version)[:3], "0", "0", "0"][:3])


def _team(service: Service) -> str:
    return file_name(service.member.owner) or _UNKNOWN


def _teams(contexts: Sequence[Service]) -> Iterator[tuple[str, str]]:
    for team, name in sorted({_team(service): service.member.owner for service in contexts}.items()):
        title = name or "Unknown owner"
        summary = f"The owner of contexts: {title}." if name else "No repository names the owner of these contexts."
        yield f"teams/{team}.mdx", _page({"id": team, "name": title, "summary": summary}, prose(summary))


def _domain(domain: str, contexts: Sequence[Service]) -> Mapping[str, str]:
    summary = f"Contexts of the system {domain}: {', '.join(service.title for service in contexts)}."
    fields = {
        "id": domain,
        "name": domain,
        "version": "1.0.0",
        "summary": " ".join(summary.split()),
        "owners": sorted({_team(service) for service in contexts}),
        "services": [{"id": service.name, "version": _semantic(service.version)} for service in contexts],
    }
    return {f"domains/{domain}/index.mdx": _page(fields, prose(summary), "<NodeGraph />")}


def _published(service: Service) -> list[Event]:
    return [event for event in service.events if event.is_published]


def _id(service: str, name: str) -> str:
    """Return the id of a message, a channel or an entity of a context: contexts may have events of the same name."""
    return f"{service}.{file_name(name)}"


def _service(service: Service, events: Mapping[tuple[str, str], Event], ids: Mapping[str, str]) -> dict[str, str]:
    folder, version = f"services/{service.name}", _semantic(service.version)
    common = {"version": version, "owners": [_team(service)]}
    topic, messages = _id(service.name, "events"), dict(_commands(service, common))
    files = {path: text for path, (_, text) in messages.items()}
    receives = [
        {"id": _id(ids[publisher], event.type), "version": _semantic(event.version)}
        | {"from": [{"id": _id(ids[publisher], "events")}]}
        for publisher, label in service.consumes
        if publisher in ids and (event := events.get((publisher, label)))
    ]
    receives += [{"id": identity, "version": version} for identity, _ in messages.values() if identity]
    entity, entity_files = _entity(service, common)
    specifications = [
        {"type": kind, "path": f"{kind}.json"}
        for kind, document in (("openapi", service.api), ("asyncapi", service.async_api))
        if document
    ]
    fields = {
        "id": service.name,
        "name": service.title,
        **common,
        "summary": " ".join(service.summary.split()),
        "sends": [
            {"id": _id(service.name, event.type), "version": _semantic(event.version), "to": [{"id": topic}]}
            for event in _published(service)
        ],
        "receives": receives,
        "entities": [{"id": entity, "version": version}] if entity else [],
        "specifications": specifications,
    }
    facts = [f"- Subscriber: {prose(name)}" for name in sorted({*_names(service.subscribers.values())})]
    facts += [f"- {prose(sentence)}" for sentence in (*sentences(service.member), *service.member.errors)]
    files[f"{folder}/index.mdx"] = _page(fields, prose(service.summary), "\n".join(facts), "<NodeGraph />")
    files |= {f"{folder}/openapi.json": _document(service.api)} if service.api else {}
    files |= {f"{folder}/asyncapi.json": _document(service.async_api)} if service.async_api else {}
    if service.async_api:
        files |= {f"{folder}/{event.type}/{event.version}.json": _document(event.schema) for event in service.events}
    return {**files, **entity_files, **dict(_channels(service, common)), **dict(_events(service))}


def _names(lists: Iterable[Sequence[str]]) -> Iterator[str]:
    for names in lists:
        yield from names


def _events(service: Service) -> Iterator[tuple[str, str]]:
    """Yield the page and the schema of each version of an event. The newest published version is the current one."""
    current: set[str] = set()
    # The newest published version comes first, a newer version that is not published yet after it.
    for event in sorted(service.events, key=lambda event: not event.is_published):
        identity, version = _id(service.name, event.type), _semantic(event.version)
        folder = f"events/{identity}" if event.type not in current else f"events/{identity}/versioned/{version}"
        current.add(event.type)
        summary = " ".join(str(event.schema.get("description") or f"The event {event.type}.").split())
        fields = {
            "id": identity,
            "name": event.type,
            "version": version,
            "summary": summary,
            "owners": [_team(service)],
            "schemaPath": "schema.json",
            "channels": [{"id": _id(service.name, "events"), "version": _semantic(service.version)}],
            "deprecated": {"date": event.until, "message": f"It may be removed from {event.until} on."}
            if event.until
            else None,
        }
        sample = (
            "" if event.sample is None else f"```json\n{json.dumps(event.sample, indent=2, ensure_ascii=False)}\n```"
        )
        state = "" if event.is_published else "This version is not published."
        viewer = '<SchemaViewer file="schema.json" title="JSON Schema" />'
        yield f"{folder}/index.mdx", _page(fields, prose(summary), state, sample, viewer, "<NodeGraph />")
        yield f"{folder}/schema.json", _document(event.schema)


def _channels(service: Service, common: Fields) -> Iterator[tuple[str, str]]:
    """Yield the topic, and the queue of each subscriber."""
    topic = {"events": {}} if service.events else {}
    for name, channel in (topic | (service.async_api.get("channels") or {})).items():
        if not re.fullmatch(r"events(-[A-Za-z0-9_-]+)?", name):
            continue
        summary = " ".join(str(channel.get("description") or f"The channel {name}.").split())
        labels = channel.get("messages") or {}
        messages = [event for event in _published(service) if event.label in labels]
        fields = {
            "id": _id(service.name, name),
            "name": f"{service.name} {name}",
            **common,
            "summary": summary,
            "address": str(channel.get("address") or ""),
            "protocols": ["sns" if name == "events" else "sqs"],
            "deliveryGuarantee": "at-least-once",
            "parameters": {"stack": {"description": "an environment"}},
            "routes": [{"id": _id(service.name, other)} for other in sorted(_queues(service))]
            if name == "events"
            else [],
        }
        events = "\n".join(f"- {prose(event.type)} {prose(event.version)}" for event in messages)
        yield f"channels/{fields['id']}/index.mdx", _page(fields, prose(summary), events, "<NodeGraph />")


def _queues(service: Service) -> list[str]:
    channels = service.async_api.get("channels") or {}
    return [name for name in channels if re.fullmatch(r"events-[A-Za-z0-9_-]+", name)]


def _commands(service: Service, common: Fields) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the paths of commands and queries, with the id of a page, and the text."""
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in (service.api.get("paths") or {}).items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    }
    for kind in ("commands", "queries"):
        for described_fact in service.facts(kind):
            name, route = str(described_fact["name"]), described_fact["route"] or ""
            operation = operations.get(route, {})
            summary = " ".join(str(described_fact.get("summary") or operation.get("summary") or f"{name}.").split())
            identity, (method, _, path) = _id(service.name, name), route.partition(" ")
            folder, schema = f"{kind}/{identity}", _schema(service, operation, kind)
            until = operation.get("x-sunset")
            codes = sorted(operation.get("responses") or {})
            fields = {
                "id": identity,
                "name": name,
                **common,
                "summary": summary,
                "operation": {"method": method, "path": path, "statusCodes": codes} if route else None,
                "schemaPath": "schema.json" if schema else None,
                "deprecated": {"date": str(until)} if until else None,
            }
            viewer = '<SchemaViewer file="schema.json" title="JSON Schema" />' if schema else ""
            yield f"{folder}/index.mdx", (identity, _page(fields, prose(summary), viewer, "<NodeGraph />"))
            if schema:
                yield f"{folder}/schema.json", ("", _document(schema))


def _schema(service: Service, operation: Fields, kind: str) -> Fields:
    """Return the schema of a command's body, or else of its path, or of a query's answer, with its definitions."""
    part = operation.get("requestBody") if kind == "commands" else (operation.get("responses") or {}).get("200")
    content = (part or {}).get("content") or {}
    schema = next((each.get("schema") for each in content.values() if isinstance(each, dict)), None)
    if not schema and kind == "commands":
        in_path = [each for each in operation.get("parameters", ()) if each.get("in") == "path"]
        parameters = {str(each["name"]): each.get("schema", {}) for each in in_path}
        return {"type": "object", "properties": parameters, "required": [*parameters]} if parameters else {}
    if not schema:
        return {}
    text = json.dumps({**schema, "$defs": (service.api.get("components") or {}).get("schemas") or {}})
    return json.loads(text.replace('"#/components/schemas/', '"#/$defs/'))


def _entity(service: Service, common: Fields) -> tuple[str, Mapping[str, str]]:
    """Return the id of the aggregate and its page; both empty if the aggregate is unknown."""
    aggregate = service.aggregate
    if not aggregate:
        return "", {}
    identity, summary = _id(service.name, str(aggregate["name"])), " ".join(str(aggregate["summary"]).split())
    newest: Fields = next((event.schema for event in _published(service) if not event.type.endswith(_OF_LISTS)), {})
    properties = [
        {
            "name": name,
            "type": _type(schema),
            "required": name in newest.get("required", ()),
            "description": " ".join(str(schema.get("description", "")).split()),
        }
        for name, schema in (newest.get("properties") or {}).items()
        if isinstance(schema, dict)
    ]
    fields = {
        "id": identity,
        "name": str(aggregate["name"]),
        **common,
        "summary": summary or f"The aggregate {aggregate['name']}.",
        "aggregateRoot": True,
        "identifier": str(aggregate["identity"]),
        "properties": properties,
    }
    moves = "\n".join(
        f"- {prose(str(command['name']))}: {prose(', '.join(command['after']) or 'new')} to "
        f"{prose(str(command['status'] or 'removed'))}"
        for command in service.facts("commands")
    )
    statuses = f"Statuses: {prose(', '.join(aggregate['statuses']))}"
    page = _page(fields, prose(summary), statuses, moves, "<EntityPropertiesTable />")
    return identity, {f"entities/{identity}/index.mdx": page}


_OF_LISTS: Final = ("ListImported", "ListRejected")


def _type(schema: Fields) -> str:
    alternatives = schema.get("anyOf") or [schema]
    return str(next((each.get("type") for each in alternatives if each.get("type") not in (None, "null")), "any"))
