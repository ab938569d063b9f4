"""The commands of this distribution: groups of the help, names, summaries, and the functions that implement them."""

from typing import Final

from bounded_context_cli.command.commands import OPERATE, RELEASE, STEPS
from bounded_context_cli.command.deferred import Groups, Table

_OWN: Final = Table("bounded_context_operations")

GROUPS: Final[Groups] = {
    RELEASE: {
        "preview": _OWN.one("Show what a deployment would change", "release.deploy", "preview", passes=True),
        "deploy": _OWN.one("Deploy a stack: publish new versions", "release.deploy", "deploy", passes=True),
        "rollout": _OWN.group(
            "Shift traffic to the newest versions, and back", "release.rollout.cli", "start", "status", "back"
        ),
        "releases": _OWN.one(
            "Releases as figures: how often, how long, how many fail", "release.rollout.figures", "releases"
        ),
        "pipeline": _OWN.group("Deploy the delivery pipeline", "release.pipeline", "preview", "deploy", passes=True),
        "account": _OWN.group(
            "Deploy what deployments need in an account", "release.account", "preview", "deploy", passes=True
        ),
    },
    OPERATE: {
        "deadlines": _OWN.one("Let the deadlines of existing aggregates begin", "repair.deadlines", "deadlines"),
        "erase": _OWN.one("Erase a person's data in every store of a stack", "repair.erase", "erase"),
        "exports": _OWN.one("Show the exported files of a stack, and acknowledge them", "repair.exports", "exports"),
        "list": _OWN.group(
            "Approve or reject lists that wait, and close lists",
            "repair.approval",
            *("close", "waiting", "approve", "reject"),
        ),
        "redrive": _OWN.one("List dead-letter queues, and send their messages again", "repair.redrive.cli", "redrive"),
        "reseed": _OWN.one("Send the current state to one subscriber, as events", "repair.reseed", "reseed"),
        "restore": _OWN.one("Restore aggregates and lists to an earlier time", "repair.restore", "restore"),
    },
    STEPS: {
        "step": _OWN.group(
            "One step of a pipeline", "release.steps", "tools", "aws_profile", "preview", "deploy", "smoke"
        ),
    },
}
"""The commands by the titles of the help."""
