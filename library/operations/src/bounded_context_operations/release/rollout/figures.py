"""`context releases`: the releases of a stack as figures, from CodeDeploy's deployments and git's commits.

The figures are the four of DORA (dora.dev, "DORA's software delivery performance metrics"): how often a change reaches
the stack, how long a commit takes until then, which share of the releases fails, and how long a failure has an effect.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import typer
from typer import Option

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Outputs, Stack, operate
from bounded_context_cli.command.output import spoken
from bounded_context_cli.command.values import AsJson, time
from bounded_context_cli.contracts.baseline import git

from . import releases as releases_of_stack
from .deployments import Deployment, Deployments

DAYS: Final = 90
"""The days before now that the figures cover by default."""

COMMIT: Final = "COMMIT"
"""The variable with the commit in each step of the pipeline. The module that sets it imports Pulumi."""

_ATTEMPTS: Final = 9
_WEEK: Final = timedelta(weeks=1)


@dataclass
class Released:
    """The deployments of a release: of all runs to the same versions until a return, with those that roll them back."""

    deployments: list[Deployment] = field(default_factory=list)
    rollbacks: list[Deployment] = field(default_factory=list)
    commit: str = ""

    @property
    def began(self) -> datetime:
        """The creation of the first deployment."""
        return min(deployment.created for deployment in self.deployments)

    @property
    def ended(self) -> datetime:
        """The end of the last deployment."""
        return max(deployment.completed or deployment.created for deployment in self.deployments)

    @property
    def failed(self) -> bool:
        """Whether a hook, an alarm, an error of a version or a return has ended the release."""
        returned = any(deployment.note and deployment.note.returns for deployment in self.rollbacks)
        return returned or any(deployment.refuses for deployment in self.deployments)

    @property
    def succeeded(self) -> bool:
        """Whether all traffic was at its versions."""
        return not self.failed and any(deployment.status == "Succeeded" for deployment in self.deployments)

    @property
    def restored_after(self) -> timedelta:
        """The time from the beginning of a failed release until its versions had no traffic."""
        ends = [deployment.completed for deployment in (*self.rollbacks, *self.deployments) if deployment.completed]
        return max(ends, default=self.began) - self.began


def released(histories: Iterable[Sequence[Deployment]]) -> list[Released]:
    """Return the releases in the deployments of all groups, the first release first.

    A deployment that this driver did not create belongs to no release, except the rollback of one that it created.
    """
    everything = sorted((each for history in histories for each in history), key=lambda each: each.created)
    current: dict[str, Released] = {}
    all_releases: list[Released] = []
    by_id: dict[str, Released] = {}
    for deployment in everything:
        note = deployment.note
        if owner := by_id.get(deployment.rollback_of):
            owner.rollbacks.append(deployment)
        elif note and note.returns and (owner := current.pop(note.release, None)):
            owner.rollbacks.append(deployment)
            by_id[deployment.id] = current[f"back {note.release_id}"] = owner
        elif note and note.returns and (owner := current.get(f"back {note.release_id}")):
            owner.rollbacks.append(deployment)
        elif note and not note.returns:
            if note.release not in current:
                all_releases.append(current.setdefault(note.release, Released(commit=note.commit)))
            current[note.release].deployments.append(deployment)
            by_id[deployment.id] = current[note.release]
    return all_releases


class Commits:
    """The commits of a repository. Without git, or without a commit, there are none."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def between(self, before: str, commit: str) -> list[datetime]:
        """Return the times of the commits that came with `commit`, after the release of `before` if there was one."""
        chosen = [f"{before}..{commit}"] if before else ["-1", commit]
        return [
            datetime.fromtimestamp(int(line), UTC)
            for line in git(self._root, "log", "--format=%ct", *chosen, "--").split()
        ]

    @property
    def current(self) -> str:
        """The commit that a step of the pipeline, or the working copy, is at; empty if that is unknown."""
        return os.environ.get(COMMIT) or git(self._root, "rev-parse", "HEAD").strip()


