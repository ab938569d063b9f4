"""One module for each command."""

from pathlib import Path

import pytest

from template.answers import read_commands
from template.handlers import expand

COMMANDS = read_commands("Open:creates:PaymentOpened DropPayment:deletes:PaymentDropped", "Payment")


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    """The folder of handlers with the prototype in it."""
    folder = tmp_path / "src" / "payment" / "handlers"
    folder.mkdir(parents=True)
    (folder / "command_name.py").write_text('from x import CommandName\nNAME = "command_name"\n')
    return folder


def test_each_command_gets_its_module(tmp_path: Path, handlers: Path) -> None:
    """Both spellings of the command are filled in, and the prototype is gone."""
    expand(tmp_path, "payment", COMMANDS)
    assert sorted(path.name for path in handlers.iterdir()) == ["drop_payment.py", "open.py"]
    assert (handlers / "drop_payment.py").read_text() == 'from x import DropPayment\nNAME = "drop_payment"\n'


def test_a_module_that_is_there_is_kept(tmp_path: Path, handlers: Path) -> None:
    """Cookiecutter's --skip-if-file-exists promises that for every file."""
    (handlers / "open.py").write_text("mine")
    expand(tmp_path, "payment", COMMANDS)
    assert (handlers / "open.py").read_text() == "mine"
