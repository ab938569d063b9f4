"""Execution of `context run`: deployment, import of the list, additional actions, output, and a kept run."""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NoReturn

from bounded_context.domain.formats import PLAIN
from bounded_context_cli.command.installed import of_distribution, repository
from bounded_context_cli.command.output import LocalRunError, command_line, refuse
from bounded_context_cli.command.values import writable_file
from bounded_context_cli.contracts.openapi import FOLDER, NAME
from bounded_context_cli.programs.pulumi_files import LOCAL
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_cli.views.pages.api import Called, api_page
from bounded_context_infra.configuration.project import Project

from .. import additions, stack_state
from ..actors.partner import NAME as DEMO
from ..actors.partner import UNFINISHED
from ..actors.subscriber import wait_until
from ..additions import ActionResult, AdditionalActions, archives, calls, foreign_event, schedules, transitions
from ..emulator.clock import until
from ..emulator.process import Emulator, endpoints_of, is_ready, published_endpoints, read_endpoints, standing
from ..list_views import trail
from ..list_views.facts import gather, gather_row
from ..list_views.page import list_page
from ..list_views.trail import Trail, trail_of
from ..live.reload import watching
from ..observation import metric_checks
from ..observation.logs import Sample
from ..provider.program import STACK, Progress
from ..running import start
from ..running.context import RunningContext, RunResult, expected_events, of_functions, read_result, settled
from ..running.start import api_page_file, running_context
from ..sample_lists import Samples
from ..stack_state import WAITING, Ended, Upload
from . import PAGE, ROWS, Options
from .screen import RunScreen, exit_status, outputs_file

SECONDS = 1.0
UNREADY_SECONDS = 10.0

_WHERE: Final = (
    "This is the address of the kept run on this machine, with the keys of its emulator's root user, who has all "
    "permissions there. They are invalid when the run has ended."
)


def keep_running(running: RunningContext, screen: RunScreen, *, watched: bool, list_id: str | None = None) -> None:
    """Print the endpoints and import uploaded files until Ctrl-C; with `watched`, also deploy saved sources."""
    try:
        with published_api_page(running.project, running.emulator, running.outputs, list_id):
            screen.show_endpoints(running)
            with watching(running, screen.tell) if watched else nullcontext():
                if running.context.has_lists:
                    import_uploads(running, screen.tell_line)
                wait_for_end(running.emulator)
    except KeyboardInterrupt:
        # uv forwards the terminal's Ctrl-C, so the signal may arrive twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.tell("Stopping.")


def wait_for_end(emulator: Emulator) -> NoReturn:
    """Wait until the emulator ends. Raises LocalRunError."""
    # A busy emulator may answer late.
    while until(lambda: is_ready(emulator), UNREADY_SECONDS):
        time.sleep(SECONDS)
    raise LocalRunError("The emulator has ended: start the run again.")


def import_uploads(running: RunningContext, say: Callable[[str], None]) -> NoReturn:
    """Follow the import of each file that a person uploads and report its outcome, until interrupted."""
    earlier, waiting = running.partner.inbox(), dict[str, Ended]()
    while True:
        time.sleep(SECONDS)
        for name in [name for name, execution in waiting.items() if not running.waiting(execution.arn)]:
            _say_end(running, name, stack_state.follow(running.aws, waiting.pop(name).arn), say)
        files = running.partner.inbox()
        for name in [name for name, state in files.items() if earlier.get(name) != state]:
            if not name.endswith((UNFINISHED, "/")):
                waiting |= _import_upload(running, name, say)
        earlier = running.partner.inbox()


def _import_upload(running: RunningContext, name: str, say: Callable[[str], None]) -> dict[str, Ended]:
    """Follow an upload, and report its outcome. Return its execution by the file's name if its list waits."""
    say(f"{name} has arrived")
    try:
        if not running.emulator.joined:  # a joined context gets references by events
            running.table.know_references(running.samples.references_of(running.partner.arrived(name)))
        execution = running.follow_until_wait(running.partner.announce_arrived(name))
        if execution.outcome == WAITING:
            command = command_line("list", "approve", STACK, execution.list_id or "", outputs=outputs_file(running))
            say(f"{name} waits for an approval: {command}")
            return {name: execution}
        _say_end(running, name, execution, say)
    except LocalRunError as error:
        say(f"{name}: {error}")
    return {}


def _say_end(running: RunningContext, name: str, execution: Ended, say: Callable[[str], None]) -> None:
    say(f"{name} is {execution.outcome} {execution.error}; see {running.partner.report_path(name)}")


@contextmanager
def published_api_page(
    project: Project, emulator: Emulator, outputs: Mapping[str, Any], list_id: str | None = None
) -> Iterator[None]:
    """Write the API page, and delete it at the end of the block. The page's list query uses `list_id`.

    No page is written if the stack has no API or the repository has no OpenAPI document.
    """
    document, file = project.root / FOLDER / NAME, api_page_file(project)
    if not (outputs.get("api") and document.is_file()):
        yield
        return
    variables = {
        "API": outputs["api"]["url"],
        "AWS_REGION": emulator.region,
        "AWS_ACCESS_KEY_ID": emulator.access_key,
        "AWS_SECRET_ACCESS_KEY": emulator.secret_key,
        "AWS_SESSION_TOKEN": "",
    }
    values = Called(_WHERE, variables, {"list_id": list_id} if list_id else {})
    page = api_page(json.loads(document.read_text(encoding="utf-8")), values, os.path.relpath(document, file.parent))
    with standing(file, page):
        yield


