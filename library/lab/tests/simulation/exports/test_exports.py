"""Each period has exactly one complete file for each partner, whatever ends, repeats or overlaps a call."""

import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count, islice
from typing import Any, cast

import pytest

from bounded_context.adapters.exports import ExportTable
from bounded_context.application.exports import Exports
from bounded_context.domain.formats import PLAIN, FileFormat

from .planted import OF_SENDS, PLANTS
from .world import BEGIN, FORMATS, NAME, Bucket, Faults, World, run

_SEEDS = 12
_SCHEDULES = 60
_KILLS = 10_000
_PLANTED = 200
"""Schedules within which a planted fault must be detected."""
QUICKEST = ("a page is left out after a kill", "a part is visible", "the last row of a page is lost")


@pytest.mark.parametrize("changed", [False, True], ids=["all", "changed"])
@pytest.mark.parametrize("seeds", [range(_SEEDS), pytest.param(range(_SEEDS, _SCHEDULES), marks=pytest.mark.slow)])
def test_each_period_has_one_complete_file(seeds: range, changed: bool):
    assert sum(run(seed, changed).kills for seed in seeds) > len(seeds)


@pytest.mark.parametrize("seeds", [range(_SEEDS), pytest.param(range(_SEEDS, _SCHEDULES), marks=pytest.mark.slow)])
def test_each_file_for_an_own_server_is_delivered(seeds: range):
    worlds = [run(seed, own_server=True) for seed in seeds]
    transfers = [transfer for world in worlds if world.connector for transfer in world.connector.transfers]
    assert sum(world.kills for world in worlds) > len(seeds)
    assert sum(transfer.outcome != "" for transfer in transfers) > len(seeds) / 4


def test_a_schedule_without_faults_sends_each_file_once():
    world = run(1, faults=Faults(), own_server=True)
    assert world.connector and len(world.connector.transfers) == 6


def test_a_schedule_without_faults_needs_one_call_for_a_period():
    world = run(1, faults=Faults())
    assert (world.kills, len(world.bucket.versions)) == (0, 6)


def _is_detected(name: str) -> bool:
    own_server = name in OF_SENDS
    for seed in range(_PLANTED):
        for changed in (False,) if own_server else (False, True):
            with PLANTS[name]():
                try:
                    run(seed, changed, own_server=own_server)
                except Exception:  # the fault may break a later step
                    return True
    return False


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICKEST else (pytest.mark.slow,)) for name in PLANTS]
)
def test_a_planted_fault_of_exports_is_detected(name: str):
    assert _is_detected(name)


@pytest.mark.nightly
@pytest.mark.e2e
def test_each_period_has_one_complete_file_after_ten_thousand_kills():
    kills = 0
    for seed in islice(count(1_000), 100_000):
        kills += run(seed, seed % 2 == 0, Faults(0.15, 0.02, 0.1, 0.05, 0.2, 0.5), own_server=seed % 3 == 0).kills
        if kills >= _KILLS:
            return
    pytest.fail(f"only {kills} kills")


class _Rows:
    """A table of many rows, in pages of a thousand."""

    def __init__(self, count: int) -> None:
        self._count = count

    def pages(self, since: str, after: str) -> Iterator[tuple[Sequence[Mapping[str, Any]], str]]:  # noqa: ARG002
        """Yield the pages."""
        for start in range(0, self._count, 1_000):
            numbers = range(start, start + 1_000)
            cursor = str(start) if start + 1_000 < self._count else ""
            row = {"amount": "1.10", "payer": "x" * 180}
            yield [{"pk": f"PAYMENT#p-{n}", "payment_id": f"p-{n}", **row} for n in numbers], cursor


class _Sizes(Bucket):
    """A bucket that keeps the sizes of files alone."""

    def part(self, key: str, upload: str, number: int, data: bytes) -> str:  # noqa: ARG002
        """Note the size of a part."""
        self.uploads[upload][number] = (str(number), b"")
        self.begun += len(data)
        return str(number)

    def size(self, key: str) -> int | None:  # noqa: ARG002
        """Return the size of all parts, without the number of the upload."""
        return self.begun - 1


@pytest.mark.nightly
@pytest.mark.e2e
@pytest.mark.parametrize("form", [PLAIN, *FORMATS[1:]], ids=lambda form: form.kind)
def test_memory_does_not_grow_with_the_rows(form: FileFormat):
    """A file of 100 MB takes as much as one of 25 MB: some parts. The other kinds have a quarter of the rows."""
    peaks = []
    form = replace(form, columns={**form.columns, "payer": "42-241"} if form.kind == "fixed" else form.columns)
    for rows in (125_000, 500_000) if form == PLAIN else (31_000, 125_000):
        world = World(0, faults=Faults())
        export = replace(world.context.exports[0], partners=("acme",))
        bucket, context = _Sizes(), replace(world.context, exports=(export,))
        records: Any = ExportTable(cast("Any", world.table))
        exports = Exports(context, records, _Rows(rows), bucket, lambda _: form)
        exports.start(NAME, BEGIN)
        tracemalloc.start()
        exports.resume()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        record = records.get(records.opened(NAME, "acme")[0])
        assert (record.rows, record.sums) == (rows, {"amount": f"{rows * Decimal('1.10'):.2f}"})
        assert record.size / len(record.parts) < 9 * 2**20
        assert len(record.parts) == 1 or record.size > (len(record.parts) - 1) * 8 * 2**20
    assert max(peaks) < 40 * 2**20
