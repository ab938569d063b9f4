"""A stack that a repair has paused: the reproduction shows the repair first. It reads only, so it runs."""

import pytest

from bounded_context.testing.functions import TABLE
from bounded_context_cli.command.operation import Access
from tests.console import context
from tests.erase.conftest import Stack
from tests.repairs import exits, item

UNKNOWN = "7dfe979249f93c38ef874397a3ab78e8"


def reproduce(stack: Stack, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, list[str]]:
    """Reproduce a list that the stack does not have. Return the status, the answer and the lines of progress."""
    arguments = ("reproduce", "test", "list", UNKNOWN, "--outputs", str(stack.file))
    status = context(*arguments, access=Access(stack.clients, stack.clock))
    out, err = capsys.readouterr()
    return status, out, err.splitlines()


def test_the_first_line_of_progress_is_the_repair(empty: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output has only the answer of the function. The commands name the file of outputs."""
    empty.dynamodb.put_item(TableName=TABLE, Item=item(empty.clock.now()))
    status, out, lines = reproduce(empty, capsys)
    assert (status, out, len(lines)) == (2, "", 2)
    assert all(str(empty.file) in command for command in exits(lines[0]))
    assert UNKNOWN in lines[1]


def test_without_a_repair_no_line_is_about_it(empty: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, [line] = reproduce(empty, capsys)
    assert status == 2
    assert UNKNOWN in line
