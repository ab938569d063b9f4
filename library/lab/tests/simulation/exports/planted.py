"""Faults that are planted into the code of exports, to see that the simulation detects each of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from bounded_context.adapters import exports as adapters
from bounded_context.adapters.exports import AggregateItems, ExportTable
from bounded_context.application import exports as application
from bounded_context.application.exports import Exports, UploadGone, _Progress
from bounded_context.application.pieces import Writer
from bounded_context.application.writing import Column
from bounded_context.domain.exports import FileRecord, control_key
from bounded_context.domain.formats import FileFormat

from . import world

Plant = Callable[[], AbstractContextManager[Any]]


def _put(target: Any, name: str, change: Callable[[Any], Any]) -> Plant:
    return lambda: patch.object(target, name, change(getattr(target, name)))


def _condition(text: str, other: str) -> Plant:
    """Replace a part of the conditions of writes."""

    def change(original: Any) -> Any:
        def conditionally(write: Any, **request: Any) -> Any:
            condition = request["ConditionExpression"].replace(text, other)
            used = f"{condition} {request.get('UpdateExpression', '')}"
            kept = {name: value for name, value in request.get("ExpressionAttributeValues", {}).items() if name in used}
            members = {"ExpressionAttributeValues": kept} if kept else {}
            return original(write, **{**request, "ConditionExpression": condition, **members})

        return conditionally

    return _put(adapters, "conditionally", change)


def _one_page_further(original: Any) -> Any:
    """Continue after the page that follows the stored one."""

    def pages(self: Any, since: str, after: str) -> Iterator[Any]:
        found = original(self, since, after)
        if after:
            next(found, None)
        yield from found

    return pages


def _one_page_again(original: Any) -> Any:
    """Store the key before the last page of a part."""
    keys: dict[str, str] = {}

    def pages(self: Any, since: str, after: str) -> Iterator[Any]:
        last = after
        for items, cursor in original(self, since, after):
            yield items, cursor and (last or cursor)
            last = cursor
            keys[cursor] = last

    return pages


def _fresh(**facts: Any) -> Callable[[Any], Any]:
    """Forget facts of the record when a call continues a file."""

    def change(original: Any) -> Any:
        def init(self: Any, exports: Any, export: Any, record: FileRecord) -> None:
            original(self, exports, export, record)
            own = {name: value for name, value in facts.items() if record.parts and not record.written}
            self.record = replace(self.record, **own)
            if own.get("sums"):
                self.record = replace(self.record, sums=dict.fromkeys(self.record.sums, "0"))

        return init

    return change


def _always_a_header(original: Any) -> Any:
    """Write the header whenever a call continues a file."""

    def rows(self: Any) -> bool:
        stored, self.record = self.record, replace(self.record, parts=())
        beginning = self._writer.beginning({})
        self.record = stored
        write = self._writer.rows
        first = [bool(stored.parts)]

        def with_header(items: Any) -> bytes:
            return (beginning if first and first.pop() else b"") + write(items)

        self._writer.rows = with_header
        return original(self)

    return rows


def _early(original: Any) -> Any:
    """Complete the file when the call's time is over."""

    def rows(self: Any) -> bool:
        return original(self) or bool(self.record.parts)

    return rows


def _growing(original: Any) -> Any:
    """Store each part as the file."""

    def part(self: Any, data: bytes, *rest: Any) -> None:
        self._outgoing.write(self.record.key, data)
        original(self, data, *rest)

    return part


def _without_control(original: Any) -> Any:
    """Write the control file of a file without rows."""
    return property(lambda self: original.fget(replace(self, rows=0)))


def _unchecked(_original: Any) -> Any:
    """Take an unknown upload for a completed one."""

    def complete(self: Any) -> None:
        with suppress(UploadGone):
            self._outgoing.complete(self.record.key, self.record.upload, self.record.parts)
        self._outgoing.write(f"{self.record.key}.control.json", self.record.control)
        self._exports.records.prepared(self.record, application.now())

    return complete


