"""The invariants of children: those of a write, and those of the schedule at rest."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..history import Violation, Write
from .scenario import ADD, MOST, SEVERAL, Call

if TYPE_CHECKING:
    from .world import World

PARENT: Final = "PAYMENT#"
CHILD: Final = "PAYMENT-NOTE#"


class AtWrite:
    """The invariants of a single write."""

    def __init__(self) -> None:
        self._added = Counter[tuple[str, str]]()

    def __call__(self, write: Write) -> None:
        """Check a write. Raises Violation."""
        call = call_of(write)
        if call and call.kind == SEVERAL and write.key.startswith((PARENT, CHILD)):
            raise Violation("half-done", f"{call} wrote {write.key}")
        if write.key.startswith(CHILD) and write.after is not None:
            self._child(write, write.after)
        if write.key.startswith(PARENT) and write.after is not None:
            self._parent(write, write.after)

    def _child(self, write: Write, after: Mapping[str, Any]) -> None:
        if write.before is not None:
            raise Violation("replaced", f"{write.key} was {write.before['text']}, and is {after['text']}")
        # A repeated command cannot detect its child after the removal of the aggregate, and adds it to the successor.
        added = after["text"], write.key.split("#")[2]
        self._added[added] += 1
        if self._added[added] > 1:
            raise Violation("twice", after["text"])

    def _parent(self, write: Write, after: Mapping[str, Any]) -> None:
        before, count = write.before or {}, count_of(after)
        if count > MOST:
            raise Violation("limit", f"{write.key} has {count}")
        if write.before is not None and count - count_of(before) not in (0, 1):
            raise Violation("count", f"{write.key}: {count_of(before)}, then {count}")
        if count > count_of(before) and before.get("status") != "REGISTERED":
            raise Violation("status", f"{write.key} was {before.get('status')}")
        if before.get("child-family") not in (None, after.get("child-family")):
            raise Violation("family", write.key)


def call_of(write: Write) -> Call | None:
    """Return the call that wrote, or None."""
    made_by = write.by.made_by if write.by else None
    return made_by if isinstance(made_by, Call) else None


def of_answer(world: "World", call: Call, answer: Mapping[str, Any], since: float) -> None:
    """Check an answer to an invocation that began at a time. Raises Violation.

    A conflict has a competitor: another call has changed the aggregate since then.
    """
    code = answer.get("error", {}).get("code")
    writes = world.history.until(PARENT + call.parent, world.scheduler.now())
    if code == "version-conflict" and not any(call_of(each) != call for each in writes if each.time >= since):
        raise Violation("no-competitor", f"{call}")
    if call.kind == SEVERAL and (answer["ok"] or code == "version-conflict"):
        raise Violation("half-done", f"{call} was answered {answer}")


def count_of(item: Mapping[str, Any]) -> int:
    """Return the number of children that an aggregate's item counts."""
    return int(item.get("child-counts", {}).get("note", 0))


def at_rest(world: "World") -> Iterator[Violation]:
    """Yield the violations at the end."""
    yield from _items(world)
    yield from _answers(world)
    yield from _events(world)
    yield from _pages(world)


def _items(world: "World") -> Iterator[Violation]:
    """Compare the items of children with the families that there are."""
    items = world.account.store.items
    families = {item["child-family"]: item for key, item in items.items() if key.startswith(PARENT) and count_of(item)}
    children = Counter(key.split("#")[2] for key in items if key.startswith(CHILD))
    for family, count in children.items():
        if family not in families:
            yield Violation("orphans", f"{count} of {family}")
    for family, item in families.items():
        if children[family] != count_of(item):
            yield Violation("missing", f"{item['pk']} counts {count_of(item)}, and has {children[family]}")


def _answers(world: "World") -> Iterator[Violation]:
    """Compare the answers with the children that were ever written."""
    written = set(_texts(world))
    for call, answers in world.answers.items():
        numbers = {
            json.dumps(answer.get("payment", {}).get("note"), sort_keys=True) for answer in answers if answer["ok"]
        }
        if len(numbers) > 1:
            yield Violation("answers", f"{call}: {numbers}")
        if call.kind == ADD and numbers and text_of(call.number) not in written:
            yield Violation("lost", f"{call} was answered")
        if call.kind == ADD and numbers and "null" in numbers:
            yield Violation("no-child", f"{call} was answered without its note")


def _texts(world: "World") -> Iterator[str]:
    """Yield the text of each child that was written."""
    return (write.after["text"] for write in world.history.writes if write.key.startswith(CHILD) and write.after)


def text_of(number: int) -> str:
    """Return the text of the note that a call adds."""
    return f"note of call {number}"


def _events(world: "World") -> Iterator[Violation]:
    """Compare the published events with the written children: each one is in an event of its own type."""
    written = Counter(
        write.after["text"] for write in world.history.writes if write.key.startswith(CHILD) and write.after
    )
    published = {(event["id"], event["type"]): event for event in world.published()}
    reported = Counter[str]()
    for (_, kind), event in published.items():
        note = event["data"].get("note")
        if (note is not None) != (kind == "PaymentNoteAdded"):
            yield Violation("event", f"{kind} with {note}")
        elif note is not None:
            reported[note["text"]] += 1
    if reported != written:
        yield Violation("events", f"{reported} of {written}")


def _pages(world: "World") -> Iterator[Violation]:
    """Check the lists that were read: all numbers from 1, each once. A removal in between may end a list."""
    removed = any(write.key.startswith(PARENT) and write.after is None for write in world.history.writes)
    for numbers in world.lists:
        if numbers != list(range(1, len(numbers) + 1)) and not removed:
            yield Violation("pages", f"{numbers}")
