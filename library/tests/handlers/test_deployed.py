"""A repository's entry points are those of its context's functions, and of its own."""

from importlib import import_module
from pathlib import Path

import payment
import pytest
from payment.context import PAYMENT

from bounded_context.handlers.deployed import entry_point_of, undeployed
from bounded_context.settings import by_function

FOLDER = Path(payment.__file__).parent / "handlers"


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    """The default context's entry points, empty."""
    for path in FOLDER.glob("*.py"):
        (tmp_path / path.name).touch()
    return tmp_path


def test_the_default_contexts_are():
    """Neither more nor less."""
    assert list(undeployed(PAYMENT, FOLDER)) == []


def test_a_module_that_no_function_has_is_told(handlers: Path):
    """Unless the repository deploys it itself, or it is no entry point."""
    (handlers / "nightly.py").touch()
    (handlers / "_shared.py").touch()
    [sentence] = undeployed(PAYMENT, handlers)
    assert sentence == "handlers/nightly.py is deployed by no function: declare what it is for, or remove it."
    assert list(undeployed(PAYMENT, handlers, ["nightly"])) == []


def test_a_function_without_a_module_is_told(handlers: Path):
    """By the name of its file."""
    (handlers / "verify_payment.py").unlink()
    [sentence] = undeployed(PAYMENT, handlers)
    assert sentence == "handlers/verify_payment.py is missing: it is the entry point of the function verify_payment."


@pytest.mark.parametrize("function_name", by_function(PAYMENT))
def test_each_function_has_its_entry_point(function_name: str):
    """The repository's or the library's: Lambda imports it by this name."""
    module, _, name = entry_point_of(PAYMENT, function_name).rpartition(".")
    assert callable(getattr(import_module(module), name))
