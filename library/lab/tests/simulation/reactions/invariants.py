"""The invariants of reactions: those of a write, and those of the schedule at rest."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from bounded_context.adapters.items import HOPS
from bounded_context.adapters.services import REASON

from ..history import Violation, Write
from .claims import OPEN, asked
from .scenario import CANCELLED, News

if TYPE_CHECKING:
    from .world import World

_CLAIM: Final = "CLAIM#"
_REACTIONS: Final = ("REJECTED", "REOPENED")
_LIST: Final = "LIST#list-1"


class AtWrite:
    """The invariants of a single write of a claim."""

    def __init__(self, world: "World") -> None:
        self._news = {news.id: news for news in world.scenario.news}
        self._history = world.history
        self._field = world.scenario.field
        self._effects = Counter[tuple[str, str]]()
        self._newest: dict[str, int] = {}

    def __call__(self, write: Write) -> None:
        """Check a write. Raises Violation."""
        if not write.key.startswith(_CLAIM) or write.before is None or write.after is None:
            return
        by_reaction = write.after["status"] in _REACTIONS
        self._hops(write, self._news[write.after["event"]].hops + 1 if by_reaction else None)
        if by_reaction:
            self._effect(write, write.after, self._news[write.after["event"]])

    def _hops(self, write: Write, hops: int | None) -> None:
        after = write.after or {}
        if after.get(HOPS) != hops:
            raise Violation("hops", f"{write.key}: {after.get(HOPS)}, not {hops}")

    def _effect(self, write: Write, after: dict[str, Any], news: News) -> None:
        self._effects[write.key, news.id] += 1
        if self._effects[write.key, news.id] > 1:
            raise Violation("twice", f"{news.id} on {write.key}")
        if (after["status"] == "REJECTED") != (news.kind == CANCELLED) or after[self._field] != news.policy:
            raise Violation("other-effect", f"{news} on {after}")
        if not news.reacts:
            raise Violation("reaction-of-a-cycle", f"{news} on {write.key}")
        if news.number < self._newest.get(news.policy, 0):
            raise Violation("stale", f"{news.id} on {write.key} after e-{self._newest[news.policy]:02d}")
        self._newest[news.policy] = news.number
        item = self._history.item(_LIST) or {}
        if after["version"] == 2 and "list_id" in after and item["status"] != "IMPORTED":
            raise Violation("open-list", f"{news.id} on {write.key}")


def at_rest(world: "World") -> Iterator[Violation]:
    """Yield the violations at the end: a claim that was not asked, or more than once, or a message that is left."""
    yield from _messages(world)
    if world.functions.stopped:
        yield Violation("stopped", f"Lambda took {world.functions.stopped} for infinite loops")
    asks = Counter(asked)
    newest = {news.policy: news for news in sorted(world.scenario.news, key=lambda news: news.number) if news.reacts}
    for key, item in sorted(world.account.store.items.items()):
        news = newest.get(item[world.scenario.field]) if key.startswith(_CLAIM) else None
        if news is None:
            continue
        if item["status"] in (OPEN if news.kind == CANCELLED else ("REJECTED",)) and not _is_later(world, item, news):
            yield Violation("left", f"{key} is {item['status']} after {news}")
        if "c-" in key and not asks[news.id, item["claim_id"]]:
            yield Violation("not-asked", f"{key} by {news}")
    if world.undisturbed and not any(row.listed for row in world.scenario.rows):
        for (event, claim), count in asks.items():
            if count > 1:
                yield Violation("asked-again", f"{claim} by {event}: {count} times")


def _is_later(world: "World", item: dict[str, Any], news: News) -> bool:
    """Return whether a claim was registered by a later copy than that of the event: later events had no reaction."""
    later = [other for other in world.scenario.news if other.policy == news.policy and other.number > news.number]
    return item["claim_id"].startswith("n-") and bool(later)


def _messages(world: "World") -> Iterator[Violation]:
    if world.account.inbound.messages:
        yield Violation("messages", f"{list(world.account.inbound.messages)} are left")
    for message in world.account.dead_letters.messages.values():
        reason = message.attributes.get(REASON, {}).get("StringValue")
        if reason != "too-many-hops":
            yield Violation("dead-letter", f"{message.body}: {reason}")
    buried = {message.body for message in world.account.dead_letters.messages.values()}
    ended = [news.id for news in world.scenario.news if news.hops >= 8 and news.kind != "PolicyRenamed"]
    for event_id in ended:
        if not any(f'"id": "{event_id}"' in body for body in buried):
            yield Violation("no-dead-letter", event_id)
