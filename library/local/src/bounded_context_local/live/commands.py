"""The commands for the functions of a kept run: call, debug, and print the logs.

The logs are merged by time, as text with a line each except for tracebacks.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from bounded_context_cli.command.aws_errors import AWS_ERRORS, INTERRUPTED, sentence
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import LocalRunError, fail, refuse
from bounded_context_infra.configuration.project import Project, ProjectError

from ..actors import caller
from ..emulator.aws import UNANSWERED, Aws
from ..emulator.process import Endpoints
from ..observation.logs import METRICS, PLATFORM, TEXT, LogLine, Logs, parse
from ..running import start
from .events import Event, event_of, samples_of, step_samples
from .function import UNCAUGHT, Deployed, NoSuchName, become, chosen, entry_point, own_frames, without_library_frames

PAUSE_SECONDS: Final = 0.3

_TRACEBACK: Final = "Traceback (most recent call last):"

_EXCEPTION: Final = ("exception", "stack_trace", "exception_name")
"""Fields that are shown below the line."""


def groups(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the log groups of all functions, including the hooks of a release, by name; `outputs` are the stack's."""
    functions = {name: arn.split(":")[6] for name, arn in outputs["functions"].items()} | outputs["release"]["hooks"]
    return {name: f"/aws/lambda/{function}" for name, function in functions.items()}


def lines(aws: Aws, log_groups: Mapping[str, str], about: str | None, *, follow: bool) -> Iterator[list[LogLine]]:
    """Yield the existing lines, sorted; with `follow`, then yield new lines in batches, forever.

    Args:
        aws: the emulator.
        log_groups: the log groups by function.
        about: an id that selects calls with this id in a line: a correlation id of a caller, or the id of a list, an
            aggregate, an event, a trace or a request. None for all lines.
        follow: whether to yield new lines.
    """
    logs = Logs(aws, log_groups)
    while True:
        new = logs.take()
        yield sorted(calls_with_id(new, about) if about else new, key=attrgetter("time"))
        if not follow:
            return
        time.sleep(PAUSE_SECONDS)


def messages_of_tail(log: str) -> list[str]:
    """Return the messages of a call's log, of which Lambda returns the last 4 KB: a message may lack its beginning.

    A traceback at the end is one message.
    """
    before, separator, trace = log.partition(_TRACEBACK)
    if not separator:
        return log.splitlines()
    complete = [line for line in before.splitlines() if line.startswith(("{", "START"))]
    return [*complete, separator + trace]


def calls_with_id(log_lines: Iterable[LogLine], about: str) -> list[LogLine]:
    """Return all lines of each call that has the id in a line. Requires that the lines of a call arrive together."""
    all_lines = list(log_lines)
    calls = {line.request_id for line in all_lines if _names(line, about)}
    return [line for line in all_lines if line.request_id in calls]


def _names(line: LogLine, about: str) -> bool:
    values = line.fields.values()
    items = (item for value in values if isinstance(value, list) for item in value)
    return about in (line.request_id, *values, *items)


def readable(lines: Iterable[LogLine], *, verbose: bool = False) -> Iterator[str]:
    """Yield each line as text, without metrics. Of Lambda's lines, it keeps only the duration from REPORT.

    Lambda's text of an exception is omitted if the function has logged the exception. The frames of libraries are
    omitted unless `verbose` is true.
    """
    logged: set[str] = set()
    for line in lines:
        if line.message == UNCAUGHT:
            logged.add(line.request_id)
        if line.level == PLATFORM and "milliseconds" in line.fields:
            yield _text(line, "REPORT", f"{line.fields['milliseconds']:.0f} ms")
        elif line.level not in (METRICS, PLATFORM) and not (line.level == TEXT and line.request_id in logged):
            message = line.message if verbose else without_library_frames(line.message)
            yield _text(line, line.level, _message(replace(line, message=message), verbose=verbose))


def _text(line: LogLine, level: str, message: str) -> str:
    at = datetime.fromtimestamp(line.time).astimezone().strftime("%H:%M:%S.%f")[:-3]
    version = f"{line.function}:{line.version}" if line.version else line.function
    return f"{at} {version:<24} {level:<7} {message}"


