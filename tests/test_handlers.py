"""One module for each command."""

from pathlib import Path

import pytest

from template.answers import read_commands
from template.handlers import PROTOTYPE, expand

COMMANDS = read_commands(
    "Open:creates:PaymentOpened SettlePayment:changes:PaymentSettled DropPayment:deletes:PaymentDropped", "Payment"
)


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    """The folder of handlers with the prototype in it."""
    folder = tmp_path / "src" / "payment" / "handlers"
    folder.mkdir(parents=True)
    (folder / PROTOTYPE).write_text("from x import CommandName\n\nlambda_handler = made(CommandName, command_name)\n")
    return folder


def test_each_command_gets_its_module(tmp_path: Path, handlers: Path) -> None:
    """Made from the prototype, with both spellings filled in; the prototype is gone."""
    expand(tmp_path, "payment", COMMANDS)
    assert sorted(path.name for path in handlers.iterdir()) == ["drop_payment.py", "open.py", "settle_payment.py"]
    settle = "from x import SettlePayment\n\nlambda_handler = made(SettlePayment, settle_payment)\n"
    assert (handlers / "settle_payment.py").read_text() == settle
    assert (handlers / "open.py").read_text() == "from x import Open\n\nlambda_handler = made(Open, open)\n"


def test_a_line_that_grows_too_long_is_broken(tmp_path: Path, handlers: Path) -> None:
    """As the generated repository's formatter would."""
    name = "Reconsider" * 6
    expand(tmp_path, "payment", read_commands(f"{name}:creates:PaymentOpened", "Payment"))
    [path] = handlers.iterdir()
    assert f"made(\n    {name}, {path.stem}\n)\n" in path.read_text() or f"    {name},\n" in path.read_text()


def test_a_module_that_is_there_is_kept(tmp_path: Path, handlers: Path) -> None:
    """Cookiecutter's --skip-if-file-exists promises that for every file."""
    (handlers / "open.py").write_text("mine")
    expand(tmp_path, "payment", COMMANDS)
    assert (handlers / "open.py").read_text() == "mine"


def test_a_missing_prototype_leaves_the_folder_alone(tmp_path: Path, handlers: Path) -> None:
    """Nothing is written before it is known to be there."""
    (handlers / PROTOTYPE).unlink()
    with pytest.raises(FileNotFoundError, match="command_name"):
        expand(tmp_path, "payment", COMMANDS)
    assert list(handlers.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("VerifyPayment", "verify"),
        ("Settle", "settle"),
        ("AmendLatePayment", "amend-late"),
        ("PayPaymentBack", "pay-payment-back"),
    ],
)
def test_a_command_is_the_last_part_of_its_path(command: str, action: str) -> None:
    """Without the context's name, which the path has already."""
    assert read_commands(f"{command}:changes:PaymentChanged", "Payment")[0].action == action
