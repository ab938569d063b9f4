"""No partition of the table becomes hot, and the keys of a list in the index `by_list` are filled evenly."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from math import comb, inf, log
from random import Random
from uuid import UUID

import pytest

from bounded_context.adapters.items import from_list, shard_of
from bounded_context.declaration.structure import EARLIER_INDEX_SHARDS
from bounded_context.declaration.structure import INDEX_SHARDS as SHARDS
from bounded_context.domain.lists import MOST_WRITTEN, PinnedFile, ReceivedList, record_units, rows_a_part
from bounded_context_cli.views.cost.flow import item_bytes
from bounded_context_lab.capacity import model
from bounded_context_lab.capacity.advice import Answer
from bounded_context_lab.capacity.model import IMPORT, Model
from bounded_context_lab.capacity.simulation import log10_overload, log_binomial_tail
from tests.infra.graph import run

ROWS = 10**7
MOST = 1000
"""Write units of a partition a second (AWS limit)."""


def overloaded(shards: Iterable[int], a_second: int) -> set[int]:
    """The shards that get more than `MOST` rows in any second, of rows in their order."""
    window, counted, hot_shards = deque[int](), Counter[int](), set[int]()
    for shard in shards:
        window.append(shard)
        counted[shard] += 1
        if counted[shard] > MOST:
            hot_shards.add(shard)
        if len(window) > a_second - 1:
            counted[window.popleft()] -= 1
    return hot_shards


@pytest.mark.parametrize("lists", [1, 2, 5])
def test_no_partition_exceeds_its_share_of_ten_million_rows(prod: Model, lists: int) -> None:
    """Less than once in 10^30 lists, the table in 10^70, with default settings. Also for several lists at a time."""
    hot_keys = Answer(prod, ROWS, lists).hot_keys
    assert set(hot_keys) == {"the table", "by_list"}
    assert hot_keys["the table"] < -70
    assert hot_keys["by_list"] < -30


def test_the_keys_of_a_list_do_not_limit_its_import_with_default_settings(prod: Model) -> None:
    answer = Answer(prod, ROWS, 1)
    assert "keys of by_list" not in answer.warm.waits
    assert prod.written_a_second(1) < SHARDS * MOST == MOST_WRITTEN


def test_sixteen_keys_limit_an_import_and_the_answer_names_them(prod: Model) -> None:
    """Twenty children fill the sixteen keys of a context before 0.4.0. The bound says nothing: the import waits."""
    earlier = replace(prod, context=replace(prod.context, index_shards=EARLIER_INDEX_SHARDS))
    answer = Answer(earlier, ROWS, 1)
    assert answer.hot_keys["by_list"] == 0
    assert answer.warm.waits["keys of by_list"] > 0
    assert earlier.written_a_second(1) == EARLIER_INDEX_SHARDS * MOST
    [keys] = [throttle for throttle in answer.throttles if throttle.limit == "keys of by_list"]
    assert "index_shards" in keys.words
    assert "more lists" in keys.remedy


SMALL = 250
"""The least `part_rows`."""


def test_small_parts_make_the_record_of_a_list_a_limit_and_the_answer_names_it(
    prod: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: ten thousand parts of 250 rows. Each part writes the record twice, and the record has 43 KB."""
    monkeypatch.setattr(model, "rows_a_part", lambda wanted, *_: wanted)
    answer = Answer(_with_parts(prod, SMALL), 2_500_000, 1)
    [record] = [throttle for throttle in answer.throttles if throttle.limit == "record"]
    assert record.needed > 3 * MOST
    assert "1,000 write units" in record.words
    assert "more lists" in record.remedy


@pytest.mark.parametrize("children", [20, *(pytest.param(count, marks=pytest.mark.nightly) for count in (32, 100))])
@pytest.mark.parametrize("rows", [25_000, 2_500_000, 8 * ROWS])
@pytest.mark.parametrize("wanted", [SMALL, 5000, 50_000])
def test_the_record_of_a_list_is_no_limit_with_any_setting(
    prod: Model, monkeypatch: pytest.MonkeyPatch, rows: int, wanted: int, children: int
) -> None:
    """A list with many parts has larger parts, also if each row is the smallest."""
    monkeypatch.setattr(model, "rows_a_part", lambda wanted, *_: rows_a_part(wanted, rows, 1))
    variant = replace(_with_parts(prod, wanted), graph=run("prod", import_concurrency=children))
    plan = variant.plan(rows, 1)
    [stage] = plan.phases(IMPORT)
    assert variant.written_a_second(1) * stage.of_row["record"] <= MOST