DASHBOARDS = "bounded_context_lab.dashboards.page"
DEPLOYED = "DEPLOYED"
CALLED = "CALLED"


def execute(options: Options) -> int:
    """Run the command in the current repository, and return the exit status."""
    screen = RunScreen(quiet=options.as_json, verbose=options.verbose)
    return exit_status(lambda: _act(options, repository(), screen), screen)


def _act(options: Options, project: Project, screen: RunScreen) -> int:
    if options.dashboards:
        of_distribution(DASHBOARDS)
    if options.deploy_only:
        return _deploy(options, project, screen)
    if project.context.has_lists:
        return _import_list(options, project, screen)
    if options.of_lists:
        return refuse(f"{options.of_lists} is an option of lists, and {project.context.title} has none: leave it out.")
    return _send_commands(options, project, screen)


def _send_commands(options: Options, project: Project, screen: RunScreen) -> int:
    """Run a context without lists: send commands, and follow their events and an event of another context."""
    with _running(options, project, screen) as running:
        started = time.time()
        with screen.stage("commands"):
            actions = [*calls(running), *transitions(running), *foreign_event(running), *schedules(running)]
        with screen.stage("events"):
            expected = [action.event for action in actions if action.event]
            wait_until(running.subscribers, "", len(expected))
            actions += archives(running)
        samples_of_run = settled(running) if options.dashboards else of_functions(running)
        received = _received(running, "")
        if options.as_json:
            _print(_calls_as_json(running, received, actions, screen))
        screen.show_calls({name: counts.total() for name, counts in received.items()}, actions)
        screen.show_limits(running.deployment.not_emulated, running.deployment.adapted)
        _draw_and_keep(options, running, screen, samples_of_run, started, "commands")
    return screen.fail_each([*_wrong(running, actions, samples_of_run), *_lacking(received, expected)])


def _calls_as_json(
    running: RunningContext, received: Mapping[str, Counter[str]], actions: Sequence[ActionResult], screen: RunScreen
) -> dict[str, Any]:
    return {
        "outcome": CALLED,
        "events": {name: counts.total() for name, counts in received.items()},
        "additions": [action.as_json() for action in actions],
        "not_emulated": running.deployment.not_emulated,
        "stages": {name: round(seconds, 2) for name, seconds in screen.stages.items()},
    }


