"""The workflows of a repository as data, and their jobs in a shell, as a runner of GitHub would take their steps."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from bounded_context_infra.configuration.project import current

FOLDER = current().root / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
SETUP = "./.github/actions/setup"

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_KEPT = ("HOME", "LANG", "TMPDIR", "SSL_", "REQUESTS_CA_BUNDLE", "UV_", "PIP_", "XDG_")
"""Variables, or their beginnings, by which tools find this machine's interpreters and caches; nothing about AWS."""


def read(path: Path) -> dict[str, Any]:
    """A file of YAML, whose key `on` is no truth."""
    return yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 (it makes text of all)


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each job, by its workflow's and its own name."""
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.stem}/{name}", job


def steps(job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a job, with those of the repository's own action in its place."""
    for step in job["steps"]:
        if step.get("uses") == SETUP:
            yield from read(FOLDER / "actions" / "setup" / "action.yml")["runs"]["steps"]
        else:
            yield step


def outputs(text: str) -> dict[str, str]:
    """Return the outputs in a step's file: `name=value`, or lines up to a delimiter, like GitHub's runner."""
    lines, values = iter(text.splitlines()), dict[str, str]()
    for line in lines:
        name, form, rest = re.split("(<<|=)", line, maxsplit=1)
        values[name] = rest if form == "=" else "\n".join(takewhile(rest.__ne__, lines))
    return values


@dataclass(frozen=True)
class Runner:
    """Where a job runs: the repository's folder, the variables of the machine, and what expressions come to."""

    folder: Path
    variables: Mapping[str, str]
    expressions: Mapping[str, str]

    def run(self, workflow: str, name: str) -> list[subprocess.CompletedProcess[str]]:
        """Take the steps that run a command, until one fails; what follows then says so itself by `if`."""
        path = FOLDER / "workflows" / f"{workflow}.yml"
        document = read(path)
        job = document["jobs"][name]
        processes: list[subprocess.CompletedProcess[str]] = []
        for step in (step for step in steps(job) if "run" in step):
            if all(process.returncode == 0 for process in processes) or "!cancelled()" in step.get("if", ""):
                variables = {**document.get("env", {}), **job.get("env", {}), **step.get("env", {})}
                processes.append(
                    self._step(step["run"], {key: self._filled(value) for key, value in variables.items()})
                )
        return processes

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self.expressions[match[1]], text)

    def _step(self, command: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        assert not _EXPRESSION.search(command), command
        kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        kept.pop("UV_PROJECT_ENVIRONMENT", None)
        shell, environment = ["/bin/sh", "-e", "-c", command], {**kept, **self.variables, **variables}
        return subprocess.run(  # noqa: S603
            shell, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
