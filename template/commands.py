"""The commands ``template new``, ``template demo`` and ``template examples``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from cookiecutter.exceptions import CookiecutterException
from typer import Option

from . import backstage
from . import demo as run_demo
from . import new as bake
from .alone import alone
from .answers import BadAnswer
from .demo import DemoError
from .examples import draw, regenerate, supply
from .library import LibraryError
from .new import NothingMade, answers_in
from .pair import run as pair_run
from .pair.choice import BadPair, Pair, choose

output = alone("cli", "command.output")
values = alone("cli", "command.values")


def _existing(text: str) -> Path:
    return values.existing_file(text).resolve()


def _absolute(text: str) -> Path:
    # The run is in a folder of its own.
    return Path(text).resolve()


def _pair(text: str) -> Pair:
    try:
        return choose(text)
    except BadPair as error:
        raise typer.BadParameter(str(error)) from None


def new(
    answers: Annotated[
        Path | None,
        Option(parser=_existing, metavar="FILE", help="answers to start from, in the form of .template.json"),
    ] = None,
    output_dir: Annotated[Path, Option(metavar="DIR", help="the folder of the new folder")] = Path(),
    no_input: Annotated[bool, Option("--no-input", help="ask nothing, take the defaults")] = False,
) -> int:
    """Ask for the answers, and generate a context of your own.

    Examples:
      template new                                    ask, and generate a new folder here
      template new --output-dir ..                    next to this folder
      template new --answers answers.yaml --no-input  ask nothing

    Exit status:
      0  the repository is generated
      1  an answer is invalid, or the questions were left; nothing is generated
    """
    return _guarded(lambda: bake.new(output_dir, answers, ask=not no_input))


def demo(
    contexts: Annotated[
        Pair | None,
        Option(parser=_pair, metavar="A,B", help="run two of examples/answers/ together"),
    ] = None,
    answers: Annotated[
        Path | None,
        Option(parser=_existing, metavar="FILE", help="run the context of these answers"),
    ] = None,
    output: Annotated[Path | None, Option(metavar="DIR", help="keep the repository in this folder")] = None,
    rows: Annotated[
        int | None, Option(parser=values.counted("rows", 1000), metavar="N", help="sample rows of the list")
    ] = None,
    file: Annotated[Path | None, Option(parser=_existing, metavar="FILE", help="upload this list instead")] = None,
    page: Annotated[Path | None, Option(parser=_absolute, metavar="FILE", help="write the list's HTML page")] = None,
    trace: Annotated[str | None, Option(metavar="ID", help="print the path of the row with this identity")] = None,
    dashboards: Annotated[Path | None, Option(parser=_absolute, metavar="FILE", help="draw the dashboards")] = None,
    verbose: Annotated[bool, Option("--verbose", help="list the differences from AWS")] = False,
    as_json: Annotated[bool, Option("--json", help="print the result as JSON")] = False,
    keep: Annotated[bool, Option("--keep", help="keep it running, and print its endpoints")] = False,
) -> int:
    """Generate the default context, and run it on this machine, from SFTP to the subscribers' queues.

    Examples:
      template demo                                           Payment, with 1,000 rows
      template demo --rows 10000                              more rows
      template demo --file my.csv                             a list of your own
      template demo --answers answers.yaml                    another context
      template demo --contexts subscription,payment           two contexts; the second subscribes to the first
      template demo --trace id-000000007 --dashboards d.html  the path of a row, and the dashboards
      template demo --keep                                    keep it running, until Ctrl-C

    Exit status:
      0    all numbers add up
      1    a number does not, or the context could not be run
      2    wrong arguments; nothing was started
      130  Ctrl-C; everything is stopped
    """
    values = {"rows": rows, "file": file, "page": page, "trace": trace, "dashboards": dashboards}
    valued = [f"--{name}={value}" for name, value in values.items() if value is not None]
    flags = [name for name, is_set in (("--json", as_json), ("--keep", keep), ("--verbose", verbose)) if is_set]

    def act() -> int:
        if contexts and (alone := [*valued, *(["--answers"] if answers else [])]):
            raise DemoError(f"{alone[0]} is for the demo of one context: leave out either it or --contexts")
        if contexts:
            return pair_run.demo(contexts, output, as_json=as_json, keep=keep)
        own_page = [] if page else ["--no-page"]
        return run_demo.demo(output, [*valued, *own_page, *flags], keep, answers_in(answers) if answers else None)

    return _guarded(act)


def examples() -> int:
    """Generate the files of examples/ again: the default context, its wheel, its picture, Backstage's forms.

    Exit status:
      0  examples/ matches the template
      1  the wheel could not be built
    """

    def act() -> None:
        print(f"examples/payment: {regenerate()} files")
        supply()
        draw()
        backstage.write()

    return _guarded(act)


def _guarded(act: Callable[[], object]) -> int:
    try:
        status = act()
        return status if isinstance(status, int) else 0
    except (BadAnswer, CookiecutterException, DemoError, LibraryError, NothingMade) as error:
        return output.fail(str(error))
