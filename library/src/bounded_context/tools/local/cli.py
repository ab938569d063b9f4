"""`context run`: one list, from its upload to the subscribers' queues, on an embedded AWS."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Final

from typer import Option

from ...configuration.project import Project
from ..command.errors import LocalRunError
from ..command.installed import repository
from ..command.values import counted, existing_file, writable_file
from . import additions, endpoints, kept_page, kept_run, metric_checks
from .additions import Beside, Shown
from .arguments import Options
from .completion import exit_status
from .dashboards.run import draw
from .deploy.program import Progress
from .executions import Ended
from .inbox_watch import watch
from .list_page.write import write
from .live.watching import watching
from .observation.samples import Sample
from .observations import collect, settled
from .result import Result, expected_events, read_result
from .running import RunningContext
from .samples import Samples, count_records
from .screen import Screen
from .start import running_context
from .subscribers import wait_for
from .trail import screen as trail_screen
from .trail.facts import gather
from .trail.trail import Trail, trail
from .uploads import Upload

DEPLOYED = "DEPLOYED"
ROWS: Final = 1000
PAGE: Final = Path("build/list.html")


def run(
    rows: Annotated[
        int | None, Option(parser=counted("rows", 1000), metavar="N", help=f"sample rows (default: {ROWS})")
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
    verbose: Annotated[bool, Option("--verbose", help="list the differences from AWS")] = False,
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
    screen = Screen(quiet=as_json, verbose=verbose)
    return exit_status(lambda: _run(options, repository(), screen), screen)


@contextmanager
def _running(options: Options, project: Project, screen: Screen) -> Iterator[RunningContext]:
    """Yield the deployed context, which others may join if that is asked for."""
    join = endpoints.read(options.join) if options.join else None
    with running_context(project, screen.stage, _counting(screen), join=join) as running:
        ours = endpoints.of(running.context, running.emulator, running.outputs)
        with ExitStack() as told:
            if options.keep:
                told.enter_context(kept_run.announced(project, ours))
            if options.endpoints:
                told.enter_context(endpoints.published(options.endpoints, ours))
            yield running


def _run(options: Options, project: Project, screen: Screen) -> int:
    return (_deploy if options.deploy_only else _run_list)(options, project, screen)


def _page(options: Options, project: Project) -> Path | None:
    """Return the path of the list's page, by default in the repository's folder. Creates its folder."""
    return writable_file(os.path.relpath(project.root / PAGE)) if options.page is PAGE else options.page


def _deploy(options: Options, project: Project, screen: Screen) -> int:
    with _running(options, project, screen) as running:
        if options.as_json:
            stages = {name: round(seconds, 2) for name, seconds in screen.stages.items()}
            _print({"outcome": DEPLOYED, "not_emulated": running.deployment.not_emulated, "stages": stages})
        else:
            screen.show_limits(running.deployment.not_emulated, running.deployment.adapted)
        if options.keep:
            _keep(running, screen, watched=options.watch)
    return 0


def _run_list(options: Options, project: Project, screen: Screen) -> int:
    samples = Samples(project.context)
    name, content = _list(options, samples)
    lines = _lines_of(options.trace, samples, name, content)
    with _running(options, project, screen) as running:
        started = time.time()
        with additions.begun(running) as others:
            uploaded, ended, result = _import(running, others, screen, name, content)
            shown = _shown(others, screen)
        way = _trail(running, uploaded, ended, options.trace, lines, result.report) if options.trace else None
        # The page is to be whole, so it waits; most runs need not.
        observed = (settled if options.dashboards else _so_far)(running)
        _show(result, shown, way, screen, as_json=options.as_json)
        if page := _page(options, project):
            write(running, uploaded, ended, result, page)
            screen.show_list_page(page)
        screen.show_more(next(iter(samples.lines_by_identity(content)), ""))
        if options.dashboards:
            _draw(running, screen, observed, started, f"{name}: {result.outcome}", options.dashboards)
        if options.keep:
            _keep(running, screen, watched=options.watch, list_id=ended.list_id)
    return _judged(running, result, shown, observed, screen)


def _judged(
    running: RunningContext, result: Result, shown: list[Shown], observed: Sequence[Sample], screen: Screen
) -> int:
    """Say what does not add up, and return the exit status."""
    wrong = [one.problem for one in shown if one.problem]
    of_metrics = metric_checks.problems_of_run(running.context, running.deployment.inputs, observed)
    problems = [*result.problems(), *wrong, *of_metrics]
    for problem in problems:
        screen.fail(problem)
    return 1 if problems else 0


def _list(options: Options, samples: Samples) -> tuple[str, bytes]:
    if options.file:
        return options.file.name, options.file.read_bytes()
    return f"sample-{options.rows or ROWS}.csv", samples.document(options.rows or ROWS)


def _lines_of(identity: str | None, samples: Samples, name: str, content: bytes) -> list[int]:
    """Return the lines of an identity. Raises LocalRunError, before anything is started, if the file has none."""
    if identity is None:
        return []
    found = samples.lines_by_identity(content)
    if identity not in found:
        example = f": write one that it has, such as {next(iter(found))}" if found else ""
        raise LocalRunError(f"{name} has no row with the {samples.identity} {identity!r}{example}.")
    return found[identity]


def _counting(screen: Screen) -> Progress:
    made: list[str] = []

    def tell(kind: str, _: str) -> None:
        made.append(kind)
        screen.say(f"{len(made)} resources of {len(set(made))} types")

    return tell


def _import(
    running: RunningContext, others: Beside, screen: Screen, name: str, content: bytes
) -> tuple[Upload, Ended, Result]:
    rows = count_records(content)
    # Nobody else tells this run what exists elsewhere: what the file refers to is taken as known.
    running.table.know_references(running.samples.references_of(content))
    with screen.stage("upload"):
        uploaded = running.partner.upload(name, content)
        screen.say(f"{name} {running.partner.way}, {len(content):,} bytes, {rows:,} rows")
    with screen.stage("import"):
        ended = running.follow(uploaded, lambda state: screen.say(f"{state}, {running.least_received():,} events out"))
        screen.say(ended.outcome)
    others.list_ended()
    with screen.stage("events"):
        expected = expected_events(ended, running.table.imported(ended.list_id) if ended.list_id else 0)
        events = wait_for(
            running.subscribers,
            ended.list_id or "",
            expected,
            lambda count: screen.say(f"{count:,} of {expected:,} at each subscriber"),
        )
        screen.say(", ".join(f"{len(received):,} to {name}" for name, received in events.items()))
    return uploaded, ended, read_result(running, ended, rows, events, screen.stages)


def _shown(others: Beside, screen: Screen) -> list[Shown]:
    with screen.stage("besides"):
        shown = others.shown()
        screen.say(f"{len(shown)} calls, messages and files more")
    return shown


def _trail(
    running: RunningContext, uploaded: Upload, ended: Ended, identity: str, lines: list[int], report: str
) -> Trail:
    return trail(gather(running, uploaded, ended, identity, lines, report))


def _show(result: Result, shown: list[Shown], way: Trail | None, screen: Screen, *, as_json: bool) -> None:
    if as_json:
        besides = {"besides": [one.as_json() for one in shown]}
        _print(result.as_json() | besides | ({"trail": trail_screen.as_json(way)} if way else {}))
        return
    screen.show(result, shown)
    if way:
        trail_screen.show(way, screen.out)


def _print(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    sys.stdout.flush()


def _so_far(running: RunningContext) -> Sequence[Sample]:
    return collect(running).samples


def _draw(
    running: RunningContext, screen: Screen, samples: Sequence[Sample], started: float, what: str, file: Path
) -> None:
    draw(running, samples, started, what, file)
    screen.show_page(file)


def _keep(running: RunningContext, screen: Screen, *, watched: bool, list_id: str | None = None) -> None:
    try:
        with kept_page.standing_page(running.project, running.emulator, running.outputs, list_id):
            screen.show_endpoints(running)
            with watching(running, screen.tell) if watched else nullcontext():
                watch(running, screen.tell)
    except KeyboardInterrupt:
        # uv passes the terminal's Ctrl-C on, so it may come twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.errors.print("Stopping.")
