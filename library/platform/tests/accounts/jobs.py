"""The jobs of GitHub's workflows, and what each executes: code, actions, packages, artefacts, texts and states."""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from bounded_context_infra.configuration.project import current

from .reach import Finding

_SETUP: Final = "./.github/actions/setup"
_PINNED: Final = re.compile(r"[\w./-]+@[0-9a-f]{40}")
_FROM_OUTSIDE: Final = re.compile(r"\$\{\{[^}]*\b(github\.event|github\.head_ref|needs\.)")
_PERMITTED: Final = {"contents": "read", "id-token": "write"}
"""The permissions of a job that executes unreviewed code: its role and its environment limit its token."""

UNLOCKED: Final = "a package without a hash"

_UNLISTED: Final = re.compile(
    r"\b(uvx|npx|npm|pipx|curl|wget)\b|\buv tool\b|\buv run [^&|;]*--with\b|--upgrade\b|\bpip (wheel|download)\b"
)
"""Commands that get a program or a package from a place without a list of hashes."""

_OF_KIND: Final = ("context sandbox sweep", "context pull-request down")
"""Commands that execute states of temporary stacks, which a pull request wrote."""


@dataclass(frozen=True)
class Job:
    """A job of a workflow: its file and its definition, with the steps of the local action."""

    file: str
    name: str
    workflow: Mapping[Any, Any]
    definition: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]

    @property
    def events(self) -> set[str]:
        """The events that start the job; YAML reads the key `on` as true."""
        only = re.findall(r'\["(schedule)", "workflow_dispatch"\]', str(self.definition.get("if")))
        return {*only} or {*self.workflow[True]}

    @property
    def is_reviewed(self) -> bool:
        """Whether the job executes the default branch alone."""
        checkouts = [step for step in self.steps if str(step.get("uses")).startswith("actions/checkout@")]
        default = all("default_branch" in str(checkout.get("with", {}).get("ref")) for checkout in checkouts)
        return default or self.events == {"schedule"}

    @property
    def commands(self) -> list[str]:
        """The commands of the steps."""
        return [str(step["run"]) for step in self.steps if "run" in step]


def files() -> Mapping[str, str]:
    """Return the workflows and the action of the repository, by name."""
    folder = current().root / ".github"
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in folder.rglob("*.yml")}


@functools.cache
def _parsed(text: str) -> Mapping[Any, Any]:
    return yaml.safe_load(text)


def jobs(texts: Mapping[str, str]) -> Iterator[Job]:
    """Yield the jobs of the workflows."""
    action = _parsed(texts["actions/setup/action.yml"])["runs"]["steps"]
    for file, text in texts.items():
        workflow = _parsed(text)
        for name, definition in workflow.get("jobs", {}).items():
            steps = [
                step
                for entry in definition["steps"]
                for step in (entry, *(action if entry.get("uses") == _SETUP else ()))
            ]
            yield Job(file, f"job {name}", workflow, definition, tuple(steps))


def executed(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a job executes although no commit, lock or approval contains it."""
    for job in jobs(texts):
        for description in (*_of_code(job), *_of_steps(job)):
            yield Finding(description, job.name, job.file)


def _of_code(job: Job) -> Iterator[str]:
    if job.events & {"pull_request_target", "workflow_run", "issue_comment"}:
        yield "a pull request starts a job with the permissions of main"
    with_states = any(command in text for text in job.commands for command in _OF_KIND)
    if not job.is_reviewed or with_states:
        permissions = job.definition.get("permissions", job.workflow.get("permissions", {"all": "write"}))
        if permissions == "write-all" or {*dict(permissions).items()} - {*_PERMITTED.items()}:
            yield "unreviewed code has a permission of GitHub"
        if "secrets." in str(job.definition) or "github.token" in str(job.definition):
            yield "unreviewed code has a secret"
    if job.is_reviewed and with_states and "environment" not in job.definition:
        yield "a job of main executes states of pull requests"


def installs_without_hash(command: str, variables: Mapping[str, str]) -> bool:
    """Return whether a command may install a package that no lock or list contains with its hash."""
    by_pip = "pip install" in command and "--require-hashes" not in command
    unlocked = re.search(r"\buv ", command) is not None and variables.get("UV_LOCKED") != "1"
    return by_pip or unlocked or _UNLISTED.search(command) is not None


def _of_steps(job: Job) -> Iterator[str]:
    if job.definition.keys() & {"container", "services"}:
        yield "an image"
    for step in job.steps:
        uses, run = str(step.get("uses", "")), str(step.get("run", ""))
        if uses and not uses.startswith("./") and not _PINNED.fullmatch(uses):
            yield "another version of an action"
        if job.is_reviewed and ("download-artifact@" in uses or "/cache" in uses or "cache" in str(step.get("with"))):
            yield "an artefact of another job"
        if _FROM_OUTSIDE.search(run):
            yield "a text of a pull request"
        if installs_without_hash(
            run, {**job.workflow.get("env", {}), **job.definition.get("env", {}), **step.get("env", {})}
        ):
            yield UNLOCKED
