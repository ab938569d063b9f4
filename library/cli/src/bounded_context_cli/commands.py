"""The commands of this distribution: groups of the help, names, summaries, and the functions that implement them."""

from typing import Final

from .command.commands import CHECK, DOCUMENTS, OPERATE, RELEASE
from .command.deferred import Groups, Table

_OWN: Final = Table("bounded_context_cli")

GROUPS: Final[Groups] = {
    CHECK: {
        "check": _OWN.one("Run all checks; --changed and --watch select the affected ones", "check", "check"),
        "lint": _OWN.one("Check style", "check", "lint"),
        "types": _OWN.one("Check types", "check", "types"),
        "imports": _OWN.one("Check the import contracts", "check", "imports"),
        "test": _OWN.one("Run the fast tests", "check", "test", passes=True),
        "e2e": _OWN.one("Run the end-to-end tests on the embedded AWS", "check", "e2e", passes=True),
        "fix": _OWN.one("Repair style where a tool can", "check", "fix"),
        "settings": _OWN.one("Check the settings of all stacks, and write their schema", "settings", "settings"),
        "audit": _OWN.one("Check the packages: vulnerabilities, licences, bill of materials", "audit", "audit"),
        "policies": _OWN.one("Check a stack's resources against the policies", "policies.cli", "policies"),
    },
    DOCUMENTS: {
        "contracts": _OWN.one("Write schemas, diagrams, AGENTS.md and other documents", "contracts.cli", "contracts"),
        "openapi": _OWN.one("Write the HTTP API's OpenAPI document and its page", "contracts.openapi", "openapi"),
        "partner-kit": _OWN.one(
            "Write a program and a page that check lists for partners", "partner_kit.cli", "partner_kit"
        ),
        "picture": _OWN.one("Draw the resources and their permissions", "views.picture", "picture_"),
        "cost": _OWN.one("Print the cost of an idle stack, and of a million rows", "views.cost.cli", "cost"),
        "eject": _OWN.group(
            "Copy a part of the library, which the repository then owns", "eject", "workflow", "step", "component"
        ),
        "add": _OWN.one("Write optional files: for editors, hooks, Renovate, GitHub", "optional", "add"),
        "docs": _OWN.one("Show a page of the library's documentation, or search all pages", "docs", "docs"),
    },
    RELEASE: {
        "package": _OWN.one("Build the functions' code and layer for Lambda", "package", "package"),
    },
    OPERATE: {
        "partner": _OWN.group(
            "Partners, their keys, and their connection sheets", "partners", "add", "rotate", "remove", "list_"
        ),
    },
}
"""The commands by the titles of the help."""
