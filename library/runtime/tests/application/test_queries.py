"""Pages: each aggregate once, whatever the pages' size and the shards; cursors that are none are refused."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payment.context import PAYMENT
from payment.model import Payment, PaymentDetails, Status
from pydantic import ValidationError

from bounded_context import By, Context, NotFound
from bounded_context.application import queries
from bounded_context.application.ports import Slice
from bounded_context.application.queries import (
    MOST,
    READS,
    BadCursor,
    Page,
    Position,
    by_id,
    list_many,
    selection,
)
from bounded_context.declaration.structure import EARLIER_INDEX_SHARDS, INDEX_SHARDS
from bounded_context.domain.fields import IDENTIFIER
from bounded_context.testing import InMemoryAggregates, Samples
from tests.contexts import over_contexts

samples = Samples(PAYMENT)
Selection = selection(replace(PAYMENT, queried_by=("list", "status")))
FIRST = PAYMENT.initial_status
OTHER = [status for status in Status if status is not FIRST]


@dataclass
class FakeShards:
    """Aggregates in shards, in memory; reads like DynamoDB: a full read does not know that it is the last."""

    shards: Sequence[Sequence[Payment]]
    reads: list[int] = field(default_factory=list)
    by: By | None = None

    @property
    def count(self) -> int:
        return len(self.shards)

    def of_list(self, list_id: str, number: int, after: str, most: int) -> Slice[Payment]:
        return self._read([aggregate for aggregate in self.shards[number] if aggregate.list_id == list_id], after, most)

    def in_status(self, status: StrEnum, number: int, after: str, most: int) -> Slice[Payment]:
        return self._read([aggregate for aggregate in self.shards[number] if aggregate.status is status], after, most)

    def with_value(self, field: str, value: str, after: str, most: int) -> Slice[Payment]:
        all_ = [aggregate for shard in self.shards for aggregate in shard]
        matches = [aggregate for aggregate in all_ if getattr(aggregate.details, field) == value]
        if self.by is None:
            return self._read(matches, after, most)
        places = {(str(aggregate.details.due_date), aggregate.id): aggregate for aggregate in matches}
        ordered = sorted(places, reverse=self.by.newest_first)
        start = ordered.index((*after.split(" "),)) + 1 if after else 0  # pyrefly: ignore[bad-argument-type]
        read = ordered[start : start + most]
        return Slice([places[place] for place in read], " ".join(read[-1]) if len(read) == most else None)

    def _read(self, aggregates: Sequence[Payment], after: str, most: int) -> Slice[Payment]:
        self.reads.append(most)
        read = sorted(
            (aggregate for aggregate in aggregates if aggregate.id > after), key=lambda aggregate: aggregate.id
        )[:most]
        return Slice(read, read[-1].id if len(read) == most else None)


def _pages(shards: FakeShards, kind: type[Any] = Selection, **filters: Any) -> list[Page[Payment]]:
    pages = [list_many(kind(**filters), shards)]
    while cursor := pages[-1].next_cursor:
        pages.append(list_many(kind(**filters, cursor=cursor), shards))
    return pages


@st.composite
def _filled(draw: st.DrawFn) -> FakeShards:
    numbers = draw(st.lists(st.integers(0, 400), unique=True, max_size=60))
    shards: list[list[Payment]] = [[] for _ in range(draw(st.integers(1, INDEX_SHARDS)))]
    for number in numbers:
        standing = {"status": draw(st.sampled_from(Status)), "list_id": draw(st.sampled_from([None, "l-1", "l-2"]))}
        shards[draw(st.integers(0, len(shards) - 1))].append(samples.aggregate(number, **standing))
    return FakeShards(shards)


_BY_LIST, _BY_STATUS = (selection(replace(PAYMENT, queried_by=(attribute,))) for attribute in ("list", "status"))
_KINDS = st.sampled_from([Selection, _BY_LIST, _BY_STATUS])
_ASKED = st.sampled_from([{"list_id": "l-1"}, {"status": FIRST}, {"list_id": "l-1", "status": FIRST}])


@given(shards=_filled(), kind=_KINDS, filters=_ASKED, limit=st.integers(1, 20))
def test_all_pages_together_have_each_aggregate_once(
    shards: FakeShards, kind: Any, filters: dict[str, Any], limit: int
):
    """Those that were asked for, in one order, and never more on a page than were asked for, by whichever index.

    The middle shard is the first.
    """
    if not set(filters) & set(kind.needed):
        return
    pages = _pages(shards, kind, **filters, limit=limit)
    ids = [aggregate.id for page in pages for aggregate in page.aggregates]
    middle = shards.count // 2
    wanted = [
        aggregate.id
        for shard in (*shards.shards[middle:], *shards.shards[:middle])
        for aggregate in sorted(shard, key=lambda aggregate: aggregate.id)
        if all(getattr(aggregate, name) == value for name, value in filters.items())
    ]
    assert ids == wanted
    assert all(len(page.aggregates) <= limit for page in pages)


def _page_of_the_version_before(request: Any, shards: FakeShards) -> Page[Payment]:
    """It reads 16 shards in order, and accepts no other place."""
    place: Position | None = Position(0)
    if request.cursor:
        place = queries.position(request.question, request.cursor, EARLIER_INDEX_SHARDS)
    aggregates: list[Payment] = []
    while place and len(aggregates) < request.limit:
        read = shards.of_list(request.list_id, place.shard, place.after, request.limit - len(aggregates))
        aggregates += read.aggregates
        following = Position(place.shard + 1) if place.shard + 1 < EARLIER_INDEX_SHARDS else None
        place = Position(place.shard, read.last) if read.last else following
    return Page(aggregates, queries.cursor(request.question, place) if place else None)


@given(
    numbers=st.lists(st.integers(0, EARLIER_INDEX_SHARDS - 1), max_size=40),
    turns=st.lists(st.booleans(), min_size=1, max_size=8),
    limit=st.integers(1, 20),
)
def test_two_versions_answer_pages_of_one_query(numbers: list[int], turns: list[bool], limit: int):
    """Until the end of the release, rows are in the 16 shards of the version before: each is found once."""
    shards: list[list[Payment]] = [[] for _ in range(INDEX_SHARDS)]
    for row, number in enumerate(numbers):
        shards[number].append(samples.aggregate(row, list_id="l-1"))
    ids, cursor, answer = list[str](), None, cycle(turns)
    while True:
        request: Any = Selection(list_id="l-1", limit=limit, cursor=cursor)
        page = (list_many if next(answer) else _page_of_the_version_before)(request, FakeShards(shards))
        ids += [aggregate.id for aggregate in page.aggregates]
        if (cursor := page.next_cursor) is None:
            break
    assert sorted(ids) == sorted(aggregate.id for shard in shards for aggregate in shard)


@given(shards=_filled(), filters=_ASKED, limit=st.integers(1, MOST))
def test_a_page_needs_a_bounded_number_of_reads(shards: FakeShards, filters: dict[str, Any], limit: int):
    """Each of a bounded size."""
    list_many(Selection(**filters, limit=limit), shards)
    assert len(shards.reads) <= READS
    assert all(0 < most <= MOST for most in shards.reads)


def test_a_page_without_matches_returns_a_cursor_after_a_limit():
    """Of a long list none is in the status, but for the last one."""
    long = [samples.aggregate(n, list_id="l-1") for n in range(MOST * (READS + 1))]
    shards = FakeShards([[*long, samples.aggregate(900_000, list_id="l-1", status=OTHER[0])]])
    first, second = _pages(shards, list_id="l-1", status=OTHER[0])
    assert (first.aggregates, len(shards.reads) > READS) == ([], True)
    assert [aggregate.id for aggregate in second.aggregates] == [samples.aggregate(900_000).id]


_IDENTITIES = st.from_regex(IDENTIFIER, fullmatch=True)
_QUESTIONS = st.fixed_dictionaries(dict.fromkeys(("list_id", "status"), st.none() | st.text(max_size=64)))
_QUESTION = {"list_id": "l-1", "status": None}
_POSITIONS = st.builds(Position, st.integers(0, 15), st.one_of(st.just(""), _IDENTITIES))


@given(question=_QUESTIONS, position=_POSITIONS)
def test_a_cursor_is_read_as_its_position(question: dict[str, str | None], position: Position):
    """And can stand in a URL."""
    text = queries.cursor(question, position)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert queries.position(question, text, 16) == position


@given(question=_QUESTIONS, other=_QUESTIONS, position=_POSITIONS)
def test_a_cursor_of_another_question_is_refused(question: Any, other: Any, position: Position):
    """It would lead to a place that is not in the answer."""
    if question == other:
        return
    with pytest.raises(BadCursor):
        queries.position(other, queries.cursor(question, position), 16)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(text=st.one_of(st.text(), st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode())))
def test_any_text_is_a_place_or_refused(text: str):
    """And raises nothing else."""
    try:
        queries.position(_QUESTION, text, 16)
    except BadCursor:
        return


@pytest.mark.slow
@given(members=st.fixed_dictionaries({}, optional={"asked": _JSON, "shard": _JSON, "after": _JSON, "more": _JSON}))
def test_any_members_are_a_place_or_refused(members: dict[str, Any]):
    """Of the right question too."""
    try:
        place = queries.position(_QUESTION, _encoded({"asked": _QUESTION} | members), 16)
    except BadCursor:
        return
    assert 0 <= place.shard < 16


def test_a_cursor_of_another_version_is_read():
    """One that says more, or that could not be asked yet what this one may be asked."""
    place = {"shard": 3, "after": "id-1"}
    for question in ({"list_id": "l-1"}, {"list_id": "l-1", "payer": None}):
        assert queries.position(_QUESTION, _encoded({"asked": question, "more": 1, **place}), 16) == Position(3, "id-1")
    with pytest.raises(BadCursor):
        queries.position(_QUESTION, _encoded({"asked": {"list_id": "l-1", "payer": "Ada"}, **place}), 16)


@pytest.mark.parametrize("place", [[16, ""], [-1, ""], [True, ""], [1.0, ""], ["1", ""], [0, "a/b"], [0, "x\n"], [0]])
def test_an_invalid_position_is_refused(place: list[Any]):
    """DynamoDB would refuse it with an error, or read elsewhere."""
    with pytest.raises(BadCursor):
        queries.position(
            _QUESTION, _encoded({"asked": _QUESTION} | dict(zip(("shard", "after"), place, strict=False))), 16
        )


@pytest.mark.parametrize(
    ("kind", "filters", "refusal"),
    [
        (Selection, {}, "list_id or status is needed"),
        (_BY_LIST, {}, "list_id is needed"),
        (_BY_LIST, {"status": FIRST}, "list_id is needed: there is no index by status alone"),
        (_BY_STATUS, {}, "status is needed"),
        (_BY_STATUS, {"list_id": "l-1"}, "status is needed: there is no index by list_id alone"),
    ],
)
def test_a_query_without_an_indexed_field_is_refused(kind: Any, filters: dict[str, Any], refusal: str):
    """Everything is not, and what there is no index of is said."""
    with pytest.raises(ValidationError) as refused:
        kind(**filters)
    assert [error["msg"] for error in refused.value.errors()] == [refusal]


@over_contexts
def test_an_aggregate_is_queried_by_its_identity(context: Context[Any]):
    """Or said to be missing."""
    sample, stored = Samples(context).aggregate(1), InMemoryAggregates(context)
    stored.add(sample)
    assert stored.get(by_id(context)(**{context.identity: sample.id}).id) == sample
    with pytest.raises(NotFound, match=f"{context.identity} 'nobody' does not exist"):
        stored.get(by_id(context)(**{context.identity: "nobody"}).id)


@over_contexts
def test_only_fields_and_statuses_of_the_context_can_be_queried(context: Context[Any]):
    """Its own identity, and its own statuses."""
    filters = {"list_id": "l-1", "status": context.initial_status.value}
    assert selection(context).model_validate(filters).status is context.initial_status
    with pytest.raises(ValidationError, match=f"Input should be '{context.initial_status}'"):
        selection(context).model_validate({"status": "ELSEWHERE"})
    with pytest.raises(ValidationError, match=context.identity):
        by_id(context).model_validate({"other_id": "a"})


_BY_PAYER: Any = selection(replace(PAYMENT, queried_by=("list", "payer")))
_NARROWED = st.sampled_from([{}, {"status": FIRST}, {"list_id": "l-1"}, {"list_id": "l-1", "status": FIRST}])


def paid_by(payer: str, number: int, due: int = 1, **standing: Any) -> Payment:
    standing.setdefault("status", Status(FIRST))
    values = samples.values(number, payer=payer, due_date=f"2026-01-{due:02d}")
    return Payment(PaymentDetails.model_validate(values), **standing)


@given(
    payers=st.lists(st.sampled_from(["Ada", "Bob"]), max_size=40),
    count=st.integers(1, 16),
    narrowed=_NARROWED,
    limit=st.integers(1, 20),
)
def test_aggregates_with_a_value_are_read_in_one_order_with_any_filter(
    payers: list[str], count: int, narrowed: dict[str, Any], limit: int
):
    """The index of a field has no shards; list and status narrow down what it finds."""
    lists = [None, "l-1", "l-2"]
    all_ = [
        paid_by(payer, number, status=list(Status)[number % len(Status)], list_id=lists[number % 3])
        for number, payer in enumerate(payers)
    ]
    shards = FakeShards([all_[number::count] for number in range(count)])
    pages = _pages(shards, _BY_PAYER, payer="Ada", **narrowed, limit=limit)
    ids = [aggregate.id for page in pages for aggregate in page.aggregates]
    matches = [
        aggregate for aggregate in all_ if all(getattr(aggregate, name) == value for name, value in narrowed.items())
    ]
    assert ids == sorted(aggregate.id for aggregate in matches if aggregate.details.payer == "Ada")
    assert all(len(page.aggregates) <= limit for page in pages)


@pytest.mark.parametrize("newest_first", [False, True])
@given(
    rows=st.lists(st.tuples(st.sampled_from(["Ada", "Bob"]), st.integers(1, 3)), max_size=40),
    narrowed=_NARROWED,
    limit=st.integers(1, 20),
)
def test_aggregates_with_a_value_are_read_in_a_declared_order(
    newest_first: bool, rows: list[tuple[str, int]], narrowed: dict[str, Any], limit: int
):
    """Aggregates of the same day are in the order of their identities; a filter changes no order."""
    by, lists = By("payer", order="due_date", newest_first=newest_first), [None, "l-1", "l-2"]
    all_ = [
        paid_by(payer, number, due, status=list(Status)[number % len(Status)], list_id=lists[number % 3])
        for number, (payer, due) in enumerate(rows)
    ]
    kind: Any = selection(replace(PAYMENT, queried_by=("list", by)))
    pages = _pages(FakeShards([all_], by=by), kind, payer="Ada", **narrowed, limit=limit)
    places = [(payment.details.due_date, payment.id) for page in pages for payment in page.aggregates]
    matches = [payment for payment in all_ if all(getattr(payment, name) == value for name, value in narrowed.items())]
    expected = [(payment.details.due_date, payment.id) for payment in matches if payment.details.payer == "Ada"]
    assert places == sorted(expected, reverse=newest_first)


def test_a_cursor_of_another_order_is_refused():
    """A release changes the order: a position without the day is none in the new index, and vice versa."""
    by = By("payer", order="due_date")
    shards = FakeShards([[paid_by("Ada", n) for n in range(3)]])
    kinds: list[Any] = [_BY_PAYER, selection(replace(PAYMENT, queried_by=("list", by)))]
    for (first, second), order in ((kinds, None), (kinds[::-1], by)):
        shards.by = order
        cursor = list_many(first(payer="Ada", limit=1), shards).next_cursor
        with pytest.raises(BadCursor):
            list_many(second(payer="Ada", cursor=cursor), shards)


def test_a_cursor_does_not_contain_a_value_and_is_valid_for_it_alone():
    """It may be about a person, and a cursor stands in addresses."""
    shards = FakeShards([[paid_by("Ada", n) for n in range(3)]])
    cursor = list_many(_BY_PAYER(payer="Ada", limit=1), shards).next_cursor
    assert cursor is not None
    assert "Ada" not in str(_members(cursor))
    with pytest.raises(BadCursor):
        list_many(_BY_PAYER(payer="Bob", cursor=cursor), shards)


def test_a_cursor_of_a_list_is_the_same_with_an_index_more():
    """A caller reads on while a release adds the index."""
    shards = FakeShards([[samples.aggregate(n, list_id="l-1") for n in range(3)]])
    cursor = list_many(_BY_LIST(list_id="l-1", limit=1), shards).next_cursor
    assert cursor == list_many(_BY_PAYER(list_id="l-1", limit=1), shards).next_cursor


def test_a_field_without_an_index_is_no_question():
    """It is refused as any other that the query does not know."""
    with pytest.raises(ValidationError):
        _BY_LIST.model_validate({"payer": "Ada"})
    with pytest.raises(ValidationError, match="list_id or payer is needed: there is no index by status alone"):
        _BY_PAYER(status=FIRST)


def _members(cursor: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
