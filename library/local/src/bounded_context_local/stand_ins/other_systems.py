"""Stand-ins for the systems that rules call: each answers by a function of the repository, in a mode that a file sets.

A repository names the functions in its ``pyproject.toml``::

    [tool.bounded-context.systems]
    bureau = "tests.bureau:answer"
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

from bounded_context.application.systems import Answer, SystemRequest
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_infra.configuration.project import Project

from .http_server import Request, Response, serving

SLOW: Final = 5.0
"""Seconds: longer than a try of a call waits (`adapters.systems`)."""

MODES: Final = ("success", "slow", "down")


@contextmanager
def serving_systems(project: Project) -> Iterator[dict[str, str]]:
    """Serve the systems of a repository until the block ends; yield their addresses by name.

    Raises:
        LocalRunError: a function does not exist.
    """
    with ExitStack() as servers:
        yield {
            name: servers.enter_context(serving(StandIn(_answer(name, place), mode_file(project, name)), 0, name))
            for name, place in project.settings.get("systems", {}).items()
        }


def mode_file(project: Project, name: str) -> Path:
    """Return the file with the mode of a system's stand-in. Without the file, the mode is `success`."""
    return project.build / f"{name}.txt"


def _answer(name: str, place: object) -> Answer:
    module, _, function = str(place).partition(":")
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        where = f"pyproject.toml: [tool.bounded-context.systems] {name} is {place!r}"
        raise LocalRunError(f"{where}: write <module>:<function> ({error}).") from error


class StandIn:
    """Returns the responses of a system. The mode `down` answers 503, and `slow` answers after 5 seconds."""

    def __init__(self, answer: Answer, mode: Path) -> None:
        self._answer = answer
        self._mode = mode

    def __call__(self, request: Request) -> Response:
        """Return the response to a request."""
        mode = self._mode.read_text(encoding="utf-8").strip() if self._mode.exists() else MODES[0]
        if mode == "slow":
            time.sleep(SLOW)
        if mode == "down":
            return Response(503, {}, b"")
        body = json.loads(request.body) if request.body else None
        key = request.headers.get("Idempotency-Key", "")
        status, value = self._answer(SystemRequest(request.method, request.path, body, key))
        return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode())
