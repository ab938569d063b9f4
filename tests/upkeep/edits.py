"""Edits of a team in a repository of 0.2.0 or 0.3.0, as the pages of these versions describe them."""

from __future__ import annotations

import json

from .team import Team

SOURCE = "src/payment"
PROGRAM, FUNCTIONS = "infra/service/__main__.py", "infra/service/functions.py"
REMIND = '    "remind": Preset(timeout=60, memory=256),  # each morning\n    # the last preset\n'
VERIFICATION = f"{SOURCE}/handlers/verify_subscription.py"
WORKFLOW = ".github/workflows/nightly.yml"
RECIPES = """
# Where it runs
export STAGE := "dev"
alias s := seed
set dotenv-load

# Fill a stack
[private]
seed stack="dev" *rows: package
    echo {{stack}}
"""
ROWS = {"0.2.0": ("list[StagedRow]", "StagedRow"), "0.3.0": ("Sequence[TypedRow[Any]]", "TypedRow")}
"""The type of a check's rows, and the name to import."""


def a_command(team: Team) -> None:
    """Add the command ApprovePayment with its status, rule, function and declaration."""
    team.insert(
        f"{SOURCE}/commands.py",
        "    payment_id: Identifier\n",
        '\n\nclass ApprovePayment(Change):\n    """Approve the payment."""\n\n    payment_id: Identifier\n',
    )
    team.insert(f"{SOURCE}/model.py", '    VERIFIED = "VERIFIED"\n', '    APPROVED = "APPROVED"\n')
    team.replace(f"{SOURCE}/use_cases.py", "import DeletePayment", "import ApprovePayment, DeletePayment")
    team.write(
        f"{SOURCE}/use_cases.py",
        team.read(f"{SOURCE}/use_cases.py")
        + "\n\ndef approve_payment(command: ApprovePayment, payments: Aggregates[Payment]) -> Payment:\n"
        '    """Approve the payment."""\n'
        "    changed = expected(command, payments).moved_to(Status.APPROVED)\n"
        "    payments.save(changed)\n"
        "    return changed\n",
    )
    team.write(
        f"{SOURCE}/handlers/approve_payment.py",
        '"""ApprovePayment: the entry point of its Lambda function."""\n\n'
        "from bounded_context.handlers import command_handler\n\n"
        "from ..bootstrap import payments\n"
        "from ..commands import ApprovePayment\n"
        "from ..context import PAYMENT\n"
        "from ..use_cases import approve_payment\n\n"
        "lambda_handler = command_handler(PAYMENT, ApprovePayment, approve_payment, payments)\n",
    )
    context = f"{SOURCE}/context.py"
    team.replace(context, "import DeletePayment", "import ApprovePayment, DeletePayment")
    team.insert(
        context,
        '        Command.creates(RegisterPayment, Status.REGISTERED, "PaymentRegistered"),\n',
        '        Command.changes(ApprovePayment, Status.APPROVED, "PaymentApproved", after=(Status.VERIFIED,)),\n',
    )
    team.insert(f"{SOURCE}/events.py", '    "PaymentVerified": "1.0",\n', '    "PaymentApproved": "1.0",\n')


def a_check(team: Team) -> None:
    """Add a check of rows to the verification, in the form of the repository's version."""
    rows, name = ROWS[json.loads(team.read(".template.json"))["template"]]
    verification = team.read(VERIFICATION)
    last = next(line for line in reversed(verification.splitlines()) if line.startswith("        aws."))
    verification = verification.replace(f"{last}\n", f"{last}\n        payable,\n")
    check = (
        f"\n\ndef payable(rows: {rows}, _list_id: str) -> list[Rejection]:\n"
        '    """Reject rows that were due long ago."""\n'
        '    early = [row for row in rows if str(row.values["due_date"]) < "2000"]\n'
        '    return [Rejection(row.line, "due_date", "it is over", Fault.VALUE) for row in early]\n'
    )
    verification = verification.replace("    ]\n", f"    ]\n{check}", 1)
    if "Sequence" in rows:
        imports = "from collections.abc import Sequence\nfrom typing import Any\n\nfrom bounded_context import aws\n"
        verification = verification.replace("from bounded_context import aws\n", imports)
    names = ", ".join(sorted(("Fault", "Rejection", "RowsCheck", "Step", name)))
    team.write(VERIFICATION, verification.replace("lists import RowsCheck, Step", f"lists import {names}"))


