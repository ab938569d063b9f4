"""The tools: their arguments, and the words of their command lines."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

NAME: Final = r"^[A-Za-z][A-Za-z0-9_-]*$"
"""The form of the names of functions and samples. It excludes options and paths of files."""

WORDS: Final = r"^\s*([^\s-]\S*\s*)*$"
"""The form of search words. No word begins like an option."""

MOST_ROWS: Final = 1000


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Docs(_Arguments):
    """Show a page of the documentation (`changing`), a section (`changing a-field`), or search all pages (`malware`).

    Without words, list the pages.
    """

    words: str = Field("", max_length=200, pattern=WORDS)


class Check(_Arguments):
    """Check the repository. A failed check ends with a list of remedies: file, line and what to write."""

    changed: bool = Field(False, description="only checks that uncommitted changes can break")


class Write(_Arguments):
    """Run a command that a page or a remedy names: it writes documents from the code, or repairs style (`fix`)."""

    command: Literal["contracts", "openapi", "settings", "fix"]


class Run(_Arguments):
    """Keep this context running on an embedded AWS on this machine. Saved files of src/ are deployed at once.

    Start it again after a change of infra/ or of dependencies. It ends with this session.
    """

    rows: int = Field(0, ge=0, le=MOST_ROWS, description="import a sample list with so many rows; with 0, only deploy")
    end: bool = Field(False, description="end the run instead")


class Invoke(_Arguments):
    """Call a function of the run: commands, queries, steps. Print its answer and its logs.

    Without a function, list all functions. Without an event, list the samples of the function.
    """

    function: Annotated[str, Field(pattern=NAME)] | None = None
    event: Annotated[str, Field(pattern=NAME, description="the name of a sample")] | dict[str, JsonValue] | None = None


class Command(NamedTuple):
    """The words of a command line of `context`, and the document on its standard input."""

    words: tuple[str, ...]
    given: object = None


class Tool(NamedTuple):
    """A tool: its arguments, its command line, and how to get less of a long output."""

    arguments: type[_Arguments]
    command: Callable[[Any], Command]
    shorter: str


def _invoke(given: Invoke) -> Command:
    words = ("invoke", *([given.function] if given.function else []))
    match given.event:
        case None:
            return Command(words)
        case str():
            return Command((*words, given.event))
        case document:
            return Command((*words, "-"), document)


def _run(given: Run) -> Command:
    rows = ("--rows", str(given.rows), "--no-page") if given.rows else ("--deploy-only",)
    return Command(("run", *rows, "--keep", "--watch", "--json"))


TOOLS: Final = {
    "docs": Tool(Docs, lambda given: Command(("docs", *given.words.split())), "name a section of the page"),
    "check": Tool(
        Check, lambda given: Command(("check", *(["--changed"] if given.changed else []))), "repair these first"
    ),
    "write": Tool(Write, lambda given: Command((given.command,)), "look at the written files"),
    "run": Tool(Run, _run, "import fewer rows"),
    "invoke": Tool(Invoke, _invoke, "call it with a smaller event"),
}
