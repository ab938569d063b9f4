"""The console script ``template``: the commands of a platform team."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .alone import alone

deferred = alone("cli", "command.deferred")

ABOUT: Final = """Generate bounded contexts, run them on this machine, and keep their repositories up to date."""


_OWN: Final = deferred.Table("template")

_FLEET: Final = deferred.Entry(
    "Show the state of all repositories of a platform",
    "template.fleet.command",
    ("show", "update", "impact", "portal"),
    is_group=True,
    has_default=True,
)

GROUPS: Final = {
    "Generate and run": {
        "new": _OWN.one("Ask for the answers, and generate a context", "commands", "new"),
        "demo": _OWN.one("Generate the default context, and run it on this machine", "commands", "demo"),
    },
    "Keep up to date": {
        "check": _OWN.one("Show the differences between a repository and the template", "upkeep.commands", "check"),
        "update": _OWN.one("Bring a repository to another version of the template", "upkeep.commands", "update"),
        "adopt": _OWN.one("Write the lost record of a repository's bake", "adopt", "adopt_"),
        "versions": _OWN.one("List the versions of the template", "upkeep.commands", "versions"),
        "fleet": _FLEET,
    },
    "Develop the template": {
        "examples": _OWN.one("Generate examples/ again, after a change of the template", "commands", "examples"),
    },
}
"""The commands by the titles of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return the exit status."""
    with alone("cli", "command.terminal").escaped_output():
        return deferred.run("template", ABOUT, GROUPS, arguments)
