"""The commands for the functions of a kept run: call, debug, and print logs."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from bounded_context_cli.command.aws_errors import AWS_ERRORS, INTERRUPTED, sentence
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import fail, refuse
from bounded_context_infra.configuration.project import Project, ProjectError

from ..actors import caller
from ..emulator.aws import UNANSWERED, Aws
from ..emulator.endpoints import Endpoints
from ..observation.logs import parse
from ..running import start
from .debugger import become, entry_point, own_frames
from .events import Event, event_of, samples_of, step_samples
from .function import Deployed, NoSuchName, chosen
from .logs import groups, lines, messages_of_tail, readable


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
    _print(_without_stack(call.answer) if call.failed and not verbose else call.answer)
    _log(f"{function.name}:{call.version} {'raised' if call.failed else 'answered'}, {call.milliseconds:.0f} ms")
    return 1 if call.failed else 0


def _without_stack(answer: Any) -> Any:
    """Return Lambda's description of an error without the stack, whose frames are mostly the libraries'."""
    return (
        {name: value for name, value in answer.items() if name != "stackTrace"} if isinstance(answer, dict) else answer
    )


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