def _own_period(original: Any) -> Any:
    """Note the file's own period as the period before."""

    def open_(self: Any, file: Any, changed: bool) -> None:
        original(self, file, changed)
        key, values = {"pk": f"{adapters.PREFIX}{file.export}#{file.partner}#{file.period}"}, {":period": file.period}
        change = "SET since_period = :period"
        self._table.update_item(Key=key, UpdateExpression=change, ExpressionAttributeValues=values)

    return open_


def _last_parts(original: Any) -> Any:
    """Complete the file with the parts that the upload has, whichever call has uploaded them."""

    def complete(self: Any) -> None:
        stored = self._outgoing._service.uploads.get(self.record.upload, {})
        parts = tuple((number, stored.get(number, (tag,))[0]) for number, tag in self.record.parts)
        size = sum(len(data) for _, data in stored.values()) or self.record.size
        self.record = replace(self.record, parts=parts, size=size)
        original(self)

    return complete


def _kept(fact: str) -> Callable[[Any], Any]:
    """Keep a fact of the record when a file begins anew."""

    def change(original: Any) -> Any:
        def save(self: Any, **facts: Any) -> None:
            if "form" in facts:
                facts.pop(fact)
            original(self, **facts)

        return save

    return change


def _clock_period(original: Any) -> Any:
    """Name the period by the time of the call."""
    return lambda _time: original(application.now())


def _one_partner(original: Any) -> Any:
    """Leave out the last partner."""

    def start(self: Exports, name: str, at: Any) -> None:
        with patch.object(self.records, "open", self.records.open) as opened:
            original(self, name, at)
            del opened
        last = self.context.exports[0].partners[-1]
        for file in self.records.opened(name, last):
            self.records.closed(file)

    return start


def _plain_sum(_original: Any) -> Any:
    """Add the amounts as binary fractions."""

    def add(self: Column, total: str, item: Mapping[str, Any]) -> str:
        return repr(float(total) + float(item[self.attribute]))

    return add


def _own_buffer(original: Any) -> Any:
    """Lose the rows of the last page of each part."""

    def rows(self: Writer, items: Any) -> bytes:
        items = [*items]
        return original(self, items[:-1] if len(items) > 1 else items)

    return rows


def _without_trailer(original: Any) -> Any:
    """Count the rows of the last call in the file's own trailer."""

    def rows(self: Any) -> bool:
        stated, before = FileFormat.stated, self.record.rows
        with patch.object(FileFormat, "stated", lambda form, count, sums: stated(form, count - before, sums)):
            return original(self)

    return rows


@contextmanager
def _no_overlap() -> Iterator[None]:
    with patch.object(application, "OVERLAP", timedelta()):
        yield


def _any_outcome(original: Any) -> Any:
    """Take each outcome for success."""

    def transferred(connectors: Any, record: FileRecord) -> FileRecord:
        after = original(connectors, record)
        failed = after.failures > record.failures
        return replace(record, transfer="", fetched=record.sent, sent=True) if failed else after

    return transferred


def _control_at_once(original: Any) -> Any:
    """Send the control file without waiting for the end of the file's transfer."""

    def transferred(connectors: Any, record: FileRecord) -> FileRecord:
        after = original(connectors, record)
        if after.transfer and not record.transfer and not after.sent:
            return replace(after, transfer=connectors.send(record.file.partner, control_key(record.key)), sent=True)
        return after

    return transferred


def _delivered_when_sent(original: Any) -> Any:
    """Record the start of the last transfer as a delivery."""

    def transferred(connectors: Any, record: FileRecord) -> FileRecord:
        after = original(connectors, record)
        return replace(after, fetched=True) if after.sent and after.transfer else after

    return transferred


def _forgotten_transfer(original: Any) -> Any:
    """Do not record the id of a transfer."""
    return lambda connectors, record: replace(original(connectors, record), transfer="")


