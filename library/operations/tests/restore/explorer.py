"""An explorer of killed restores: a restore is killed at a call, a person follows what is printed, an oracle judges."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from bounded_context.adapters.items import LIST
from bounded_context.domain.lists import ListStatus
from bounded_context_operations.repair.restore import differences
from bounded_context_operations.repair.restore.pause import ALIVE

from .world import TABLE, Killed, World

NUMBERS: Final = range(1, 13)
OPEN: Final = (ListStatus.IMPORTING,)
ENDS: Final = (ListStatus.IMPORTED, ListStatus.FAILED, ListStatus.REJECTED)
IN_FLIGHT: Final = 12
"""The first calls of a restore, which compare the tables. At one of them, the bad release writes."""

WAYS: Final = ("again", "printed", "killed again", "another time first")


class Violation(AssertionError):
    """A state that the oracle refutes, with the schedule."""


@dataclass
class Schedule:
    """A restore of the world that `seed` makes, killed before its call number `kill`, and a way on.

    `allowed` are the items of commands that came after the end of the writes.
    """

    seed: int
    kill: int
    world: World
    at: str = ""
    later: str = ""
    allowed: dict[str, Any] = field(default_factory=dict)
    was_paused: bool = False

    def run(self) -> bool:
        """Run the schedule; return whether the restore was killed. Raises Violation."""
        random = Random(self.seed)  # noqa: S311
        names = SimpleNamespace(token_hex=lambda size: random.randbytes(size).hex())
        with patch.object(differences, "secrets", names):  # The names of marks decide on their shards.
            return self._run(random)

    def _run(self, random: Random) -> bool:
        self._damage(random)
        expected = expected_contents(self.world.contents(self.at), self.world.contents())
        self.world.restore(self.at)
        was_killed = self._is_killed(self.kill)
        if was_killed:
            self._work()
            way = WAYS[(self.seed + self.kill) % len(WAYS)]
            getattr(self, f"_{way.replace(' ', '_')}")()
        self._judge(expected | self.allowed)
        return was_killed

    # -- what happens before

    def _damage(self, random: Random) -> None:
        world, numbers = self.world, list(NUMBERS)
        random.shuffle(numbers)
        world.create(*numbers[:4])
        lists = {name: (random.choice((*ENDS, *OPEN)), numbers[start:][:2]) for name, start in (("a", 4), ("b", 6))}
        for name, (status, rows) in lists.items():
            world.import_list(name, status, *(rows if status in (*OPEN, ListStatus.IMPORTED) else []))
        self.later = world.remember()
        self.at = world.remember()
        for name, (status, rows) in lists.items():
            if status in OPEN and random.random() < 0.7:
                self._end(name, random.choice(ENDS), rows)
        for number in filter(world.item, numbers[:8]):
            change: Callable[[], None] = random.choice(
                [
                    lambda number=number: world.verify(number),
                    lambda number=number: world.remove(number),
                    lambda number=number: world.overwrite(number, status="VERIFIED"),
                    lambda: None,
                ]
            )
            change()
        world.create(*(number for number in numbers[:10] if not world.item(number) and random.random() < 0.5))
        status = random.choice((*ENDS, *OPEN))
        world.import_list("c", status, *(numbers[10:] if status in (*OPEN, ListStatus.IMPORTED) else []))

    def _end(self, name: str, status: ListStatus, rows: list[int]) -> None:
        self.world.import_list(name, status)
        if status != ListStatus.IMPORTED:
            for item in filter(None, map(self.world.item, rows)):
                self.world.table.delete_item(Key={"pk": item["pk"]})

    # -- the kill, and the ways on

    def _is_killed(self, call: int, *words: str) -> bool:
        calls: list[str] = []

        def before(name: str, _: Any) -> None:
            calls.append(name)
            self.was_paused |= self.world.lambda_.is_paused
            if len(calls) == 1 + self.seed % IN_FLIGHT and not self.was_paused:
                self._late_write()
            if len(calls) > call:
                raise Killed

        self.world.before = before
        try:
            self._go(*words)
        except Killed:
            self.world.clock.sleep(ALIVE.total_seconds())
            return True
        finally:
            self.world.before = lambda *_: None
        return False

    def _late_write(self) -> None:
        """Let a call of the bad release write while the tables are compared, and let another one end in the pause."""
        world = self.world
        for number, minutes in ((15, 0.0), (16, 3 / 60)):
            world.clock.at(
                world.clock.minutes + minutes, lambda number=number: world.item(number) or world.create(number)
            )

    def _go(self, *words: str) -> int:
        return self.world.restore(self.at, "--go", *words)[0]

    def _work(self) -> None:
        """Let a command create an aggregate, if the stack runs. It stays if the restore has resumed the stack."""
        world = self.world
        if world.lambda_.is_paused:
            return
        number = next(number for number in range(20, 30) if not world.item(number))
        world.create(number)
        if self.was_paused:
            key = world.item(number)["pk"]
            self.allowed[key] = world.contents()[key]

    def _again(self) -> None:
        """Run the command again: it continues, or nothing is left to do."""
        status = self._go()
        if status and self.world.tables != {TABLE}:
            raise Violation(f"the second call ends with {status}")

    def _printed(self) -> None:
        """Follow the way back that a comparison prints, and begin anew."""
        had_copy = _named(self.world.tables, self.at)
        for printed in self.world.restore(self.at)[1].get("way_back", ()):
            had_copy = "anew"
            if status := self.world.follow(printed)[0]:
                raise Violation(f"`{printed}` ends with {status}")
            self.allowed.clear()  # The next restore is another one.
        if had_copy:
            self._again()
        else:  # The restore had ended: nobody wants the table of this comparison.
            self.world.dynamodb.delete_table(TableName=_named(self.world.tables, self.at))

    def _killed_again(self) -> None:
        """The continuation is killed too."""
        if self._is_killed(1 + self.kill // 2):
            self._work()
        self._printed()

    def _another_time_first(self) -> None:
        """A person who does not know of the restore begins another one."""
        was_paused = self.world.lambda_.is_paused
        self.world.restore(self.later)
        status, report = self.world.restore(self.later, "--go")
        if status != 2 and was_paused:
            raise Violation(f"the restore to another time ends with {status}: {report}")
        if status == 0:  # Nothing had begun, or all had ended: this restore is a restore of its own.
            self.allowed.clear()
            self.world.restore(self.at)
        self._printed()
        if _named(self.world.tables, self.later):
            self.world.dynamodb.delete_table(TableName=_named(self.world.tables, self.later))

    # -- the oracle

    def _judge(self, expected: Mapping[str, Any]) -> None:
        world = self.world
        remaining = [item for item in world.table.scan()["Items"] if item["pk"].startswith("RESTORE-")]
        facts = {
            "table": (_comparable(world.contents()), _comparable(expected)),
            "projection": (world.projection(), world.expected_projection()),
            "readers": (set(world.lambda_.states.values()), {"Enabled"}),
            "concurrency": (world.lambda_.reserved, {"test-import_list": 7}),
            "tables": (world.tables, {TABLE}),
            "versions that do not grow": (list(_versions(world)), []),
            "items of repairs that stay": ([item for item in remaining if "expires_at" not in item], []),
        }
        for name, (actual, wanted) in facts.items():
            if actual != wanted:
                raise Violation(f"seed {self.seed}, kill {self.kill}, {name}: {_differing(actual, wanted)}")


def expected_contents(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the runbook promises of a restore: the state of that time, except for open and unimported lists."""
    closed = {None, *ENDS}

    def statuses(list_id: str) -> tuple[Any, Any]:
        return tuple(side.get(LIST + list_id, {}).get("status") for side in (now, then))  # type: ignore[return-value]

    def of_list(key: str) -> Any:
        live, restored = now.get(key), then.get(key)
        is_closed = closed.issuperset(statuses(key.removeprefix(LIST)))
        later_unimported = restored is None and live is not None and live["status"] != ListStatus.IMPORTED
        return restored if is_closed and not later_unimported else live

    def of_row(key: str) -> Any:
        live, restored = now.get(key), then.get(key)
        own, earlier = (item and item.get("list_id") for item in (live, restored))
        if live and restored and own == earlier:
            return restored if own is None or statuses(own)[0] in closed else live
        if own is not None and not closed.issuperset(statuses(own)):
            return live
        comes_back = earlier is None or (statuses(earlier)[0] or statuses(earlier)[1]) in (None, ListStatus.IMPORTED)
        return restored if comes_back else None

    items = {key: (of_list if key.startswith(LIST) else of_row)(key) for key in {*then, *now}}
    return {key: item for key, item in items.items() if item is not None}


