"""`context run`: one list, from its upload to the subscribers' queues, on an embedded AWS.

The package's other modules are imported when the command runs, so that its help is fast.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from typer import Option

from bounded_context_cli.command.installed import installed_packages, repository
from bounded_context_cli.command.output import fail, refuse
from bounded_context_cli.command.values import counted, existing_file, writable_file
from bounded_context_cli.programs.pulumi_files import LOCAL
from bounded_context_infra.configuration.project import ProjectError

ROWS: Final = 1000
PULUMI_LOCAL: Final = f"infra/service/Pulumi.{LOCAL}.yaml"
MOST_ROWS: Final = 200_000
"""A run waits at most 600 s for an import (`stack_state.END_SECONDS`). 100,000 rows take 208 s (measured: the page of
proofs). 200,000 rows leave a third of the time to a slower machine."""

PAGE: Final = Path("build/list.html")
"""The default of the list's page, in the repository's folder."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run. Raises BadParameter for options that exclude one another."""

    rows: int | None = None
    file: Path | None = None
    partner: str | None = None
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
        return next(
            (f"--{name}" for name in ("rows", "file", "partner", "trace") if getattr(self, name) is not None), ""
        )

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


def run(
    rows: Annotated[
        int | None,
        Option(
            parser=counted("rows", ROWS, MOST_ROWS),
            metavar="N",
            help=f"sample rows, at most {MOST_ROWS} (default: {ROWS})",
        ),
    ] = None,
    file: Annotated[Path | None, Option(parser=existing_file, metavar="FILE", help="import this list instead")] = None,
    partner: Annotated[
        str | None,
        Option(
            metavar="NAME",
            help=f"the partner of {PULUMI_LOCAL} who uploads, in its format (default: demo)",
        ),
    ] = None,
    deploy_only: Annotated[bool, Option("--deploy-only", help="deploy, and import no list")] = False,
    trace: Annotated[str | None, Option(metavar="ID", help="print the path of the row with this identity")] = None,
    dashboards: Annotated[
        Path | None, Option(parser=writable_file, metavar="FILE", help="draw the dashboards into this HTML file")
    ] = None,
    page: Annotated[
        Path | None, Option(parser=writable_file, metavar="FILE", help=f"the list's HTML page (default: {PAGE})")
    ] = None,
    no_page: Annotated[bool, Option("--no-page", help="write no HTML page")] = False,
    keep: Annotated[
        bool, Option("--keep", help="keep the context running, print its endpoints, end on Ctrl-C")
    ] = False,
    watch: Annotated[bool, Option("--watch", help="with --keep: deploy saved files of src/ at once")] = False,
    endpoints: Annotated[
        Path | None, Option(parser=writable_file, metavar="FILE", help="with --keep: write the file that --join reads")
    ] = None,
    join: Annotated[
        Path | None, Option(metavar="FILE", help="deploy to the embedded AWS of the run that wrote FILE")
    ] = None,
    verbose: Annotated[
        bool, Option("--verbose", help="show the differences from AWS, and the frames of libraries")
    ] = False,
    as_json: Annotated[bool, Option("--json", help="print the result as JSON")] = False,
) -> int:
    """Deploy the context to an embedded AWS, import a list, and check the result.

    Examples:
      context run                          import 1,000 sample rows, and make some calls
      context run --rows 10000             more rows
      context run --file my.csv            a list of your own
      context run --partner acme           a list in the format of this partner
      context run --trace id-000000007     and print the path of this row
      context run --dashboards page.html   and draw the dashboards
      context run --keep --watch           keep it running; saved files of src/ are deployed at once
      context run --deploy-only --keep     only the deployment
      context run --json                   JSON

    Exit status:
      0    all numbers add up; with --keep, Ctrl-C is the end of the run
      1    a number does not, or the context could not be run
      2    wrong arguments; nothing was started
      130  Ctrl-C before the result; everything is stopped
    """
    options = Options(
        rows=rows,
        file=file,
        partner=partner,
        deploy_only=deploy_only,
        trace=trace,
        dashboards=dashboards,
        page=None if no_page or deploy_only else page or PAGE,
        keep=keep,
        watch=watch,
        endpoints=endpoints,
        join=join,
        verbose=verbose,
        as_json=as_json,
    )
    # The imports take seconds, and the help does not need them.
    with installed_packages():
        from bounded_context_cli.programs.stack_settings import settings_of
    try:
        partners = settings_of(repository(), LOCAL).partners
    except ProjectError as error:
        return fail(str(error))
    if partner and partner not in partners:
        return refuse(f"{PULUMI_LOCAL}: partners: {partner!r} is not one of {', '.join(partners) or 'none'}.")
    with installed_packages():
        from .execution import execute
    return execute(options)
