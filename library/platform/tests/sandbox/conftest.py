"""The surroundings of a throw-away stack, and a person's session on the account."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from bounded_context_platform.temporary_stacks import sandbox as command
from bounded_context_platform.temporary_stacks.kinds import Services
from bounded_context_platform.temporary_stacks.stack import TemporaryStack
from tests.console import context
from tests.smoke_account.conftest import Cli, Place, aws, cli, place, signals

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["aws", "cli", "place", "signals"]

OUTPUTS = {"inbox_bucket": "context-sandbox-anna-inbox", "api": {"url": "https://api.example.org"}, "functions": {}}
ANNA = "anna@example.org"

Sandbox = Callable[..., int]


@pytest.fixture
def sandbox(place: Place, cli: Cli, aws: None, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The command, as Anna calls it: nothing is packaged, and the driver of rollouts finds all up to date."""
    monkeypatch.setattr(command, "repository", lambda: place.project)
    monkeypatch.setattr(Services, "person", lambda _: ANNA)
    monkeypatch.setattr(TemporaryStack, "release", lambda *_: (0, {}))
    monkeypatch.delenv("CLOSED", raising=False)
    cli.outputs(OUTPUTS)
    return lambda *arguments: context("sandbox", *arguments)


class Api:
    """GitHub's REST API: the closed pull requests with the time of their last change, and the comments of one."""

    def __init__(self) -> None:
        self.closed: dict[int, datetime] = {}
        self.comments: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()
        self.url = ""

    def answer(self, method: str, path: str, body: Any) -> Any:
        """What GitHub says; None for what it does not know."""
        _, _, owner, repository, *rest = path.partition("?")[0].split("/")
        match (method, owner, repository, *rest):
            case ("GET", "org", "repo", "pulls"):
                assert "state=closed&sort=updated&direction=desc" in path
                newest = sorted(self.closed, key=lambda number: self.closed[number], reverse=True)
                numbers = newest[(_page(path) - 1) * 100 : _page(path) * 100]
                return [
                    {"number": number, "updated_at": f"{self.closed[number]:%Y-%m-%dT%H:%M:%SZ}"} for number in numbers
                ]
            case ("GET", "org", "repo", "issues", _, "comments"):
                return self.comments[(_page(path) - 1) * 100 : _page(path) * 100]
            case ("POST", "org", "repo", "issues", _, "comments"):
                self.comments.append({"id": len(self.comments) + 1, **body})
                return self.comments[-1]
            case ("PATCH", "org", "repo", "issues", "comments", number):
                self.comments[int(number) - 1].update(body)
                return self.comments[int(number) - 1]
            case _:
                return None


def _page(path: str) -> int:
    return int(path.rpartition("page=")[2])


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """GitHub, as a step of a workflow of `org/repo` reaches it."""
    api = Api()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    Thread(target=server.serve_forever, daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    variables = {"GITHUB_API_URL": api.url, "GITHUB_REPOSITORY": "org/repo", "GITHUB_TOKEN": "token"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield api
    server.shutdown()
    server.server_close()


def _handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            api.tokens.add(self.headers["Authorization"])
            length = int(self.headers.get("Content-Length") or 0)
            answer = api.answer(self.command, self.path, json.loads(self.rfile.read(length) or "null"))
            body = json.dumps(answer).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _do  # noqa: N815 (named by http.server)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named by http.server)
            pass

    return Handler
