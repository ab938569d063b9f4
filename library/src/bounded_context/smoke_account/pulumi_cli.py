"""How the Pulumi CLI is called for a throw-away stack: with no question, and out of reach of the terminal's Ctrl-C."""

import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..pipeline.lock import LOCKED
from ..rollout.denied import denied
from ..rollout.errors import Refused
from .world import Failed

_SHOWN: Final = 5
"""Lines of what a call said that a sentence has, and resources that it names."""


@dataclass(frozen=True)
class Pulumi:
    """The CLI, for one stack of the program in a folder."""

    stack: str
    program: Path

    def there(self) -> set[str]:
        """The names of the stacks that the program has in the state. Raises Refused if that cannot be known."""
        if shutil.which("pulumi") is None:
            raise Refused("The Pulumi CLI is not on the PATH: see https://www.pulumi.com/docs/install/.")
        listed = self._call("stack", "ls", "--json")
        if listed.returncode != 0:
            raise Refused(f"Pulumi does not list the stacks: {_said(listed)}")
        return {one["name"].rpartition("/")[2] for one in json.loads(listed.stdout)}

    def init(self, provider: str) -> None:
        """Make the stack, whose secrets `provider` encrypts, if it is not empty. Raises Failed."""
        self._do("stack", "init", "--no-select", self.stack, *(["--secrets-provider", provider] if provider else []))

    def up(self) -> dict[str, Any]:
        """Deploy the stack; returns its outputs. Raises Failed."""
        self._do("up", "--yes", "--skip-preview", "--stack", self.stack)
        return json.loads(self._do("stack", "output", "--json", "--stack", self.stack))

    def tag(self, **tags: str) -> None:
        """Note something beside the stack, where the state is. Raises Failed."""
        for name, value in tags.items():
            self._do("stack", "tag", "set", name, value, "--stack", self.stack)

    def tags(self) -> dict[str, str]:
        """What is noted beside the stack. Raises Failed."""
        return json.loads(self._do("stack", "tag", "ls", "--json", "--stack", self.stack) or "{}")

    def remove(self) -> None:
        """Destroy what the stack is made of, and remove it. Raises Failed, which says what is left."""
        for arguments in (("destroy", "--yes", "--skip-preview"), ("stack", "rm", "--yes")):
            done = self._call(*arguments, "--stack", self.stack)
            if done.returncode != 0:
                raise Failed(f"{self._told(arguments[0], done)} {self._left(LOCKED.search(_all(done)) is not None)}")

    def _left(self, locked: bool) -> str:
        calls = [*(["cancel"] if locked else []), "destroy", "stack rm"]
        place = f"--yes --cwd {self.program} --stack {self.stack}"
        return f"{self._named()}. Take it away with {', '.join(f'`pulumi {call} {place}`' for call in calls)}."

    def _named(self) -> str:
        """What is left, as far as Pulumi tells it."""
        exported = self._call("stack", "export", "--stack", self.stack)
        try:
            found: Any = json.loads(exported.stdout)["deployment"].get("resources", [])
            names = [one["urn"].rpartition("$")[2] for one in found if one.get("custom") and "aws:" in one["type"]]
        except (KeyError, TypeError, ValueError):
            return f"What is left of the stack {self.stack} could not be asked for"
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        what = f": {', '.join(names[:_SHOWN])}{more}" if names else ""
        return f"Of the stack {self.stack} {len(names)} resources are left{what}"

    def _do(self, *arguments: str) -> str:
        done = self._call(*arguments)
        if done.returncode != 0:
            raise Failed(self._told(arguments[0], done))
        return done.stdout

    def _told(self, what: str, done: subprocess.CompletedProcess[str]) -> str:
        """What a call that failed said, and whose permission is missing, if one is."""
        lacking = denied(_all(done))
        short = f" In short: {lacking}: `just permissions deploy {self.stack}` prints what it needs." if lacking else ""
        return f"pulumi {what} failed: {_said(done)}.{short}"

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        asked = ["pulumi", *arguments, "--cwd", str(self.program), "--non-interactive"]
        # A session of its own: what the terminal interrupts is this command, which then destroys the stack.
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        with subprocess.Popen(asked, **pipes) as running:  # noqa: S603
            try:
                out, errors = running.communicate()
            except KeyboardInterrupt:
                # Pulumi ends what it is at, and gives its lock back; killed, it would leave the stack locked.
                running.send_signal(signal.SIGINT)
                running.communicate()
                raise
        return subprocess.CompletedProcess(asked, running.returncode, out, errors)


def _all(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """The errors among its lines, or else the last ones."""
    lines = [" ".join(line.split()) for line in _all(done).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " / ".join((errors or lines)[-_SHOWN:]).rstrip(".")
