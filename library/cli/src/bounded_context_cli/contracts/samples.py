"""Samples of the data that a version of a context stores, stages, accepts and publishes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer

from bounded_context.adapters.items import TRACEPARENT, Items, from_list
from bounded_context.application.queries import Position, cursor
from bounded_context.application.staging import Part
from bounded_context.declaration.context import Context
from bounded_context.domain import events
from bounded_context.domain.aggregate import Aggregate, Command
from bounded_context.domain.deadlines import due_text
from bounded_context.domain.faults import Fault
from bounded_context.domain.lists import STAGING, ListStatus, PinnedFile, ReceivedList

from .compatibility import WORDS, inlined
from .published import good, of_model

ITEM, LIST, ANSWER = "item ", "list", "answer"
PART, MANIFEST, STEP = "part", "manifest", "step"
CURSOR: Final = "cursor"

_FILE: Final = PinnedFile("inbox", "incoming/partner/list.csv", "version-1", 100)
_TIME: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
_TRACEPARENT: Final = f"00-{'1' * 32}-{'1' * 16}-01"
_SEQUENCE: Final = events.sequence("1")
_STAGED: Final = asdict(Part(0, f"{STAGING}/{_FILE.list_id}/part-00000", 1))

Version = dict[str, Any]


def version_of(context: Context[Any]) -> Version:
    """Return the content of a version's file for the current code.

    ``details`` has the schema of each field's stored value, ``required`` the fields that are always stored. Each other
    section has a list of samples for each form, such as an item, a command or an event.

    Raises:
        NoSample: a field has none of the library's types, and no example.
    """
    values = context.details.model_validate(good(context.details)).model_dump(mode="json", by_alias=True)
    schema, of_state = of_model(context.details), of_model(context.state)
    fields = {
        context.attributes[name]: _bare(inlined(field, part))
        for part in (schema, of_state)
        for name, field in part.get("properties", {}).items()
    }
    sections = {
        "stored": _stored(context),
        "staged": _staged(values) if context.has_lists else {},
        "asked": {},
        "sent": dict(_sent(context)),
    }
    samples = {
        section: {form: [json.loads(json.dumps(sample))] for form, sample in forms.items()}
        for section, forms in sections.items()
    }
    for form, sample in _asked(context, values[context.identity]):
        samples["asked"].setdefault(form, []).append(json.loads(json.dumps(sample)))
    required = [context.attributes[name] for name in schema.get("required", [])]
    return {"details": fields, "required": required, **samples}


def _bare(schema: Any) -> Any:
    """Remove the keywords that do not affect validation."""
    if isinstance(schema, Mapping):
        return {name: _bare(part) for name, part in schema.items() if name not in WORDS}
    return [_bare(part) for part in schema] if isinstance(schema, list) else schema


def _aggregate(context: Context[Any], **attributes: Any) -> Aggregate[Any, Any]:
    details = context.details.model_validate(good(context.details))
    state = context.state.model_validate(good(context.state))
    values = {"status": context.initial_status, "list_id": _list_id(context), "state": state, **attributes}
    if context.times:
        values |= {"created_at": _TIME, "changed_at": _TIME}
    return context.aggregate(details, **values)


def _list_id(context: Context[Any]) -> str | None:
    return _FILE.list_id if context.has_lists else None


def _stored(context: Context[Any]) -> dict[str, Any]:
    items = {
        f"{ITEM}{status}": _item(context, _aggregate(context, status=status, due=_due(context, status)))
        for status in context.statuses
    }
    # An idempotency record stores this answer for retries.
    answer = {"ok": True, context.name: context.payload(_aggregate(context))}
    of_lists = {LIST: _dynamodb(_list(context))} if context.has_lists else {}
    return {**items, **of_lists, ANSWER: answer}


def _due(context: Context[Any], status: str) -> str:
    """Return the time of a status's deadline, or an empty text."""
    deadline = context.deadline_by_status.get(str(status))
    return due_text(_TIME + deadline.after, 1) if deadline else ""


def _item(context: Context[Any], aggregate: Aggregate[Any, Any]) -> dict[str, Any]:
    return _dynamodb(Items(context).from_aggregate(aggregate) | {TRACEPARENT: _TRACEPARENT})


def _list(context: Context[Any]) -> dict[str, Any]:
    recorded = from_list(ReceivedList(_FILE, "execution-1", ListStatus.IMPORTED))
    counted = {"rows": 2, "valid": 1, "rejected": 1, "parts": 1, "rejections": {Fault.VALUE.value: 1}}
    sums = {name: {context.currencies[0]: Decimal("12.50")} for name in context.amounts}
    noted = {"received_at": _TIME.isoformat(), TRACEPARENT: _TRACEPARENT, "imported_parts": {0}}
    return recorded | counted | noted | {"amounts": sums}


def _dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


def _staged(values: dict[str, Any]) -> dict[str, Any]:
    step = {"list_id": _FILE.list_id, "part": _STAGED}
    return {PART: {"lines": [2], "rows": [values]}, MANIFEST: [_STAGED], STEP: step}


def _asked(context: Context[Any], identity: str) -> Iterator[tuple[str, Any]]:
    for command in context.commands:
        example = command.model.model_validate(good(command.model))
        for by_alias in (False, True) if command.model.earlier_names else (False,):
            payload = example.model_dump(mode="json", exclude_none=True, by_alias=by_alias)
            yield command.name, {"idempotency_key": "key-1", "payload": payload}
    if context.queried_by:
        yield CURSOR, cursor({}, Position(0, identity))


def _sent(context: Context[Any]) -> Iterator[tuple[str, Any]]:
    for command in context.commands:
        aggregate = _aggregate(context, status=command.status or context.initial_status)
        payload = context.payload(aggregate) | _child(context, command)
        event = context.source.cloud_event("event-1", command.event, aggregate.id, _TIME, payload, _TRACEPARENT)
        yield command.event, event | {"sequence": _SEQUENCE}
    if context.has_lists:
        yield from _of_lists(context)


def _child(context: Context[Any], command: Command[Any, Any]) -> dict[str, Any]:
    """Return the new child in the event of a command that adds one, by its name."""
    if command.kind != "adds":
        return {}
    children = context.children_of(command)
    values = {"number": 1, "added_at": _TIME.isoformat(), **good(children.model)}
    return {children.name: {context.identity: good(context.details)[context.identity], **values}}


def _of_lists(context: Context[Any]) -> Iterator[tuple[str, Any]]:
    imported, rejected = context.list_events
    of_list = {"list_id": _FILE.list_id, "partner": _FILE.partner, "file": _FILE.key}
    ends = {
        imported: {"rows": 2, "imported": 1, "rejected": 1},
        rejected: {"report": _FILE.report_key, "outcome": "REJECTED", "reason": "reason"},
    }
    for event_type, data in ends.items():
        source = context.source
        yield event_type, source.cloud_event("event-1", event_type, _FILE.list_id, _TIME, of_list | data, _TRACEPARENT)