def _versions(world: World) -> Iterator[tuple[str, int]]:
    """Yield each key and version that another write had before. A damage of the table's own has no new etag."""
    for change in world.account.store(TABLE).changes:
        old, new = change.old or {}, change.new or {}
        if (
            "version" in old
            and "version" in new
            and old.get("etag") != new.get("etag")
            and old["version"] >= new["version"]
        ):
            yield change.key, int(new["version"])


def _named(tables: set[str], at: str) -> str:
    time = at[:19].replace("-", "").replace(":", "")
    return next((name for name in tables if time in name), "")


def _differing(actual: Any, wanted: Any) -> Any:
    if not isinstance(actual, dict):
        return actual
    return {key: (actual.get(key), wanted.get(key)) for key in {*actual, *wanted} if actual.get(key) != wanted.get(key)}


def _comparable(contents: Mapping[str, Any]) -> dict[str, Any]:
    return {key: {**item, "status_shard": ""} for key, item in contents.items()}


def explore(schedules: int, folder: Path, capsys: Any, first: int = 0) -> Iterator[Schedule]:
    """Yield the schedules that were run: each seed's restore is killed before each of its calls. Raises Violation."""
    completed, seed = 0, first
    while completed < schedules:
        kill, was_killed = 0, True
        while was_killed and completed < schedules:
            schedule = Schedule(seed, kill, World(folder, capsys))
            was_killed = schedule.run()
            yield schedule
            kill, completed = kill + 1, completed + 1
        seed += 1