def _message(line: LogLine, *, verbose: bool) -> str:
    members = [f"{name}={value}" for name, value in line.own_fields(*_EXCEPTION).items() if value is not None]
    message = " ".join([line.message, *members])
    if "exception" not in line.fields:
        return message
    exception = str(line.fields["exception"])
    return f"{message}\n{exception if verbose else without_library_frames(exception)}"


def invoke_function(function: str | None, event: str | None, *, verbose: bool) -> int:
    """Call a function of the kept run, and return the exit status."""

    def act(project: Project, run: Endpoints) -> int:
        aws = Aws(run.emulator)
        deployed = _function(function, run, aws)
        payload = _event(event, project, run, deployed) if deployed else None
        return 0 if deployed is None or payload is None else _call(aws, deployed, payload, verbose=verbose)

    return _with_run(act)


def debug_function(function: str | None, event: str | None, *, verbose: bool) -> int:
    """Call a function's entry point in this process, and return the exit status."""
    calls: list[Callable[[], int]] = []

    def act(project: Project, run: Endpoints) -> int:
        aws = Aws(run.emulator)
        deployed = _function(function, run, aws)
        if deployed is None:
            return 0
        if event:
            # Before all imports of the context's modules: they read the environment.
            become(aws, deployed)
        payload = _event(event, project, run, deployed)
        if payload is not None:
            if not verbose:
                sys.excepthook = own_frames
            calls.append(lambda: _print(entry_point(deployed)(payload)))
        return 0

    status = _with_run(act)
    # Outside of all error handling, so a debugger stops where the error is raised.
    return calls[0]() if calls else status


def print_logs(function: str | None, correlation: str | None, *, follow: bool, verbose: bool) -> int:
    """Print the logs of all functions of the kept run, and return the exit status."""

    def act(_: Project, run: Endpoints) -> int:
        log_groups = groups(run.outputs)
        if function:
            name = chosen("function", function, log_groups)
            log_groups = {name: log_groups[name]}
        for batch in lines(Aws(run.emulator), log_groups, correlation, follow=follow):
            sys.stdout.write("".join(f"{line}\n" for line in readable(batch, verbose=verbose)))
            sys.stdout.flush()
        return 0

    return _with_run(act)


def _with_run(act: Callable[[Project, Endpoints], int]) -> int:
    """Act with the kept run of the current repository, and return the exit status."""
    try:
        project = repository()
        return act(project, start.find(project))
    except NoSuchName as error:
        return refuse(str(error))
    except (LocalRunError, ProjectError) as error:
        return fail(str(error))
    except UNANSWERED as error:
        return fail(f"The emulator does not answer: start the run again ({error}).")
    except AWS_ERRORS as error:
        return fail(sentence(error, None))
    except KeyboardInterrupt:
        return INTERRUPTED


def _call(aws: Aws, function: Deployed, event: Event, *, verbose: bool) -> int:
    call = caller.invoke(aws, function.alias_arn, event)
    lines_of_call = parse(function.name, [(time.time(), line) for line in messages_of_tail(call.log)])
    for line in readable(lines_of_call, verbose=verbose):
        _log(line)
    if call.failed and not verbose and isinstance(call.answer, dict):
        call.answer.pop("stackTrace", None)  # mostly frames of libraries
    _print(call.answer)
    _log(f"{function.name}:{call.version} {'raised' if call.failed else 'answered'}, {call.milliseconds:.0f} ms")
    return 1 if call.failed else 0


def _function(name: str | None, run: Endpoints, aws: Aws) -> Deployed | None:
    """Return the function of this name. Without a name, print the names of all functions."""
    if name is None:
        _print_names(run.outputs["functions"])
        return None
    return Deployed.find(aws, run, name)


def _event(name: str | None, project: Project, run: Endpoints, function: Deployed) -> Event | None:
    """Return the event of this name. Without a name, print the names of all samples."""
    # With the emulator's own credentials: `debug` has assumed the function's role.
    list_samples = dict(step_samples(Aws(run.emulator), run.outputs, project.context, function.name))
    samples = list_samples | samples_of(project.context, function.name, function.variables)
    if name is None:
        _print_names(samples)
        return None
    return event_of(name, samples)


def _log(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _print_names(names: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{name}\n" for name in names))


def _print(answer: object) -> int:
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return 0