@dataclass(frozen=True)
class Figures:
    """The figures of a stack's releases that began from `since` to `until`. Times are in seconds."""

    stack: str
    since: datetime
    until: datetime
    releases: Sequence[Released]
    leads: Sequence[float]
    unknown: int

    @property
    def failed(self) -> list[Released]:
        """The releases that failed."""
        return [release for release in self.releases if release.failed]

    def as_json(self) -> dict[str, Any]:
        """Return the documented form of `--json`. A figure without a release is null."""
        succeeded = [release for release in self.releases if release.succeeded]
        restored = [release.restored_after.total_seconds() for release in self.failed]
        return {
            "stack": self.stack,
            "since": self.since.isoformat(timespec="seconds"),
            "until": self.until.isoformat(timespec="seconds"),
            "releases": len(self.releases),
            "releases_per_week": round(len(succeeded) / ((self.until - self.since) / _WEEK), 2),
            "commits": len(self.leads),
            "releases_without_commits": self.unknown,
            "lead_seconds": median(self.leads) if self.leads else None,
            "failed": len(self.failed),
            "failure_share": round(len(self.failed) / len(self.releases), 3) if self.releases else None,
            "restore_seconds": median(restored) if restored else None,
        }

    def lines(self) -> Iterator[str]:
        """Yield the lines for a person."""
        form = self.as_json()
        yield f"{self.stack}, releases from {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"
        yield f"{'releases':<26}{form['releases']}, {form['releases_per_week']} with success a week"
        lead = f", of {form['commits']} commits" if self.leads else ""
        without = f"; {self.unknown} releases without commits" if self.unknown else ""
        yield f"{'lead time, median':<26}{spoken(form['lead_seconds'])}{lead}{without}"
        share = "-" if form["failure_share"] is None else f"{form['failure_share']:.0%}"
        yield f"{'failed':<26}{share}, {form['failed']} of {form['releases']}"
        yield f"{'time to restore, median':<26}{spoken(form['restore_seconds'])}"


def figures(
    stack: str, all_releases: Sequence[Released], commits: Commits, since: datetime, until: datetime
) -> Figures:
    """Return the figures of the releases from `since` to `until`, the first release of all first.

    A commit counts in the first release that succeeds with it, also after a release that failed with it.
    """
    before, leads, unknown = "", list[float](), 0
    for release in all_releases:
        times = commits.between(before, release.commit) if release.commit and release.succeeded else []
        if since <= release.began <= until and release.succeeded:
            leads += [(release.ended - moment).total_seconds() for moment in times]
            unknown += not times
        before = release.commit if release.succeeded else before
    return Figures(stack, since, until, [each for each in all_releases if since <= each.began <= until], leads, unknown)


def _write(folder: Path, context: str, form: dict[str, Any]) -> None:
    """Write the figures as a whole, for `template fleet`. Raises Refusal."""
    path = folder / f"{context}-{form['stack']}.json"
    new = path.with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({"context": context, **form}, indent=2) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}): name another folder.") from None


def releases(
    ctx: typer.Context,
    stack: Stack,
    since: Annotated[
        datetime | None, Option(parser=time, metavar="TIME", help=f"the first moment (default: {DAYS} days ago)")
    ] = None,
    write: Annotated[
        Path | None,
        Option(metavar="FOLDER", help="also write FOLDER/CONTEXT-STACK.json, for `template fleet --releases FOLDER`"),
    ] = None,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Print how often a stack is released, how long commits take, which share fails, and how long that lasts.

    Counts the releases of `context rollout`, as CodeDeploy keeps them. Changes nothing.

    Examples:
      context releases prod
      context releases prod --since 2026-11-01T00:00:00Z --json
      context releases prod --write figures

    Exit status:
      0  the figures are printed
      2  a deployment could not be read, or the file not written
    """
    access, screen = Access.of(ctx, _ATTEMPTS), Consoles(as_json=as_json)

    def act() -> int:
        project, until = repository(), access.clock.now()
        release = releases_of_stack.read(stack, project.service, outputs_file)
        deployments = Deployments(access.clients_of(release.region)("codedeploy"), release.application)
        histories = [deployments.history(function.group) for function in release.functions]
        start = since or until - timedelta(days=DAYS)
        result = figures(stack, released(histories), Commits(project.root), start, until)
        if write:
            _write(write, release.application.removesuffix(f"-{stack}"), result.as_json())
        lines = json.dumps(result.as_json(), indent=2) if as_json else "\n".join(result.lines())
        sys.stdout.write(f"{lines}\n")
        return 0

    return operate(screen, stack, "releases", act)
