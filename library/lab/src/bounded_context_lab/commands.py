"""The commands of this distribution: groups of the help, names, summaries, and the functions that implement them."""

from typing import Final

from bounded_context_cli.command.commands import DOCUMENTS, OPERATE
from bounded_context_cli.command.deferred import Groups, Table

_OWN: Final = Table("bounded_context_lab")

GROUPS: Final[Groups] = {
    DOCUMENTS: {
        "capacity": _OWN.one("Print the time of lists on AWS, and their bottleneck", "capacity", "capacity"),
    },
    OPERATE: {
        "smoke-account": _OWN.one("Test a temporary stack on an account", "smoke_account", "smoke_account"),
    },
}
"""The commands by the titles of the help."""
