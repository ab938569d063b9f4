"""A pytest plugin: the promises of a repository, and the copies of other contexts' events.

pytest needs an existing file for the id of a test, such as `pyproject.toml::promises[Keys rotate]`. The promises apply
to a repository because its `pyproject.toml` names a context.
"""

import os
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from .check.selection import LEAVE_OUT_PROMISES, OWN_PROMISES
from .programs import LEAVE_OUT_PROGRAM

if TYPE_CHECKING:
    from .promises import Promise
    from .testing import ConsumedEvents


FILE: Final = "pyproject.toml"


class Breaches(AssertionError):
    """The breaches of a promise: a sentence for each, with the remedy."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


class PromiseItem(pytest.Item):
    """The test of a promise. Its failure is the list of breaches, without a traceback."""

    def __init__(self, *, promise: "Promise", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.promise = promise

    def runtest(self) -> None:
        """Check the promise in the current repository. Raises Breaches."""
        from .promises import repository

        if sentences := self.promise.breaches(repository()):
            raise Breaches(sentences)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the breaches, or pytest's text of another error."""
        return str(excinfo.value) if isinstance(excinfo.value, Breaches) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the place and the name of the test: a promise has no line in the file."""
        return self.path, None, self.name


class PromisesFile(pytest.File):
    """The `pyproject.toml` of a repository, whose tests are the promises."""

    def collect(self) -> Iterator[PromiseItem]:
        """Yield a test for each promise."""
        from .promises import PROMISES

        for promise in PROMISES:
            yield PromiseItem.from_parent(self, name=f"promises[{promise}]", promise=promise)


def add_promises(config: pytest.Config) -> None:
    """Add the promises to a run of a whole folder of `testpaths`, as `pytest` and `pytest tests` are."""
    root, file = config.rootpath, str(config.rootpath / FILE)
    folders = {(root / name).resolve() for name in config.getini("testpaths")}
    arguments = {(config.invocation_params.dir / argument).resolve() for argument in config.args}
    if folders & arguments and file not in config.args and _are_tested(config):
        config.args = [*config.args, file]


def promises_file(file: Path, parent: pytest.Collector) -> PromisesFile | None:
    """Return the collector of the promises if a file is the repository's `pyproject.toml`."""
    config = parent.config
    if file != config.rootpath / FILE or not _are_tested(config):
        return None
    return PromisesFile.from_parent(parent, path=file)


def _are_tested(config: pytest.Config) -> bool:
    """Return whether the run's root is a context's repository whose promises the plugin tests."""
    root = config.rootpath
    if config.getoption(LEAVE_OUT_PROMISES) or (root / OWN_PROMISES).exists() or not (root / FILE).is_file():
        return False
    settings = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    return "context" in settings.get("tool", {}).get("bounded-context", {})


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

    from .check.steps import FILE, record

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

    from .testing import ConsumedEvents

    return ConsumedEvents(current().root)
