"""A pytest plugin: the promises of a repository, and the copies of other contexts' events."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from ..check.options import LEAVE_OUT_PROGRAM, LEAVE_OUT_PROMISES
from .promise_items import PromiseItem, PromisesFile, add_promises, promises_file

if TYPE_CHECKING:
    from ..testing.consumed import ConsumedEvents

E2E: Final = "e2e"
INBOUND: Final = "inbound"

_PROMISES: Final = "bounded_context_cli.promises"
_PROGRAM: Final = f"{_PROMISES}.program"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that `context check --changed` sets if no change affects the promises, or the Pulumi programs."""
    words = "leave out the promises that only look at what the Pulumi programs register"
    parser.addoption(LEAVE_OUT_PROGRAM, action="store_true", help=words)
    parser.addoption(LEAVE_OUT_PROMISES, action="store_true", help="leave out the promises")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of slow tests, and of tests of other contexts' events. Add the promises to the run."""
    config.addinivalue_line("markers", f"{E2E}: runs the whole context on the embedded AWS (some minutes)")
    config.addinivalue_line("markers", f"{INBOUND}: reads events of other contexts; `template fleet impact` runs it")
    add_promises(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PromisesFile | None:
    """Collect the promises of a repository from its `pyproject.toml`."""
    return promises_file(file_path, parent)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that use the whole context, so deselecting the marker starts no emulator.

    Mark the tests that read other contexts' events, so the marker selects them.
    """
    if config.getoption(LEAVE_OUT_PROGRAM):
        left_out = [item for item in items if _of_program(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "running" in names:
            item.add_marker(E2E)
        if "consumed_events" in names or f"{_PROMISES}.inbound" in _promised(item):
            item.add_marker(INBOUND)


def _of_program(item: pytest.Item) -> bool:
    """Return whether a test is a promise that only checks the recorded graphs."""
    return _PROGRAM in _promised(item)


def _promised(item: pytest.Item) -> list[str]:
    """Return the modules of the promises that a test checks."""
    checks = [getattr(value, "check", None) for value in _values(item)]
    modules = [str(getattr(check, "__module__", "")) for check in checks]
    return [module for module in modules if module.startswith(_PROMISES)]


def _values(item: pytest.Item) -> Iterable[object]:
    """Return the promise of a test of the plugin, or the parameters of a test of the repository."""
    if isinstance(item, PromiseItem):
        return [item.promise]
    return item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()


def pytest_exception_interact(node: Any, call: pytest.CallInfo[Any]) -> None:
    """Record the remedies of a failed test, or of a test file that cannot be imported, for `context check`."""
    from bounded_context_infra.configuration.project import current

    from ..check.remedies import FILE, record

    if FILE not in os.environ:
        return
    error = call.excinfo.value if call.excinfo else AssertionError()
    if isinstance(error, pytest.Collector.CollectError):
        error = error.__cause__ or error
    record(error, node.nodeid, _breaches(node, error), current().root)


def _breaches(node: Any, error: BaseException) -> list[str]:
    """Return the sentences of the promise that a test checks. pytest adds its own text to those of the assertion."""
    sentences = str(error).partition("\nassert ")[0]
    return [*map(str.strip, sentences.splitlines())] if isinstance(error, AssertionError) and _promised(node) else []


@pytest.fixture(scope="session")
def consumed_events() -> "ConsumedEvents":
    """The copies of other contexts' events, in the folder `consumed/` of this repository."""
    from bounded_context_infra.configuration.project import current

    from ..testing.consumed import ConsumedEvents

    return ConsumedEvents(current().root)
