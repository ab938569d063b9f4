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
    """The old bake stays as it is, so that the merge keeps what the step adds to the team's files."""
    of_bake: bool = False
    """The team's files stay as they are, so that the merge keeps files that the step removes from the old bake."""

    def apply(self, repository: Path, template: Path) -> list[str]:
        """Apply the step and return its notes. Imports the module now, because libCST takes long to import."""
        return list(import_module(f"{__package__}.{self.module}").apply(repository, template))


_STEPS: tuple[Step, ...] = (
    Step("0.3.0", "v0_3_0.rows", "Annotate your checks of rows with typed rows"),
    Step("0.4.0", "v0_4_0.recipes", "Remove the template's recipes from the justfile; keep your own"),
    Step("0.4.0", "v0_4_0.calls", "Replace `just` and `python -m bounded_context...` by `context`"),
    Step("0.4.0", "v0_4_0.imports", "Rename imports of modules that moved in the library"),
    Step("0.4.0", "v0_4_0.public_names", "Rename `Beside` and attributes of the declared context"),
    Step("0.4.0", "v0_4_0.members", "Rename attributes and arguments of the infrastructure"),
    Step("0.4.0", "v0_4_0.outputs", "Name the components once in infra/service/__main__.py, and export its outputs"),
    Step("0.4.0", "v0_4_0.list_steps", "Move the five steps of lists from handlers/ to list_steps.py"),
    Step("0.4.0", "v0_4_0.declaration", "Name each command's rule in context.py, and move VERSIONS there"),
    Step("0.4.0", "v0_4_0.waivers", "Rename the renamed policies in the waivers of pyproject.toml"),
    Step("0.4.0", "v0_4_0.consumed", "Rename the members of the setting `consumes` in the files of all stacks"),
    Step("0.4.0", "v0_4_0.entry_points", "Remove handlers that the library supplies; move your own to src/<package>/"),
    Step("0.4.0", "v0_4_0.api_page", "Remove the page of the API, which `context openapi` writes into build/"),
    Step("0.4.0", "v0_4_0.removed_files", "Remove the tests of promises and of stacks, and the workflow `sweep`"),
    Step("0.4.0", "v0_4_0.standard_presets", "Take the library's presets of functions from standard_presets"),
    Step(
        "0.4.0",
        "v0_4_0.tolerance",
        "Write the old default of tolerated_share into the files of all stacks",
        of_team=True,
    ),
    Step(
        "0.4.0",
        "v0_4_0.index_shards",
        "Write the rows of a list to 16 keys of an index, until the first release with 0.4.0",
        of_team=True,
    ),
    Step("0.5.0", "v0_5_0.program", "Replace the three last statements of infra/service/__main__.py by `finish`"),
    Step("0.5.0", "v0_5_0.optional_files", "Keep files that `context add` writes in new repositories", of_bake=True),
    Step("0.5.0", "v0_5_0.workflows", "Mark unedited workflows of GitHub as files that `context add github` writes"),
    Step(
        "0.5.0",
        "v0_5_0.event_data",
        "Remove an events.py that repeats the details: the library derives the events' data",
    ),
)
"""All steps, in the order of their application."""


def steps(before: Release, after: Release) -> Sequence[Step]:
    """Return the steps of the versions after ``before`` up to ``after``, the oldest first."""
    versions = [release.version for release in between(before, after)]
    return [step for version in versions for step in _STEPS if step.version == version]
