"""The console script ``template``: the commands of a platform team."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from .alone import alone

if TYPE_CHECKING:
    from bounded_context_cli.command.deferred import Entry

deferred = alone("cli", "command.deferred")

ABOUT: Final = """Generate bounded contexts, run them on this machine, and keep their repositories up to date."""


def _one(summary: str, module: str, function: str) -> Entry:
    return deferred.Entry(summary, f"template.{module}", (function,))


_FLEET: Final = deferred.Entry(
    "Show the state of all repositories of a platform",
    "template.fleet.command",
    ("show", "update", "impact"),
    is_group=True,
    has_default=True,
)

GROUPS: Final = {
    "Generate and run": {
        "new": _one("Ask for the answers, and generate a context", "commands", "new"),
        "demo": _one("Generate the default context, and run it on this machine", "commands", "demo"),
    },
    "Keep up to date": {
        "check": _one("Show the differences between a repository and the template", "upkeep.commands", "check"),
        "update": _one("Bring a repository to another version of the template", "upkeep.commands", "update"),
        "adopt": _one("Write the lost record of a repository's bake", "adopt", "adopt_"),
        "versions": _one("List the versions of the template", "upkeep.commands", "versions"),
        "fleet": _FLEET,
    },
    "Develop the template": {
        "examples": _one("Generate examples/ again, after a change of the template", "commands", "examples"),
    },
}
"""The commands by the titles of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return the exit status."""
    return deferred.run("template", ABOUT, GROUPS, arguments)
