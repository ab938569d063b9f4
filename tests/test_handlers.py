"""One module for each command."""

from pathlib import Path

import pytest

from template.answers import KINDS, read_commands
from template.handlers import expand

COMMANDS = read_commands(
    "Open:creates:PaymentOpened SettlePayment:changes:PaymentSettled DropPayment:deletes:PaymentDropped", "Payment"
)


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    """The folder of handlers with the prototypes in it."""
    folder = tmp_path / "src" / "payment" / "handlers"
    folder.mkdir(parents=True)
    for kind in KINDS:
        text = f'from x import CommandName  # {kind}\nNAME, PATH = "command_name", "command-action"\n'
        (folder / f"command_{kind}.py").write_text(text)
    return folder


def test_each_command_gets_its_module(tmp_path: Path, handlers: Path) -> None:
    """Made from its kind's prototype, with all spellings filled in; the prototypes are gone."""
    expand(tmp_path, "payment", COMMANDS)
    assert sorted(path.name for path in handlers.iterdir()) == ["drop_payment.py", "open.py", "settle_payment.py"]
    settle = 'from x import SettlePayment  # changes\nNAME, PATH = "settle_payment", "settle"\n'
    assert (handlers / "settle_payment.py").read_text() == settle
    assert (handlers / "open.py").read_text() == 'from x import Open  # creates\nNAME, PATH = "open", "open"\n'


def test_a_module_that_is_there_is_kept(tmp_path: Path, handlers: Path) -> None:
    """Cookiecutter's --skip-if-file-exists promises that for every file."""
    (handlers / "open.py").write_text("mine")
    expand(tmp_path, "payment", COMMANDS)
    assert (handlers / "open.py").read_text() == "mine"


def test_a_missing_prototype_leaves_the_others(tmp_path: Path, handlers: Path) -> None:
    """Nothing is written before all is known to be there."""
    (handlers / "command_deletes.py").unlink()
    with pytest.raises(FileNotFoundError, match="command_deletes"):
        expand(tmp_path, "payment", COMMANDS)
    assert len(list(handlers.iterdir())) == len(KINDS) - 1


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
