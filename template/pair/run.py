"""The run of two contexts: bakes both, runs the first, then runs the scenario in the second, and cleans up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from ..bake import bake
from ..demo import DemoError, folder_for
from ..leftovers import taken_away
from ..library import find_uv
from ..names import REPOSITORY
from ..processes import Asked, Heed, environment, heeding, running, status
from .choice import Pair

ENDPOINTS = "endpoints.json"
LOG = "first.log"
LOG_LINES = 20
SCENARIO = "template.pair.scenario"


def demo(pair: Pair, output: Path | None, *, as_json: bool, keep: bool) -> int:
    """Run the two contexts and return the scenario's exit status.

    Raises:
        LibraryError: uv is not installed.
        DemoError: a folder already exists, or the first context could not be started.
        cookiecutter.exceptions.CookiecutterException: answers are rejected.
    """
    uv = find_uv()
    with heeding() as heed, folder_for(output, keep) as folder:
        try:
            return _Run(uv, pair, folder, heed, quiet=as_json).act(["--json"] * as_json + ["--keep"] * keep)
        except Asked as signal:
            return 128 + signal.number


@dataclass
class _Run:
    uv: str
    pair: Pair
    folder: Path
    heed: Heed
    quiet: bool

    def act(self, options: list[str]) -> int:
        first, second = self._baked()
        with ExitStack() as running_here:
            scratch = running_here.enter_context(taken_away(Path(mkdtemp(prefix="template-demo-"))))
            endpoints, log = scratch / ENDPOINTS, scratch / LOG
            with self._stage(f"{self.pair.first.name} runs, with the emulator"):
                # Install the second's packages while the first is deployed: it saves time.
                prepared = running_here.enter_context(running([self.uv, "sync", "--quiet"], second))
                command = ["context", "run", "--keep", "--deploy-only", "--json", f"--endpoints={endpoints}"]
                child = running_here.enter_context(running([*self._uv_run, *command], first, log))
                self._wait_for_first(child, endpoints, log)
                self.heed.wait(lambda: prepared.poll() is not None)
            return self._scenario(child, second, endpoints, log, options)

    def _baked(self) -> tuple[Path, Path]:
        contexts = (self.pair.first, self.pair.second)
        if existing := [path for context in contexts if (path := self.folder / context.name).exists()]:
            raise DemoError(f"{existing[0]} already exists: name another folder with --output")
        with self._stage(f"{contexts[0].name} and {contexts[1].name} baked"):
            first, second = (bake(self.folder, context.answers) for context in contexts)
            self.heed.check()
        return first, second

    def _wait_for_first(self, child: subprocess.Popen[bytes], endpoints: Path, log: Path) -> None:
        self.heed.wait(lambda: endpoints.exists() or child.poll() is not None)
        if child.poll() is not None:
            raise DemoError(f"{self.pair.first.name} could not be started:\n{_tail(log)}")

    def _scenario(
        self, child: subprocess.Popen[bytes], second: Path, endpoints: Path, log: Path, options: list[str]
    ) -> int:
        creates, deletes = (self.pair.first.command(kind).snake for kind in ("creates", "deletes"))
        arguments = [
            f"--join={endpoints}",
            f"--first={self.pair.first.name}",
            f"--consumes={json.dumps(self.pair.consumes)}",
            f"--creates={creates}",
            f"--deletes={deletes}",
            *options,
        ]
        # The scenario needs this package, and the library that is installed in the second context's environment.
        variables = {**environment(), "PYTHONPATH": str(REPOSITORY)}
        command = [*self._uv_run, "python", "-m", SCENARIO, *arguments]
        with running(command, second, variables=variables) as acting, suppress(Asked):
            self.heed.wait(lambda: acting.poll() is not None)
        if child.poll() is not None:
            raise DemoError(f"{self.pair.first.name} ended too early:\n{_tail(log)}")
        return status(acting)

    @property
    def _uv_run(self) -> list[str]:
        return [self.uv, "run", "--quiet"]

    @contextmanager
    def _stage(self, title: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        if not self.quiet:
            print(f"✓ {title:<40}{time.monotonic() - started:6.2f} s", file=sys.stderr)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