def _endless(original: Any) -> Any:
    """Wait for a transfer that the connector does not know."""

    def failure(self: Any, partner: str, transfer: str) -> str | None:
        outcome = original(self, partner, transfer)
        return None if outcome and "unknown" in outcome else outcome

    return failure


def _without_end(original: Any) -> Any:
    """Leave out the time until a claim ends: the next call waits a day."""

    def transferring(self: Any, record: FileRecord, again: Any) -> None:
        original(self, record, again and again + timedelta(days=1))

    return transferring


def _early_close(original: Any) -> Any:
    """Remove a file from the open files when it is complete."""

    def prepared(self: Any, record: FileRecord, at: Any) -> None:
        original(self, record, at)
        self.closed(record.file)

    return prepared


def _no_control(original: Any) -> Any:
    """Record a delivery without the control file."""

    def transferred(connectors: Any, record: FileRecord) -> FileRecord:
        return original(connectors, replace(record, sent=bool(record.transfer)))

    return transferred


SENDS: Final[Mapping[str, Plant]] = {
    "two calls send a file at once": _condition(
        "file_status = :current AND claimed_until < :at", "file_status = :current"
    ),
    "a failed transfer counts as a delivery": _put(application, "_transferred", _any_outcome),
    "a control file is sent before its file is complete": _put(application, "_transferred", _control_at_once),
    "a started transfer counts as a delivery": _put(application, "_transferred", _delivered_when_sent),
    "the id of a transfer is lost": _put(application, "_transferred", _forgotten_transfer),
    "a forgotten transfer is awaited": _put(world.Connector, "failure", _endless),
    "a failed file waits for a day": _put(ExportTable, "transferring", _without_end),
    "a complete file is not sent by a later call": _put(ExportTable, "prepared", _early_close),
    "the control file is left out": _put(application, "_transferred", _no_control),
}
OF_SENDS: Final = frozenset(SENDS)
"""The faults of sending files to a partner's own server."""

PLANTS: Final[Mapping[str, Plant]] = {
    **SENDS,
    "a call that was superseded writes on": _condition("attempt = :attempt AND ", ""),
    "a repeated start records the file anew": _condition("attribute_not_exists(pk)", "attribute_not_exists(other)"),
    "tags of parts are not compared": _put(_Progress, "_complete", _last_parts),
    "a page is left out after a kill": _put(AggregateItems, "pages", _one_page_further),
    "a page is read again after a part": _put(AggregateItems, "pages", _one_page_again),
    "the rows are counted from the last kill": _put(_Progress, "__init__", _fresh(rows=0)),
    "the sum begins at the last kill": _put(_Progress, "__init__", _fresh(sums={"amount": "0"})),
    "the header is written after each kill": _put(_Progress, "_rows", _always_a_header),
    "a file is completed when the time is over": _put(_Progress, "_rows", _early),
    "a part is visible": _put(_Progress, "_part", _growing),
    "the control file has no rows": _put(FileRecord, "control", _without_control),
    "an aborted upload counts as a file": _put(_Progress, "_complete", _unchecked),
    "changes in transit at the period are lost": _no_overlap,
    "the period before is the file's own": _put(ExportTable, "open", _own_period),
    "a file that begins anew keeps its count": _put(_Progress, "_save", _kept("rows")),
    "a period is named by the clock": _put(application, "period_of", _clock_period),
    "a partner gets no file": _put(Exports, "start", _one_partner),
    "amounts are added as binary fractions": _put(Column, "add", _plain_sum),
    "the last row of a page is lost": _put(Writer, "rows", _own_buffer),
    "the checksum begins at the last kill": _put(_Progress, "__init__", _fresh(state=())),
    "the trailer has the rows since the last kill": _put(_Progress, "_rows", _without_trailer),
    "a file that begins anew keeps its checksum": _put(_Progress, "_save", _kept("state")),
    "a file has no end": _put(Writer, "end", lambda _: lambda *_: b""),
}
