"""The list of all migration steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..releases import Release, between


@dataclass(frozen=True)
class Step:
    """A migration step of a version. Its module in this package has a function ``apply(repository, template)``.

    ``apply`` edits the files in the folder ``repository`` and returns notes: sentences with the file and the remedy for
    changes that the team makes itself. The folder ``template`` contains the old bake, as the step before left it.
    Applying a step twice has the result of applying it once. A file that cannot be parsed raises CannotTell.
    """

    version: str
    module: str
    summary: str
    of_team: bool = False
    """The old bake stays as it is, so the merge keeps what the step adds to the team's files."""
    of_bake: bool = False
    """The team's files stay as they are, so the merge keeps files that the step removes from the old bake."""

    def apply(self, repository: Path, template: Path) -> list[str]:
        """Apply the step and return its notes. Imports the module now, because libCST takes long to import."""
        return list(import_module(f"{__package__}.{self.module}").apply(repository, template))


_STEPS: tuple[Step, ...] = (
    Step("0.5.0", "v0_5_0.program", "Replace the three last statements of infra/service/__main__.py by `finish`"),
    Step("0.5.0", "v0_5_0.optional_files", "Keep files that `context add` writes in new repositories", of_bake=True),
    Step("0.5.0", "v0_5_0.workflows", "Mark unedited workflows of GitHub as files that `context add github` writes"),
    Step(
        "0.5.0",
        "v0_5_0.event_data",
        "Remove an events.py that repeats the details: the library derives the events' data",
    ),
    Step("0.5.0", "v0_5_0.local_stack", "Remove the endpoints of the stack `local`: the local run has its own"),
    Step("0.5.0", "v0_5_0.library_workflow", "Take the state machine and four steps of lists from the library"),
    Step("0.5.0", "v0_5_0.distributions", "Follow the modules of the library into its seven distributions"),
)
"""All steps, in the order of their application."""


def steps(before: Release, after: Release) -> Sequence[Step]:
    """Return the steps of the versions after ``before`` up to ``after``, the oldest first."""
    versions = [release.version for release in between(before, after)]
    return [step for version in versions for step in _STEPS if step.version == version]
