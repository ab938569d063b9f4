"""The table of commands: groups of the help, names, summaries, and the functions that implement them."""

from typing import Final

from .deferred import Entry, Groups

_TOOLS: Final = "bounded_context_cli"


def _one(summary: str, module: str, function: str, *, passes: bool = False) -> Entry:
    return Entry(summary, f"{_TOOLS}.{module}", (function,), passes=passes)


def _group(summary: str, module: str, *functions: str, passes: bool = False) -> Entry:
    return Entry(summary, f"{_TOOLS}.{module}", functions, is_group=True, passes=passes)


GROUPS: Final[Groups] = {
    "Run the context on this machine": {
        "run": _one("Deploy to an embedded AWS, import a list, and check the result", "local.run.cli", "run"),
        "invoke": _one("Call a function of a kept run", "local.live.cli", "invoke"),
        "debug": _one("Call a function's entry point in this process, for a debugger", "local.live.cli", "debug"),
        "logs": _one("Print the logs of all functions of a kept run", "local.live.cli", "logs"),
        "mcp": _one("Offer docs, check, run and invoke to a coding agent (MCP)", "agent.cli", "mcp"),
        "rehearse": _one(
            "Rehearse releases, a restore or faults on the embedded AWS", "local.rehearsal.cli", "rehearse"
        ),
    },
    "Check a change": {
        "check": _one("Run all checks; --changed and --watch select the affected ones", "check.cli", "check"),
        "lint": _one("Check style", "check.cli", "lint"),
        "types": _one("Check types", "check.cli", "types"),
        "imports": _one("Check the import contracts", "check.cli", "imports"),
        "test": _one("Run the fast tests", "check.cli", "test", passes=True),
        "e2e": _one("Run the end-to-end tests on the embedded AWS", "check.cli", "e2e", passes=True),
        "fix": _one("Repair style where a tool can", "check.cli", "fix"),
        "settings": _one("Check the settings of all stacks, and write their schema", "settings.cli", "settings"),
        "audit": _one("Check the packages: vulnerabilities, licences, bill of materials", "audit.cli", "audit"),
        "policies": _one("Check a stack's resources against the policies", "policies.cli", "policies"),
    },
    "Write documents from the code": {
        "contracts": _one("Write schemas, diagrams, AGENTS.md and other documents", "contracts.cli", "contracts"),
        "openapi": _one("Write the HTTP API's OpenAPI document and its page", "contracts.openapi.cli", "openapi"),
        "partner-kit": _one(
            "Write a program and a page that check lists for partners", "partner_kit.cli", "partner_kit"
        ),
        "picture": _one("Draw the resources and their permissions", "views.picture.cli", "picture_"),
        "cost": _one("Print the cost of an idle stack, and of a million rows", "views.cost.cli", "cost"),
        "capacity": _one("Print the time of lists on AWS, and their bottleneck", "views.capacity.cli", "capacity"),
        "eject": _group(
            "Copy a part of the library, which the repository then owns",
            "eject.cli",
            "workflow",
            "step",
            "component",
        ),
        "add": _one("Write optional files: for editors, hooks, Renovate, GitHub", "optional.cli", "add"),
        "docs": Entry(
            "Show a page of the library's documentation, or search all pages", "bounded_context_cli.docs.cli", ("docs",)
        ),
    },
    "Deploy and release": {
        "bootstrap": _one("Create the bucket and the key for Pulumi's state", "accounts.bootstrap", "bootstrap_"),
        "package": _one("Build the functions' code and layer for Lambda", "release.package", "package"),
        "preview": _one("Show what a deployment would change", "release.pulumi", "preview", passes=True),
        "deploy": _one("Deploy a stack: publish new versions", "release.deploy", "deploy", passes=True),
        "rollout": _group(
            "Shift traffic to the newest versions, and back", "release.rollout.cli", "start", "status", "back"
        ),
        "pipeline": _group("Deploy the delivery pipeline", "release.pipeline", "preview", "deploy", passes=True),
        "account": _group(
            "Deploy what deployments need in an account", "release.account", "preview", "deploy", passes=True
        ),
        "permissions": _one("Print the IAM policy of a role", "accounts.permissions.cli", "permissions"),
    },
    "Operate": {
        "erase": _one("Erase a person's data in every store of a stack", "repair.erase.cli", "erase"),
        "list": _group("Close a list that its workflow cannot undo", "repair.lists.cli", "close"),
        "partner": _group(
            "Partners, their keys, and their connection sheets",
            "partners.cli",
            *("add", "rotate", "remove", "list_"),
        ),
        "redrive": _one("List dead-letter queues, and send their messages again", "repair.redrive.cli", "redrive"),
        "reproduce": _one("Repeat a failed call of a stack on this machine", "local.reproduction.cli", "reproduce"),
        "reseed": _one("Send the current state to one subscriber, as events", "repair.reseed.cli", "reseed"),
        "restore": _one("Restore aggregates and lists to an earlier time", "repair.restore.cli", "restore"),
        "sandbox": _group(
            "A stack of your own for some hours", "accounts.temporary_stacks.sandbox", "up", "down", "list_", "sweep"
        ),
        "smoke-account": _one(
            "Test a temporary stack on an account", "accounts.temporary_stacks.smoke_account.cli", "smoke_account"
        ),
    },
    "Steps of pipelines and workflows": {
        "step": _group(
            "One step of a pipeline", "release.steps.cli", "tools", "aws_profile", "preview", "deploy", "smoke"
        ),
        "pull-request": _group(
            "The stack and the comment of a pull request",
            "accounts.temporary_stacks.pull_request",
            "preview",
            "comment",
            "closed",
            "up",
            "down",
        ),
        "survey": _one("Print the declarations of repositories as JSON", "survey.cli", "survey_"),
    },
}
"""The commands by the titles of the help."""