def _lacking(received: Mapping[str, Counter[str]], expected: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each event that a subscriber did not receive."""
    for name, counts in received.items():
        for event in (Counter(expected) - counts).elements():
            yield f"{name} did not receive {event}."


@contextmanager
def _running(options: Options, project: Project, screen: RunScreen) -> Iterator[RunningContext]:
    """Yield the deployed context. With `--keep` or `--endpoints`, other commands find it."""
    join = read_endpoints(options.join) if options.join else None
    partner = options.partner or DEMO
    with (
        running_context(project, screen.stage, _counting(screen), join=join, partner=partner) as running,
        ExitStack() as published,
    ):
        ours = endpoints_of(running.context, running.emulator, running.outputs)
        if options.keep:
            published.enter_context(start.published(project, ours))
        if options.endpoints:
            published.enter_context(published_endpoints(options.endpoints, ours))
        yield running


def _counting(screen: RunScreen) -> Progress:
    kinds: list[str] = []

    def show(kind: str, _: str) -> None:
        kinds.append(kind)
        screen.say(f"{len(kinds)} resources of {len(set(kinds))} types")

    return show


def _deploy(options: Options, project: Project, screen: RunScreen) -> int:
    with _running(options, project, screen) as running:
        if options.as_json:
            stages = {name: round(seconds, 2) for name, seconds in screen.stages.items()}
            _print({"outcome": DEPLOYED, "not_emulated": running.deployment.not_emulated, "stages": stages})
        else:
            screen.show_limits(running.deployment.not_emulated, running.deployment.adapted)
        if options.keep:
            keep_running(running, screen, watched=options.watch)
    return 0


def _import_list(options: Options, project: Project, screen: RunScreen) -> int:
    formats = settings_of(project, LOCAL).formats
    samples = Samples(project.context, formats.get(options.partner or DEMO, PLAIN))
    name, content = _list(options, samples)
    lines = _lines_of(options.trace, samples, name, content)
    with _running(options, project, screen) as running:
        started = time.time()
        with additions.started(running) as additional:
            uploaded, execution, result = _import(running, additional, screen, name, content)
            with screen.stage("additions"):
                actions = [*additional.results(), *archives(running)]
                screen.say(f"{len(actions)} calls, messages and files more")
        facts = gather(running, uploaded, execution, result.report, options.trace)
        row = trail_of(facts, gather_row(running, facts, options.trace, lines)) if options.trace else None
        # Only the dashboards need all metrics, which arrive late.
        samples_of_run = settled(running) if options.dashboards else of_functions(running)
        _show(result, actions, row, screen, as_json=options.as_json)
        if result.failure and not options.as_json:
            screen.show_failure(result.failure, facts.exception)
        if options.page:
            screen.show_file("Page of the list", _write(list_page(facts, result), options.page, project))
        screen.show_more(next(iter(samples.lines_by_identity(content)), ""))
        _draw_and_keep(
            options, running, screen, samples_of_run, started, f"{name}: {result.outcome}", execution.list_id
        )
    rejected = [] if options.file else _rejected_samples(result)
    return screen.fail_each([*result.problems(), *rejected, *_wrong(running, actions, samples_of_run)])


def _rejected_samples(result: RunResult) -> list[str]:
    """Return the problem of a generated list with rejected rows."""
    if not result.rows.rejected:
        return []
    rejected, page = result.rows.rejected, "`uv run context docs changing samples-that-your-rules-accept`"
    return [
        f"The rules reject {rejected} rows of the sample: name a function for `samples` in pyproject.toml ({page})."
    ]


def _draw_and_keep(
    options: Options,
    running: RunningContext,
    screen: RunScreen,
    samples: Sequence[Sample],
    started: float,
    title: str,
    list_id: str | None = None,
) -> None:
    """Draw the dashboards, and keep the run, as the options say."""
    if options.dashboards:
        of_distribution(DASHBOARDS).draw(running, samples, started, title, options.dashboards)
        screen.show_file("Dashboards", options.dashboards)
    if options.keep:
        keep_running(running, screen, watched=options.watch, list_id=list_id)


def _wrong(running: RunningContext, actions: Iterable[ActionResult], samples: Iterable[Sample]) -> list[str]:
    """Return the problems of the actions, and of the metrics that the functions wrote."""
    of_metrics = metric_checks.problems_of_run(running.context, running.deployment.inputs, samples)
    return [*(action.problem for action in actions if action.problem), *of_metrics]


def _list(options: Options, samples: Samples) -> tuple[str, bytes]:
    if options.file:
        return options.file.name, options.file.read_bytes()
    return f"sample-{options.rows or ROWS}.csv", samples.document(options.rows or ROWS)


def _lines_of(identity: str | None, samples: Samples, name: str, content: bytes) -> list[int]:
    """Return the lines of an identity. Raises LocalRunError, before anything is started, if the file has none."""
    if identity is None:
        return []
    by_identity = samples.lines_by_identity(content)
    if identity not in by_identity:
        example = f": write one that it has, such as {next(iter(by_identity))}" if by_identity else ""
        raise LocalRunError(f"{name} has no row with the {samples.identity} {identity!r}{example}.")
    return by_identity[identity]


def _import(
    running: RunningContext, additional: AdditionalActions, screen: RunScreen, name: str, content: bytes
) -> tuple[Upload, Ended, RunResult]:
    """Upload a list, and wait for its import and for its events."""
    rows = running.samples.count(content)
    # No other context publishes the aggregates that the file refers to.
    running.table.know_references(running.samples.references_of(content))
    with screen.stage("upload"):
        uploaded = running.partner.upload(name, content)
        screen.say(f"{name} {running.partner.transport}, {len(content):,} bytes, {rows:,} rows")
    with screen.stage("import"):
        execution = running.follow(
            uploaded, lambda state: screen.say(f"{state}, {running.least_received():,} events out")
        )
        screen.say(execution.outcome)
    additional.list_ended()
    with screen.stage("events"):
        # Counted once: the emulator reads the whole table for each count.
        imported = running.table.imported(execution.list_id) if execution.list_id else 0
        expected = expected_events(execution, imported)
        wait_until(
            running.subscribers,
            execution.list_id or "",
            expected,
            lambda count: screen.say(f"{count:,} of {expected:,} at each subscriber"),
        )
        events = _received(running, execution.list_id or "")
        screen.say(", ".join(f"{received.total():,} to {name}" for name, received in events.items()))
    return uploaded, execution, read_result(running, execution, rows, imported, events, screen.stages)


def _received(running: RunningContext, list_id: str) -> dict[str, Counter[str]]:
    """Return the events of a list by subscriber and type."""
    return {subscriber.name: subscriber.types_of_list(list_id) for subscriber in running.subscribers}


def _show(
    result: RunResult, additional: list[ActionResult], row: Trail | None, screen: RunScreen, *, as_json: bool
) -> None:
    if as_json:
        actions = {"additions": [action.as_json() for action in additional]}
        _print(result.as_json() | actions | ({"trail": trail.as_json(row)} if row else {}))
        return
    screen.show(result, additional)
    if row:
        trail.show(row, screen.out)


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def _write(page: str, file: Path, project: Project) -> Path:
    """Write the list's page, by default into the repository's folder, and return its path."""
    file = writable_file(os.path.relpath(project.root / PAGE)) if file is PAGE else file
    file.write_text(page, encoding="utf-8")
    return file
