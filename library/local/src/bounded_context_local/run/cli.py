"""`context run`: one list, from its upload to the subscribers' queues, on an embedded AWS."""

from pathlib import Path
from typing import Annotated

from typer import Option

from bounded_context_cli.command.installed import installed_packages, repository
from bounded_context_cli.command.output import fail
from bounded_context_cli.command.values import counted, existing_file, writable_file
from bounded_context_cli.programs.pulumi_files import LOCAL
from bounded_context_infra.configuration.project import ProjectError

from .options import MOST_ROWS, PAGE, ROWS, Options


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
      context run --trace id-000000007     and print the path of this row
      context run --dashboards page.html   and draw the dashboards
      context run --keep --watch           keep it running; saved files of src/ are deployed at once
      context run --deploy-only --keep     only the deployment
      context run --json                   JSON

    Exit status:
      0    all numbers add up
      1    a number does not, or the context could not be run
      2    wrong arguments; nothing was started
      130  Ctrl-C; everything is stopped
    """
    options = Options(
        rows=rows,
        file=file,
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
        settings_of(repository(), LOCAL)
    except ProjectError as error:
        return fail(str(error))
    with installed_packages():
        from .execution import execute
    return execute(options)
