"""The commands of this distribution: groups of the help, names, summaries, and the functions that implement them."""

from typing import Final

from bounded_context_cli.command.commands import OPERATE, RELEASE, STEPS
from bounded_context_cli.command.deferred import Groups, Table

_OWN: Final = Table("bounded_context_platform")

GROUPS: Final[Groups] = {
    RELEASE: {
        "bootstrap": _OWN.one("Create the bucket and the key for Pulumi's state", "bootstrap", "bootstrap_"),
        "permissions": _OWN.one("Print the IAM policy of a role", "permissions", "permissions"),
    },
    OPERATE: {
        "sandbox": _OWN.group(
            "A stack of your own for some hours", "temporary_stacks.sandbox", "up", "down", "list_", "sweep"
        ),
    },
    STEPS: {
        "pull-request": _OWN.group(
            "The stack and the comment of a pull request",
            "temporary_stacks.pull_request",
            "preview",
            "comment",
            "closed",
            "up",
            "down",
        ),
        "survey": _OWN.one("Print the declarations of repositories as JSON", "survey", "survey_"),
    },
}
"""The commands by the titles of the help."""
