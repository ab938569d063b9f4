"""`context invoke|debug|logs|mcp`: commands for the functions of a context that `context run --keep` runs."""

from typing import Annotated

import typer
from typer import Argument, Option

from bounded_context_cli.command.installed import installed_packages, repository
from bounded_context_cli.command.output import fail
from bounded_context_infra.configuration.project import ProjectError

# The imports take seconds, so the functions import the commands: the help does not need them.


def function_names(incomplete: str) -> list[str]:
    """Return the functions of the kept run that begin with the incomplete word."""
    from .events import function_names as names

    return names(incomplete)


def sample_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the samples of the command line's function that begin with the incomplete word."""
    from .events import sample_names as names

    return names(ctx.params.get("function") or "", incomplete)


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
Verbose = Annotated[bool, Option("--verbose", help="show the frames of libraries, too")]


def invoke(function: Function = None, event: Sample = None, verbose: Verbose = False) -> int:
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
    with installed_packages():
        from . import commands

    return commands.invoke_function(function, event, verbose=verbose)


def debug(function: Function = None, event: Sample = None, verbose: Verbose = False) -> int:
    """Call a function's entry point in this process. A debugger stops at breakpoints and at errors.

    Examples:
      context debug FUNCTION message

    Exit status:
      0  the entry point answered, or the names are printed
      1  the entry point raised an error, or no run is kept here
      2  no function or sample has this name
    """
    with installed_packages():
        from . import commands

    return commands.debug_function(function, event, verbose=verbose)


def logs(
    function: Annotated[
        str | None, Option(metavar="NAME", autocompletion=function_names, help="only the logs of this function")
    ] = None,
    correlation: Annotated[
        str | None, Option(metavar="ID", help="only calls that name this id, such as a list's or a caller's")
    ] = None,
    follow: Annotated[bool, Option("--follow", help="continue until Ctrl-C, or until the run ends")] = False,
    verbose: Verbose = False,
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
    with installed_packages():
        from . import commands

    return commands.print_logs(function, correlation, follow=follow, verbose=verbose)


def mcp() -> int:
    """Offer docs, check, write, run and invoke to a coding agent, by the Model Context Protocol on standard input.

    An agent starts this command and ends it. No tool gets AWS credentials, and `run` deploys to the embedded AWS only.

    Examples:
      context mcp

    Exit status:
      0    the agent closed standard input; the run of this session is ended
      1    the repository or a package is missing
      130  Ctrl-C
    """
    try:
        root = repository().root
    except ProjectError as error:
        return fail(str(error))
    with installed_packages():  # The import takes a second, and the help does not need it.
        import anyio

        from ..agent.server import serve
    anyio.run(serve, root)
    return 0
