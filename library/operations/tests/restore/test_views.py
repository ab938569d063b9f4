"""A killed restore, as other commands show it: each printed command is executed as it is printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from bounded_context_cli.command.operation import Access
from bounded_context_operations.repair.restore.pause import ALIVE
from tests.console import context
from tests.redrive.clients import Metrics, Queues
from tests.repairs import exits
from tests.rollout.conftest import Stack

from .test_restore import IDS, damaged
from .world import TABLE, Killed, World

_CALLS = (1, 6, 12, 20, 25)
KILLED_AT = [pytest.param(number, marks=[pytest.mark.nightly] if number != 20 else []) for number in _CALLS]
"""The calls at which the restore is killed: in the pause, between two writes, and in the resumption."""


class Night:
    """A stack whose restore was killed, and the commands of the person on call."""

    def __init__(self, world: World, folder: Path, capsys: Any) -> None:
        self.world, self._capsys = world, capsys
        stack: Any = Stack(folder, capsys)
        self._stack = stack
        stack.clock, stack.outputs_file, stack.records = world.clock, world.file, world.dynamodb
        own, more = world.outputs, self._stack.outputs
        functions, queues = own["functions"] | more["functions"], {"queues": {}, "dead_letter_queues": {}}
        self._stack.outputs = world.outputs = own | more | queues | {"functions": functions, "table_name": TABLE}
        world.file.write_text(json.dumps(world.outputs))

    def kill(self, number: int, *options: str) -> str:
        """Kill a restore before the call of this number in its pause, and return its time."""
        at, calls = damaged(self.world), list[str]()
        self.world.restore(at)

        def before(name: str, _: Any) -> None:
            if calls or name == "put_function_concurrency":
                calls.append(name)
            if len(calls) > number:
                raise Killed

        self.world.before = before
        with pytest.raises(Killed):
            self.world.restore(at, "--go", *options)
        self.world.before = lambda *_: None
        return at

    def status(self) -> str:
        """Return the first line of `rollout status`."""
        return self._stack.say("status")[1].splitlines()[0]

    def redrive(self, *words: str) -> dict[str, Any]:
        """Run `redrive`, and return its report."""
        own = {"sqs": Queues(self.world.clock), "cloudwatch": Metrics(), "dynamodb": self.world.dynamodb}
        self._capsys.readouterr()
        access = Access(lambda _: lambda service, **_: own[service], self.world.clock)
        context("redrive", "test", *words, "--outputs", str(self.world.file), "--json", access=access)
        return json.loads(self._capsys.readouterr().out)

    def printed(self) -> list[str]:
        """Return the commands that all views and refusals print."""
        seen = self.redrive()["repair"]
        printed = [seen["continues"], seen["ends"]]
        assert exits(self.status()) == exits(self.redrive("uploads", "--go")["why"]) == printed
        return printed


@pytest.fixture
def night(world: World, tmp_path: Path, capsys: Any) -> Iterator[Night]:
    """A stack before its restore."""
    with mock_aws():
        yield Night(world, tmp_path, capsys)


@pytest.mark.parametrize("number", KILLED_AT)
@pytest.mark.parametrize("way", [0, 1])
def test_each_printed_command_ends_a_killed_restore(way: int, number: int, night: Night) -> None:
    """It is refused while the killed call counts as alive. Later, it leads to a stack without a repair."""
    at = night.kill(number)
    assert night.world.follow(night.printed()[way])[0] == 2
    night.world.clock.sleep(ALIVE.total_seconds())
    assert night.world.follow(night.printed()[way])[0] == 0
    assert (night.redrive()["repair"], exits(night.status())) == (None, [])
    assert not night.world.lambda_.is_paused
    if way == 0:
        assert night.world.contents() == night.world.contents(at)


def test_a_selection_is_continued_with_the_printed_command_and_its_file(night: Night, tmp_path: Path) -> None:
    """The record has no name of a file."""
    file = tmp_path / "ids.txt"
    file.write_text(IDS[3])
    night.kill(9, "--only", str(file))
    night.world.clock.sleep(ALIVE.total_seconds())
    continues, _ = night.printed()
    assert night.world.follow(continues.replace(" FILE ", f" {file} "))[0] == 0
    assert not night.world.lambda_.is_paused
