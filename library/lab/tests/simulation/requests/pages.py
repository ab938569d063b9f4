"""Callers that read a list's rows page by page while others write."""

from dataclasses import dataclass, field
from typing import Any, Final

from ..functions import Lambda
from ..history import AGGREGATE, History, Item, Stored, Violation, Write
from ..scheduler import Scheduler
from ..services.dynamodb.store import LAG_SECONDS
from .api import Answer, request
from .scenario import Paging
from .visitors import awaited, moments

_TRIES: Final = 8
_MOST_PAGES: Final = 60


@dataclass
class Pages:
    """What a caller got: the identities of all pages, between two times. ``whole`` if the last page came."""

    paging: Paging
    list_id: str
    started: float
    items: list[Any] = field(default_factory=list)
    ended: float = 0.0
    whole: bool = False


class Pager:
    """Reads all pages of one query."""

    def __init__(self, scheduler: Scheduler, functions: Lambda, paging: Paging, versions: list[Stored]) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._paging = paging
        self._versions = versions
        self.pages: Pages | None = None

    def run(self) -> None:
        """Read at the paging's time, if there is a list by then."""
        self._scheduler.wait_for(self._paging.trigger, self._paging.at)
        if not self._versions:
            return
        pages = self.pages = Pages(self._paging, self._versions[0].list_id, self._scheduler.now())
        cursor: str | None = ""
        for _ in range(_MOST_PAGES):
            cursor = self._page(pages, cursor or "")
            pages.ended = self._scheduler.now()
            if not cursor:
                pages.whole = cursor is not None and cursor == ""
                return

    def _page(self, pages: Pages, cursor: str) -> str | None:
        """Add a page; return the next cursor, an empty one after the last page, or None without an answer."""
        for _ in range(_TRIES):
            answer = self._ask(pages.list_id, cursor)
            if answer is not None:
                if answer.code:
                    raise Violation("query-refused", answer.code)
                pages.items += answer.body["items"]
                return answer.body["next_cursor"] or ""
            self._scheduler.sleep(1.0)
        return None

    def _ask(self, list_id: str, cursor: str) -> Answer | None:
        query: dict[str, Any] = {"list_id": list_id, "limit": self._paging.limit}
        query |= {"cursor": cursor} if cursor else {}
        query |= {"status": self._paging.status} if self._paging.status else {}
        event = request("list_payments", query=query) if self._paging.http else {"payload": query}
        return awaited(self._scheduler, self._functions.invoke("list_payments", event))


def check(pages: Pages, history: History) -> None:
    """Check that each aggregate that was there all the time was shown once, and no other twice. Raises Violation."""
    ids = [item["payment_id"] for item in pages.items]
    if len(set(ids)) < len(ids):
        raise Violation("shown-twice", str(sorted(ids)))
    for item in pages.items:
        _check_item(pages, item, history)
    if not pages.whole:
        return
    for key in sorted(history.by_key):
        # An index may be late.
        there = moments(history, key, pages.started - LAG_SECONDS, pages.ended)
        is_due = key.startswith(AGGREGATE) and all(_belongs(pages, write) for write in there)
        if is_due and key.removeprefix(AGGREGATE) not in ids:
            raise Violation("not-shown", f"{key}, of {sorted(ids)}")


def _belongs(pages: Pages, write: Write | None) -> bool:
    item = write.after if write else None
    return item is not None and item.get("list_id") == pages.list_id and _in_status(pages, item)


def _in_status(pages: Pages, item: Item) -> bool:
    return not pages.paging.status or item["status"] == pages.paging.status


def _check_item(pages: Pages, item: Any, history: History) -> None:
    there = moments(history, AGGREGATE + item["payment_id"], pages.started - LAG_SECONDS, pages.ended)
    versions = [int(write.after["version"]) for write in there if write and _belongs(pages, write) and write.after]
    if item["list_id"] != pages.list_id or not _in_status(pages, item) or item["version"] not in versions:
        raise Violation("shown-wrong", f"{item['payment_id']} at version {item['version']}, not {versions}")
