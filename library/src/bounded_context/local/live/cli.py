"""The command line: which function, with which event, and with which exit status it ends."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ...installed import repository
from ...project import Project, ProjectError
from ...rollout.errors import AWS_ERRORS, INTERRUPTED, REFUSED, sentence
from ...typed import typed
from ...usage import Parts, Usage
from .. import kept
from ..aws import UNANSWERED, Aws
from ..endpoints import Endpoints
from ..errors import LocalRunError
from .choices import NoSuchName, chosen
from .completion import SHELLS, script
from .debugging import become, entry_point
from .deployed import Deployed
from .events import Event, event_of, samples_of
from .following import groups, lines
from .invoking import invoke
from .lines import readable
from .listed import steps

Act = Callable[[argparse.Namespace, Project, Endpoints], int | Callable[[], int]]
"""Returns the exit status, or what is left to do and then returns it: outside of all that handles errors."""

_EXAMPLES: Final = {
    "invoke": "the functions that there are",
    "invoke FUNCTION": "the samples of one of them",
    "invoke FUNCTION smoke-check": "call it with a sample",
    "invoke FUNCTION event.json": "with an event of your own; - is standard input",
    "invoke --completion bash": 'a script for your shell: eval "$(...)" in its .bashrc or .zshrc',
    "debug FUNCTION message": "the same in this process: a breakpoint() stops there",
    "logs --follow": "what all of them log, until Ctrl-C",
    "logs --function FUNCTION --correlation ID": "of one, and of the calls that name an id",
}
_STATUSES: Final = {
    0: "the function answered, or what was asked for is printed",
    1: "it raised, or no run is kept here",
    2: "no function and no sample has that name",
    INTERRUPTED: "Ctrl-C",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as asked with the kept run of the current repository, and return the exit status.

    It is 0 if the function answered, 1 if it raised or if nobody could be asked, 2 for a name that nothing has.
    """
    options = _parser().parse_args(arguments)
    if options.completion:
        sys.stdout.write(script(options.completion))
        return 0
    try:
        project = repository()
        done: int | Callable[[], int] = options.act(options, project, kept.find(project))
    except NoSuchName as error:
        return _failed(str(error), REFUSED)
    except (LocalRunError, ProjectError) as error:
        return _failed(str(error), 1)
    except UNANSWERED as error:
        return _failed(f"The emulator does not answer: {error}", 1)
    except AWS_ERRORS as error:
        return _failed(sentence(error, None), 1)
    except KeyboardInterrupt:
        return INTERRUPTED
    return done if isinstance(done, int) else done()


def _failed(said: str, status: int) -> int:
    _tell(said)
    return status


def _tell(said: str) -> None:
    sys.stderr.write(f"{said}\n")


def _invoke(options: argparse.Namespace, project: Project, run: Endpoints) -> int:
    """Call a function, print its answer, and on standard error what it logs."""
    aws = Aws(run.emulator)
    function = _function(options, run, aws)
    event = function and _event(options, project, run, function)
    if function is None or event is None:
        return 0
    done = invoke(aws, function, event)
    for line in readable(done.lines):
        _tell(line)
    _print(done.answer)
    _tell(f"{function.name}:{done.version} {'raised' if done.failed else 'answered'}, {done.milliseconds:.0f} ms")
    return 1 if done.failed else 0


def _debug(options: argparse.Namespace, project: Project, run: Endpoints) -> int | Callable[[], int]:
    """Call a function's entry point in this process; what it raises ends it, so that a debugger stops there."""
    aws = Aws(run.emulator)
    function = _function(options, run, aws)
    if function is None:
        return 0
    if options.event:
        # First of all: what samples are made with reads the environment when it is imported.
        become(aws, function)
    event = _event(options, project, run, function)
    return 0 if event is None else lambda: _print(entry_point(function)(event))


def _logs(options: argparse.Namespace, _: Project, run: Endpoints) -> int:
    """Print what the functions log, in one stream."""
    found = groups(run.outputs)
    if options.function:
        name = chosen("function", options.function, found)
        found = {name: found[name]}
    for batch in lines(Aws(run.emulator), found, options.correlation, follow=options.follow):
        sys.stdout.write("".join(f"{line}\n" for line in readable(batch)))
        sys.stdout.flush()
    return 0


def _function(options: argparse.Namespace, run: Endpoints, aws: Aws) -> Deployed | None:
    """Return the function that is meant; where none is named, print those there are."""
    if options.function is None:
        _print_names(run.outputs["functions"])
        return None
    return Deployed.find(aws, run, options.function)


def _event(options: argparse.Namespace, project: Project, run: Endpoints, function: Deployed) -> Event | None:
    """Return the event that is meant; where none is named, print the samples."""
    # By the emulator's own keys: `debug` has assumed those of the function.
    listed = dict(steps(Aws(run.emulator), run.outputs, project.context, function.name))
    samples = listed | samples_of(project.context, function.name, function.variables)
    if options.event is None:
        _print_names(samples)
        return None
    return event_of(options.event, samples)


def _print_names(names: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{name}\n" for name in names))


def _print(answer: object) -> int:
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return 0


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("local.live", ""), _EXAMPLES, _STATUSES)
    parser = usage.parser("Work on a context while it runs here: `run --keep` is the run that is meant.")
    parser.set_defaults(completion=None)
    parts = parser.add_subparsers(required=True, metavar="COMMAND")
    invoke_parser = usage.part(parts, "invoke", "call a function of the kept run")
    invoke_parser.add_argument("--completion", choices=SHELLS, help="print what lets a shell complete all of these")
    _with_event(invoke_parser, _invoke)
    _with_event(usage.part(parts, "debug", "run its entry point in this process, for a debugger"), _debug)
    _add_logs(usage, parts)
    return parser


def _add_logs(usage: Usage, parts: Parts) -> None:
    logs = usage.part(parts, "logs", "what the functions of the kept run log, in one stream")
    logs.add_argument("--function", metavar="NAME", help="of this one alone")
    logs.add_argument("--correlation", metavar="ID", help="of the calls that name this id: a caller's, a list's, ...")
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C, or until the run ends")
    logs.set_defaults(act=_logs)


def _with_event(command: argparse.ArgumentParser, act: Act) -> None:
    command.add_argument("function", nargs="?", metavar="FUNCTION", help="without one, those there are")
    command.add_argument(
        "event", nargs="?", metavar="EVENT", help="a sample's name, a file, or - (without one, the samples)"
    )
    command.set_defaults(act=act)
