"""The options of a run, and the contradictions between them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

ROWS: Final = 1000
MOST_ROWS: Final = 200_000
"""A run waits at most 600 s for an import (`executions.END_SECONDS`). 100,000 rows take 208 s (measured: the page of
proofs). 200,000 rows leave a third of the time to a slower machine."""

PAGE: Final = Path("build/list.html")
"""The default of the list's page, in the repository's folder."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run. Raises BadParameter for options that exclude one another."""

    rows: int | None = None
    file: Path | None = None
    deploy_only: bool = False
    trace: str | None = None
    dashboards: Path | None = None
    page: Path | None = None
    keep: bool = False
    watch: bool = False
    endpoints: Path | None = None
    join: Path | None = None
    verbose: bool = False
    as_json: bool = False

    @property
    def of_lists(self) -> str:
        """The first given option that only a context with lists has; an empty text without such an option."""
        return next((f"--{name}" for name in ("rows", "file", "trace") if getattr(self, name) is not None), "")

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise typer.BadParameter(problem)

    def _problem(self) -> str:
        if sum((self.rows is not None, self.file is not None, self.deploy_only)) > 1:
            return "--rows, --file and --deploy-only exclude one another: write one of them"
        if self.endpoints and not self.keep:
            return "--endpoints needs --keep: a run that ends by itself cannot be joined"
        if self.watch and not self.keep:
            return "--watch needs --keep: a run that ends by itself has nothing to wait for"
        if self.deploy_only and (self.trace or self.dashboards):
            return "--trace and --dashboards show the result of a list, and --deploy-only imports none"
        return ""
