"""A reseed during live traffic that is killed at any call: one property per subscriber, and faults that it detects."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from bounded_context_operations.repair.reseed import ReseedRun, state
from tests.reseed.conftest import Reseeding
from tests.reseed.world import Killed, World, existing, projection
from tests.reseed.world import state as state_of

AGGREGATES = 12
SEEDS = range(80)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """An open shard ends after few empty pages, so that kills meet each part of the command."""
    monkeypatch.setattr(state, "_EMPTY_PAGES", 5)


def _lived(world: World, random: Random) -> int:
    """Let a stack live for a while; return the place in the stream at which the new subscriber subscribed."""
    world.page, world.empty_pages = random.choice((2, 5, 1000)), lambda: random.choice((0, 0, 1, 4, 7))
    for _ in range(random.randrange(60)):
        world.write_somewhere(AGGREGATES)
    world.trimmed, world.closed = (random.randrange(len(world.records) + 1) for _ in range(2))
    return len(world.records)


def _disturb(world: World, random: Random, kills: list[int]) -> Callable[[], None]:
    """Return the others' part before each call: writes, and the command's end."""
    calls, busy = iter(range(10_000)), random.choice((0, 0.02, 0.4))

    def tick() -> None:
        call = next(calls)
        if kills and call >= kills[0]:
            kills.pop(0)
            raise Killed
        if random.random() < busy:
            world.write_somewhere(AGGREGATES)

    return tick


def _mixed(random: Random, *streams: list[Any]) -> list[Any]:
    """Return the messages as queues deliver them: in any order, and some of them twice."""
    events = [event for stream in streams for event in stream]
    events += random.sample(events, len(events) // 4)
    random.shuffle(events)
    return events


def _check(seed: int, world: World, reseed: Reseeding) -> None:
    """Run a reseed until it ends, and compare both subscribers with the table."""
    random = world.random = Random(seed)  # noqa: S311
    subscribed = _lived(world, random)
    kills = sorted(random.randrange(80) for _ in range(random.randrange(4)))
    world.tick = _disturb(world, random, kills)
    while True:
        try:
            run = reseed("--go", "--rate", random.choice(("3", "10", "1000")))
            break
        except Killed:
            continue
    assert run.report["result"] == "done"
    every, live = world.published(), world.published(subscribed)
    complete = projection(every)
    assert projection(_mixed(random, every, world.events)) == complete
    new = projection(_mixed(random, live, world.events))
    assert existing(new) == existing(complete) == state_of(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_complete_projection_does_not_change_and_an_empty_projection_becomes_complete(
    seed: int, world: World, reseed: Reseeding
) -> None:
    """Whatever is written meanwhile, in any order of the messages, with any number of kills."""
    _check(seed, world, reseed)


def _as_newest(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments, **more: real(*arguments, **more) | {"sequence": "9" * 40}


def _without_the_table(real: Callable[..., Any]) -> Callable[..., Any]:
    def lookup(self: Any, place: str, item: Any, record: Any) -> Iterator[Any]:
        if record is None:
            yield from real(self, place, item, record)
        else:
            yield state.AggregateEvent(place, self._published(record), original=True)

    return lookup


def _without_the_item(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, place, item, record: real(self, place, {} if place.startswith("-") else item, record)


def _saved_first(real: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, batch: Any) -> None:
        self._progress.after = batch[-1].event.place
        self._progress.save(self._file, self._clock.now())
        real(self, batch)

    return send


def _in_the_order_of_keys(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, after: (entry for entry in real(self, after) if entry.place > after)


PLANTED = {
    "the table's state is the newest": (state.StoredStates, "of_item", _as_newest),
    "the table is not compared with the stream": (state.CurrentState, "_aggregate_event", _without_the_table),
    "a deletion is not compared with the table": (state.CurrentState, "_aggregate_event", _without_the_item),
    "progress is saved before the events are sent": (ReseedRun, "_send", _saved_first),
    "places are compared in another order": (state.CurrentState, "events", _in_the_order_of_keys),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_the_property_detects_a_planted_fault(
    fault: str, monkeypatch: pytest.MonkeyPatch, world: World, reseed: Reseeding
) -> None:
    """Within the same seeds."""
    owner, name, change = PLANTED[fault]
    monkeypatch.setattr(owner, name, change(getattr(owner, name)))
    services = world.services
    for seed in SEEDS:
        fresh = World(clock=world.clock)
        services.clear()
        services.update(fresh.services)
        try:
            _check(seed, fresh, reseed)
        except AssertionError:
            return
    pytest.fail("not detected")


@pytest.mark.parametrize("call", range(12, 22))
def test_a_kill_repeats_at_most_one_batch(call: int, world: World, reseed: Reseeding) -> None:
    """The batch that was sent, and not noted."""
    for number in range(1, 101):
        world.create(number)
    calls = iter(range(1000))

    def tick() -> None:
        if next(calls) == call:
            raise Killed

    world.tick = tick
    with pytest.raises(Killed):
        reseed("--go", "--rate", "1000")
    assert reseed("--go", "--rate", "1000").status == 0
    assert len(world.events) <= 110
    assert len(existing(projection(world.events))) == 100


def test_the_reading_of_the_stream_ends_although_others_write_all_the_time(world: World, reseed: Reseeding) -> None:
    """No page of the stream is empty, and each page of the table has changed since."""
    for number in range(AGGREGATES):
        world.create(number)
    world.tick = lambda: world.write_somewhere(AGGREGATES)
    assert reseed("--go").report["result"] == "done"
