"""The generator of the samples of a context's first version, equal to those of ``context contracts``.

A bake has no pydantic, so this module builds the samples itself. A test of each repository compares them with the code.
"""

from __future__ import annotations

import runpy
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from .answers import Command, Field, arguments_of
from .field_types import IDENTIFIER, field_type
from .library import CODE
from .schemas import or_null

VERSION = "0.1.0"
"""The version in a baked ``pyproject.toml``."""

_FORM = CODE["cli"] / "contracts" / "sample_form.py"
_KEY = "incoming/partner/list.csv"
_LIST = sha256(f"inbox\n{_KEY}\nversion-1\n100".encode()).hexdigest()[:32]
_PART = {"part": 0, "key": f"staging/{_LIST}/part-00000", "rows": 1}
_TIME = "2026-01-31T12:00:00+00:00"
_TRACEPARENT = f"00-{'1' * 32}-{'1' * 16}-01"
_SHARD = f"#{crc32(b'id-1') % 32:02d}"

Part = dict[str, Any]


def expand(
    project: Path, package: str, fields: Sequence[Field], commands: Sequence[Command], title: str, *, lists: bool
) -> None:
    """Write ``released/<version>.json`` into a project, unless it exists."""
    path = project / "released" / f"{VERSION}.json"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        content = _First(package, fields, commands, title, lists).version()
        # This module of the library needs only the standard library.
        path.write_text(runpy.run_path(str(_FORM))["as_text"](content), encoding="utf-8")


class _First:
    """The samples of a first version."""

    def __init__(
        self, package: str, fields: Sequence[Field], commands: Sequence[Command], title: str, lists: bool
    ) -> None:
        self._package, self._fields, self._commands, self._title = package, fields, commands, title
        self._lists = lists
        self._id = f"{package}_id"
        self._state = arguments_of(commands)
        self._values = {self._id: "id-1"} | _values(fields)
        self._first = next(command.status for command in commands if command.kind == "creates")

    def version(self) -> Part:
        details = {self._id: IDENTIFIER.shown} | {field.name: field_type(field.type).shown for field in self._fields}
        state = {field.name: or_null(field_type(field.type).shown) for field in self._state}
        sections = {"stored": self._stored(), "staged": self._staged(), "asked": self._asked(), "sent": self._sent()}
        samples = {name: {form: [sample] for form, sample in section.items()} for name, section in sections.items()}
        return {"details": details | state, "required": list(details), **samples}

    def _stored(self) -> Part:
        statuses = [command.status for command in self._commands if command.kind != "deletes"]
        answer = {"ok": True, self._package: self._payload(self._first)}
        of_lists = {"list": self._list()} if self._lists else {}
        return {**{f"item {status}": self._item(status) for status in statuses}, **of_lists, "answer": answer}

    def _item(self, status: str) -> Part:
        values = {field.name: _attribute(field.type) for field in (*self._fields, *self._state)}
        return {
            **_texts(pk=f"{self._package.upper()}#id-1", **{self._id: "id-1"}),
            **values,
            **_texts(status=status),
            **_numbers(version=1),
            **_texts(status_shard=status + _SHARD, **self._of_list(), traceparent=_TRACEPARENT),
        }

    def _of_list(self) -> dict[str, str]:
        return {"list_id": _LIST, "list_shard": _LIST + _SHARD} if self._lists else {}

    def _list(self) -> Part:
        currency = "CHF" if any(field.type == "currency" for field in self._fields) else "NONE"
        amounts = {field.name: {"M": {currency: {"N": "12.50"}}} for field in self._fields if field.type == "decimal"}
        return {
            **_texts(pk=f"LIST#{_LIST}", list_id=_LIST, status="IMPORTED", execution="execution-1", partner="partner"),
            **_texts(bucket="inbox", key=_KEY, version_id="version-1"),
            **_numbers(size=100, rows=2, valid=1, rejected=1, parts=1),
            "rejections": {"M": _numbers(value=1)},
            **_texts(received_at=_TIME, traceparent=_TRACEPARENT),
            "imported_parts": {"NS": ["0"]},
            "amounts": {"M": amounts},
        }

    def _staged(self) -> Part:
        if not self._lists:
            return {}
        step = {"list_id": _LIST, "part": _PART}
        return {"part": {"lines": [2], "rows": [self._values]}, "manifest": [_PART], "step": step}

    def _asked(self) -> Part:
        payloads = {
            command.name: self._values if command.kind == "creates" else {self._id: "id-1"} | _values(command.arguments)
            for command in self._commands
        }
        cursor = urlsafe_b64encode(b'{"asked":{},"shard":0,"after":"id-1"}').decode().rstrip("=")
        messages = {name: {"idempotency_key": "key-1", "payload": payload} for name, payload in payloads.items()}
        return {**messages, "cursor": cursor}

    def _sent(self) -> Part:
        sequence = {"sequence": "1".zfill(40)}
        changes = {
            command.event: self._event(command.event, "id-1", self._payload(self._status(command)), sequence)
            for command in self._commands
        }
        return {**changes, **(dict(self._list_events()) if self._lists else {})}

    def _status(self, command: Command) -> str:
        return self._first if command.kind == "deletes" else command.status

    def _list_events(self) -> Iterable[tuple[str, Part]]:
        data = {"list_id": _LIST, "partner": "partner", "file": _KEY}
        ends = {
            "Imported": {"rows": 2, "imported": 1, "rejected": 1},
            "Rejected": {
                "report": "reports/partner/list.csv.report.csv",
                "outcome": "REJECTED",
                "reason": "reason",
            },
        }
        for end, more in ends.items():
            event = f"{self._title}List{end}"
            yield event, self._event(event, _LIST, {**data, **more}, {})

    def _payload(self, status: str) -> Part:
        values = self._values | _values(self._state)
        return {**values, "status": status, "version": 1, "list_id": _LIST if self._lists else None}

    def _event(self, event: str, subject: str, data: Part, more: Part) -> Part:
        return {
            "specversion": "1.0",
            "id": "event-1",
            "source": self._package,
            "type": event,
            "subject": subject,
            "time": _TIME,
            "datacontenttype": "application/json",
            "dataschema": f"urn:event-schema:{self._package}:{event}:1.0",
            "traceparent": _TRACEPARENT,
            "data": data,
            **more,
        }


def _values(fields: Iterable[Field]) -> Part:
    return {field.name: field_type(field.type).value for field in fields}


def _attribute(kind: str) -> Part:
    """Return a type's sample as a DynamoDB attribute value."""
    value = field_type(kind).value
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def _texts(**values: str) -> Part:
    return {name: {"S": value} for name, value in values.items()}


def _numbers(**values: int) -> Part:
    return {name: {"N": str(value)} for name, value in values.items()}
