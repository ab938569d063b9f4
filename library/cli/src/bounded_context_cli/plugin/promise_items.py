"""The promises as tests of a repository's `pyproject.toml`. No file of the repository lists them.

pytest needs an existing file for the id of a test, such as `pyproject.toml::promises[Keys rotate]`. The promises apply
to a repository because its `pyproject.toml` names a context.
"""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from ..check.options import LEAVE_OUT_PROMISES, OWN_PROMISES

if TYPE_CHECKING:
    from ..promises import Promise

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
        from ..promises import repository

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
        from ..promises import PROMISES

        for promise in PROMISES:
            yield PromiseItem.from_parent(self, name=f"promises[{promise}]", promise=promise)


def add_promises(config: pytest.Config) -> None:
    """Add the promises to a run of a whole folder of `testpaths`, as `pytest` and `pytest tests` are."""
    root, file = config.rootpath, str(config.rootpath / FILE)
    folders = {(root / name).resolve() for name in config.getini("testpaths")}
    named = {(config.invocation_params.dir / argument).resolve() for argument in config.args}
    if folders & named and file not in config.args and _are_tested(config):
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