def test_the_record_of_a_list_has_the_size_that_the_bound_assumes() -> None:
    """At the end of an import of 10,000 parts with a long key. More than 32 writers wait for the keys of the list."""
    file = PinnedFile("b" * 63, f"incoming/p/{'k' * 200}", "v" * 32, 2**31)
    item = from_list(ReceivedList(file, "e" * 200)) | {"traceparent": "t" * 55, "received_at": "r" * 32}
    writers = (
        {f"writer_{n}": "w" * 16, f"until_{n}": 1_800_000_000, f"rows_{n}": 49_999} for n in range(9_968, 10_000)
    )
    numbers = sum(item_bytes({"": n}) + 1 for n in range(10_000))
    size = item_bytes(item) + sum(map(item_bytes, writers)) + numbers
    assert size / 1024 <= record_units(10_000)


def _with_parts(prod: Model, part_rows: int) -> Model:
    return replace(prod, settings=replace(prod.settings, part_rows=part_rows))


@pytest.mark.parametrize(("children", "most"), [(4, -561), (16, -78), (20, -34)])
def test_fewer_children_do_not_fill_a_key(prod: Model, children: int, most: float) -> None:
    """The probabilities of the page "Hot partitions"."""
    fewer = replace(prod, graph=run("prod", import_concurrency=children))
    assert most - 1 < Answer(fewer, ROWS, 1).hot_keys["by_list"] < most


def test_the_bound_holds_for_the_exact_tail() -> None:
    """Of a binomial distribution, summed term by term."""
    trials, share = 200, 1 / 16
    for most in (20, 30, 60):
        exact = sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(most + 1, trials + 1))
        assert log(exact) <= log_binomial_tail(trials, share, most)


def test_the_bound_is_none_for_a_key_with_more_than_its_share() -> None:
    """A second of 40,000 rows has 1,250 for each of 32 keys. A second of 1,000 rows fits one key."""
    assert log10_overload(ROWS, 40_000, SHARDS, MOST) == 0
    assert log10_overload(ROWS, 1000, SHARDS, MOST) == -inf


def _spread(kind: str, number: int) -> str:
    return {
        "sequence": f"id-{number:09d}",
        "steps": f"LN{number * 10:010d}",
        "suffix": f"{number:07d}-2026",
        "words": f"customer {number}",
        "random": str(UUID(int=Random(number).getrandbits(128))),  # noqa: S311
    }[kind]


KINDS = ("sequence", "steps", "suffix", "words", "random")


@pytest.mark.parametrize("kind", KINDS)
def test_identities_in_sequence_are_spread_over_the_shards(kind: str) -> None:
    """Rows are written in the order of the file, so the rows of a second have similar identities.

    The largest shard of each 2,000 consecutive rows has less than twice its share.
    """
    shards = [shard_of(_spread(kind, number)) for number in range(20_000)]
    seconds = (Counter(shards[start : start + 2000]) for start in range(0, len(shards), 2000))
    assert max(max(second.values()) for second in seconds) < 2 * 2000 / SHARDS
    assert overloaded(shards, 8 * MOST) == set()


def test_the_whole_list_is_spread_evenly() -> None:
    """CRC-32 is linear: the distribution of ten million numbers is the convolution of those of their seven digits."""
    spread = _distribution(b"id-0000000000", 7)
    assert sum(spread) == ROWS
    assert max(spread) / ROWS < 1.001 / SHARDS


def _distribution(zeros: bytes, digits: int) -> list[int]:
    """Return the number of identities in each shard, whose last digits are all numbers."""
    base, shares = shard_of(zeros.decode()), [0] * SHARDS
    shares[base] = 1
    for place in range(1, digits + 1):
        changes = [shard_of(_with_digit(zeros, place, digit)) ^ base for digit in range(10)]
        shares = [sum(shares[shard ^ change] for change in changes) for shard in range(SHARDS)]
    return shares


def _with_digit(zeros: bytes, place: int, digit: int) -> str:
    changed = bytearray(zeros)
    changed[-place] += digit
    return changed.decode()


def test_the_convolution_is_the_distribution() -> None:
    counted = Counter(shard_of(f"id-{number:010d}") for number in range(1000))
    assert _distribution(b"id-0000000000", 3) == [counted[shard] for shard in range(SHARDS)]


def test_a_planted_skewed_key_is_detected() -> None:
    """Identities of one shard, among others: each second has more of them than a partition takes."""
    identities = (f"id-{number:09d}" for number in range(10**6))
    skewed = (shard_of(identity) for identity in identities if shard_of(identity) == 3)
    assert overloaded(islice(skewed, 3000), 2000) == {3}
    assert overloaded(_alternating([3, 5], 5000), 2000) == set()
    assert overloaded(_alternating([3, 3, 5], 5000), 2000) == {3}


def _alternating(shards: Sequence[int], rows: int) -> Iterator[int]:
    return (shards[row % len(shards)] for row in range(rows))
