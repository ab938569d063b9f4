"""The commands of this distribution: groups of the help, names, summaries, and the functions that implement them."""

from typing import Final

from bounded_context_cli.command.commands import OPERATE, RUN
from bounded_context_cli.command.deferred import Groups, Table

_OWN: Final = Table("bounded_context_local")

GROUPS: Final[Groups] = {
    RUN: {
        "run": _OWN.one("Deploy to an embedded AWS, import a list, and check the result", "run", "run"),
        "invoke": _OWN.one("Call a function of a kept run", "live", "invoke"),
        "debug": _OWN.one("Call a function's entry point in this process, for a debugger", "live", "debug"),
        "logs": _OWN.one("Print the logs of all functions of a kept run", "live", "logs"),
        "mcp": _OWN.one("Offer docs, check, run and invoke to a coding agent (MCP)", "live", "mcp"),
        "rehearse": _OWN.one("Rehearse releases, repairs, a lost region or faults", "rehearsal.cli", "rehearse"),
    },
    OPERATE: {
        "reproduce": _OWN.one("Repeat a failed call of a stack on this machine", "reproduction.cli", "reproduce"),
    },
}
"""The commands by the titles of the help."""
