"""`context invoke|debug|logs`: work with the functions of a context that `context run --keep` runs."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Annotated

from typer import Argument, Option

from ....configuration.project import Project, ProjectError
from ...command.aws_errors import AWS_ERRORS, INTERRUPTED, sentence
from ...command.errors import LocalRunError
from ...command.installed import repository
from ...command.output import fail, refuse
from .. import kept_run
from ..aws import UNANSWERED, Aws
from ..endpoints import Endpoints
from .completion import function_names, sample_names
from .debugging import become, entry_point
from .deployed_function import Deployed
from .events import Event, event_of, samples_of
from .following import groups, lines
from .invoking import invoke as call
from .lines import readable
from .list_samples import steps
from .names import NoSuchName, chosen

Function = Annotated[
    str | None, Argument(autocompletion=function_names, help="a function; by default, print their names")
]
Sample = Annotated[
    str | None,
    Argument(
        metavar="EVENT",
        autocompletion=sample_names,
        help="the name of a sample, a file, or - for standard input; by default, print the samples",
    ),
]


def invoke(function: Function = None, event: Sample = None) -> int:
    """Call a function of the kept run: print its answer, and on standard error its logs.

    Examples:
      context invoke                        print the functions
      context invoke FUNCTION               print the samples of a function
      context invoke FUNCTION smoke-check   call it with a sample
      context invoke FUNCTION event.json    call it with an event of your own

    Exit status:
      0  the function answered, or the names are printed
      1  the function raised an error, or no run is kept here
      2  no function or sample has this name
    """

    def act(project: Project, run: Endpoints) -> int:
        aws = Aws(run.emulator)
        found = _function(function, run, aws)
        sent = found and _event(event, project, run, found)
        return 0 if found is None or sent is None else _call(aws, found, sent)

    return _with_run(act)


def debug(function: Function = None, event: Sample = None) -> int:
    """Call a function's entry point in this process. A debugger stops at breakpoints and at errors.

    Examples:
      context debug FUNCTION message

    Exit status:
      0  the entry point answered, or the names are printed
      1  the entry point raised an error, or no run is kept here
      2  no function or sample has this name
    """
    left: list[Callable[[], int]] = []

    def act(project: Project, run: Endpoints) -> int:
        aws = Aws(run.emulator)
        found = _function(function, run, aws)
        if found is None:
            return 0
        if event:
            # Before all imports of the context's modules: they read the environment.
            become(aws, found)
        sent = _event(event, project, run, found)
        if sent is not None:
            left.append(lambda: _print(entry_point(found)(sent)))
        return 0

    status = _with_run(act)
    # Outside of all error handling, so that a debugger stops where the error is raised.
    return left[0]() if left else status


def logs(
    function: Annotated[
        str | None, Option(metavar="NAME", autocompletion=function_names, help="only the logs of this function")
    ] = None,
    correlation: Annotated[
        str | None, Option(metavar="ID", help="only calls that name this id, such as a list's or a caller's")
    ] = None,
    follow: Annotated[bool, Option("--follow", help="continue until Ctrl-C, or until the run ends")] = False,
) -> int:
    """Print the logs of all functions of the kept run, in one stream.

    Examples:
      context logs --follow
      context logs --function FUNCTION --correlation ID

    Exit status:
      0    printed
      1    no run is kept here
      2    no function has this name
      130  Ctrl-C
    """

    def act(_: Project, run: Endpoints) -> int:
        found = groups(run.outputs)
        if function:
            name = chosen("function", function, found)
            found = {name: found[name]}
        for batch in lines(Aws(run.emulator), found, correlation, follow=follow):
            sys.stdout.write("".join(f"{line}\n" for line in readable(batch)))
            sys.stdout.flush()
        return 0

    return _with_run(act)


def _with_run(act: Callable[[Project, Endpoints], int]) -> int:
    """Act with the kept run of the current repository, and return the exit status."""
    try:
        project = repository()
        return act(project, kept_run.find(project))
    except NoSuchName as error:
        return refuse(str(error))
    except (LocalRunError, ProjectError) as error:
        return fail(str(error))
    except UNANSWERED as error:
        return fail(f"The emulator does not answer: {error}")
    except AWS_ERRORS as error:
        return fail(sentence(error, None))
    except KeyboardInterrupt:
        return INTERRUPTED


def _call(aws: Aws, function: Deployed, event: Event) -> int:
    done = call(aws, function, event)
    for line in readable(done.lines):
        _log(line)
    _print(done.answer)
    _log(f"{function.name}:{done.version} {'raised' if done.failed else 'answered'}, {done.milliseconds:.0f} ms")
    return 1 if done.failed else 0


def _function(name: str | None, run: Endpoints, aws: Aws) -> Deployed | None:
    """Return the function of this name. Without a name, print the names of all functions."""
    if name is None:
        _print_names(run.outputs["functions"])
        return None
    return Deployed.find(aws, run, name)


def _event(name: str | None, project: Project, run: Endpoints, function: Deployed) -> Event | None:
    """Return the event of this name. Without a name, print the names of all samples."""
    # With the emulator's own credentials: `debug` has assumed the function's role.
    listed = dict(steps(Aws(run.emulator), run.outputs, project.context, function.name))
    samples = listed | samples_of(project.context, function.name, function.variables)
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