def a_changed_handler(team: Team) -> None:
    """Change the entry point of a command: it counts its calls."""
    handler = f"{SOURCE}/handlers/verify_payment.py"
    team.replace(handler, "import command_handler", "import command_handler, logger")
    team.write(
        handler,
        team.read(handler).replace("lambda_handler =", "handle =")
        + "\n\ndef lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:\n"
        '    """Log each call."""\n'
        '    logger.info("verification asked")\n'
        "    return handle(event, context)\n",
    )
    team.replace(handler, "from bounded_context.handlers", "from typing import Any\n\nfrom bounded_context.handlers")


def a_resource(team: Team) -> None:
    """Add a component and a schedule with its function to the stack."""
    team.write(
        "infra/service/receipts.py",
        '"""Receipts of payments."""\n\n'
        "from bounded_context.infra import Component, Stack\n"
        "from bounded_context.infra.components._bucket import private_bucket\n\n\n"
        "class Receipts(Component):\n"
        '    """A bucket of receipts."""\n\n'
        '    urn_type = "payment:infra:Receipts"\n\n'
        "    def __init__(self, name: str, stack: Stack) -> None:\n"
        "        super().__init__(name, stack.labels)\n"
        "        protect = stack.settings.protect\n"
        "        self.bucket = private_bucket(self, name, stack.key.arn, protect=protect, expiry=())  # kept\n",
    )
    team.insert(PROGRAM, "from functions import FUNCTIONS\n", "from receipts import Receipts\n")
    team.replace(PROGRAM, "\nObservability(", '\nReceipts("receipts", stack)\nObservability(')
    team.insert(
        PROGRAM,
        'inbound.feed(live["on_event"])\n',
        'Schedule("remind", stack, live["remind"], "cron(0 6 * * ? *)")\n',
    )
    team.insert(FUNCTIONS, '    "on_event": ON_EVENT,\n', REMIND)
    team.write(
        f"{SOURCE}/handlers/remind.py",
        '"""Remind: looks every morning for payments that are due."""\n\n'
        "from typing import Any\n\n"
        "from bounded_context.handlers import function\n\n"
        "from ..context import PAYMENT\n\n\n"
        '@function(PAYMENT, "remind")\n'
        "def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:\n"
        '    """Return the day of the event."""\n'
        '    return {"day": event["time"][:10]}\n',
    )


def a_workflow(team: Team) -> None:
    """Add a workflow and scripts that call the recipes and the modules of the library."""
    team.write(
        WORKFLOW,
        "on: workflow_dispatch\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: uv run just check  # ours\n"
        "      - run: uv run python -m bounded_context.rollout status prod --json > status.json\n"
        "      - run: uv run just seed dev\n",
    )
    team.write(
        "scripts/release.sh", "#!/bin/sh\nset -e\njust package\n.venv/bin/python -m bounded_context.rollout start $1\n"
    )
    team.write("scripts/spelling.py", '"""Checks the spelling."""\n')
    team.write(
        "scripts/release.py",
        '"""Releases a stack."""\n\n'
        "import subprocess\nimport sys\n\n"
        "from bounded_context.pipeline import Delivery\n"
        "from bounded_context.policies import waivers\n\n"
        "KINDS = (Delivery, waivers)\n\n"
        "# `just check` comes first.\n"
        'subprocess.run([sys.executable, "-m", "bounded_context.rollout", "start", "dev"], check=True)\n'
        'subprocess.run(["uv", "run", "just", "redrive", "dev"], check=True)  # noqa: S607\n',
    )


def recipes(team: Team) -> None:
    """Add a recipe and statements to the justfile, and a command to its style check."""
    team.insert("justfile", "    uv run ruff format --check .\n", "    uv run python scripts/spelling.py\n")
    team.write("justfile", team.read("justfile") + RECIPES)


def all_edits(team: Team) -> None:
    """Make all edits, and commit them."""
    for edit in EDITS:
        edit(team)
    team.commit("a year of work")


EDITS = (a_command, a_check, a_changed_handler, a_resource, a_workflow, recipes)
