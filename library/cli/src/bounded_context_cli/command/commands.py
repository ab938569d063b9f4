"""The commands of the library by the titles of the help, as the installed distributions register them.

A distribution registers its table by an entry point of the group `bounded_context.commands`. The table has the form of
`bounded_context_cli.commands.GROUPS`.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from operator import attrgetter
from typing import Final

from .deferred import Entry, Groups

RUN: Final = "Run the context on this machine"
CHECK: Final = "Check a change"
DOCUMENTS: Final = "Write documents from the code"
RELEASE: Final = "Deploy and release"
OPERATE: Final = "Operate"
STEPS: Final = "Steps of pipelines and workflows"

TITLES: Final = (RUN, CHECK, DOCUMENTS, RELEASE, OPERATE, STEPS)
"""The titles in their order. Titles of other distributions follow."""


REGISTRY: Final = "bounded_context.commands"

ELSEWHERE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "bounded-context-operations": {
        RELEASE: ("preview", "deploy", "rollout", "releases", "pipeline", "account"),
        OPERATE: ("deadlines", "erase", "exports", "list", "redrive", "reseed", "restore"),
        STEPS: ("step",),
    },
    "bounded-context-local": {
        RUN: ("run", "invoke", "debug", "logs", "mcp", "rehearse"),
        OPERATE: ("reproduce",),
    },
    "bounded-context-platform": {
        RELEASE: ("bootstrap", "permissions"),
        OPERATE: ("sandbox",),
        STEPS: ("pull-request", "survey"),
    },
    "bounded-context-lab": {DOCUMENTS: ("capacity",), OPERATE: ("smoke-account",)},
}
"""The commands of the other distributions, whose remedy is known without them."""


def _registered() -> Groups:
    """Return the commands of the installed distributions, and the remedies of the others."""
    tables: list[Groups] = [point.load() for point in sorted(entry_points(group=REGISTRY), key=attrgetter("name"))]
    titles = dict.fromkeys([*TITLES, *(title for table in tables for title in table)])
    commands = {
        title: {name: command for table in tables for name, command in table.get(title, {}).items()} for title in titles
    }
    for title, name, entry in _missing():
        commands[title].setdefault(name, entry)
    return commands


def _missing() -> Iterator[tuple[str, str, Entry]]:
    """Yield an entry for each command of another distribution, with the title of the help and its name."""
    for distribution, names in ELSEWHERE.items():
        summary, module = f"Needs {distribution}, which is not installed", distribution.replace("-", "_")
        for title, name in ((title, name) for title, own in names.items() for name in own):
            yield title, name, Entry(summary, module, (name,), distribution=distribution)


GROUPS: Final[Groups] = _registered()
"""The commands by the titles of the help."""
