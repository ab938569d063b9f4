"""Edits of a team in a repository of 0.4.0, as the pages of this version describe them."""

from __future__ import annotations

from .team import Team

SOURCE = "src/payment"
PROGRAM, FUNCTIONS = "infra/service/__main__.py", "infra/service/functions.py"
OWN_HANDLER = '    "verify_payment": replace(COMMAND, handler="payment.verify_payment.lambda_handler"),\n'
REMIND = '    "remind": Preset(timeout=60, memory=256),  # each morning\n    # the last preset\n'
WORKFLOW = ".github/workflows/nightly.yml"


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
    context = f"{SOURCE}/context.py"
    team.replace(context, "import DeletePayment", "import ApprovePayment, DeletePayment")
    team.replace(context, "use_cases import delete_payment", "use_cases import approve_payment, delete_payment")
    team.insert(
        context,
        '        Command.creates(RegisterPayment, register_payment, Status.REGISTERED, "PaymentRegistered"),\n',
        "        Command.changes(ApprovePayment, approve_payment, Status.APPROVED, "
        '"PaymentApproved", after=(Status.VERIFIED,)),\n',
    )


def a_check(team: Team) -> None:
    """Add a check of rows to the verification."""
    steps = f"{SOURCE}/list_steps.py"
    team.insert(steps, "        aws.obeys(PAYMENT),\n", "        payable,\n")
    team.insert(
        steps,
        "    ]\n",
        "\n\ndef payable(rows: Sequence[TypedRow[PaymentDetails]], _list_id: str) -> list[Rejection]:\n"
        '    """Reject rows that were due long ago."""\n'
        "    early = [row for row in rows if row.details.due_date < date(2000, 1, 1)]\n"
        '    return [Rejection(row.line, "due_date", "it is over", Fault.VALUE) for row in early]\n',
    )
    standard = "from collections.abc import Sequence\nfrom datetime import date\n\nfrom bounded_context import aws\n"
    team.replace(steps, "from bounded_context import aws\n", standard)
    names = "Fault, ListImport, ReceivedList, Rejection, RowsCheck, Step, TypedRow"
    team.replace(steps, "lists import ListImport, ReceivedList, RowsCheck, Step", f"lists import {names}")
    team.replace(
        steps, "from .context import PAYMENT\n", "from .context import PAYMENT\nfrom .model import PaymentDetails\n"
    )


def an_own_handler(team: Team) -> None:
    """Run own code around a command: it counts its calls."""
    team.write(
        f"{SOURCE}/verify_payment.py",
        '"""VerifyPayment: logs each call before the command runs."""\n\n'
        "from typing import Any\n\n"
        "from bounded_context import aws\n"
        "from bounded_context.handlers import command_handler, logger\n\n"
        "from .commands import VerifyPayment\n"
        "from .context import PAYMENT\n"
        "from .use_cases import verify_payment\n\n"
        "_run = command_handler(PAYMENT, VerifyPayment, verify_payment, lambda: aws.aggregates(PAYMENT))\n\n\n"
        "def lambda_handler(event: dict[str, Any], context: Any) -> Any:\n"
        '    """Log the call, and run the command."""\n'
        '    logger.info("verification requested")\n'
        "    return _run(event, context)\n",
    )
    team.insert(FUNCTIONS, "    **standard_presets(PAYMENT),\n", OWN_HANDLER)
    own = "from dataclasses import replace\n\nfrom bounded_context.infra import COMMAND, Preset, standard_presets\n"
    team.replace(FUNCTIONS, "from bounded_context.infra import Preset, standard_presets\n", own)


def a_resource(team: Team) -> None:
    """Add a component and a schedule with its function to the stack."""
    team.write(
        "infra/service/receipts.py",
        '"""Receipts of payments."""\n\n'
        "from bounded_context.infra import Component, Stack\n"
        "from bounded_context.infra.parts.buckets import private_bucket\n\n\n"
        "class Receipts(Component):\n"
        '    """A bucket of receipts."""\n\n'
        '    urn_type = "payment:infra:Receipts"\n\n'
        "    def __init__(self, name: str, stack: Stack) -> None:\n"
        "        super().__init__(name, stack.labels)\n"
        "        protect = stack.settings.protect\n"
        "        self.bucket = private_bucket(self, name, stack.key.arn, protect=protect, expiry=())  # kept\n",
    )
    team.insert(PROGRAM, "from functions import FUNCTIONS\n", "from receipts import Receipts\n")
    team.replace(PROGRAM, "\nobservability = ", '\nReceipts("receipts", stack)\nobservability = ')
    team.insert(
        PROGRAM,
        'inbound.feed(live["on_event"])\n',
        'Schedule("remind", stack, live["remind"], "cron(0 6 * * ? *)")\n',
    )
    team.insert(FUNCTIONS, "    **standard_presets(PAYMENT),\n", REMIND)
    team.write(
        f"{SOURCE}/remind.py",
        '"""Remind: looks every morning for payments that are due."""\n\n'
        "from typing import Any\n\n"
        "from bounded_context.handlers import function\n\n"
        "from .context import PAYMENT\n\n\n"
        '@function(PAYMENT, "remind")\n'
        "def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:\n"
        '    """Return the day of the event."""\n'
        '    return {"day": event["time"][:10]}\n',
    )


def a_workflow(team: Team) -> None:
    """Add a workflow and scripts that call the command and import the library."""
    team.write(
        WORKFLOW,
        "on: workflow_dispatch\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: uv run context check  # ours\n"
        "      - run: uv run context rollout status prod --json > status.json\n",
    )
    team.write("scripts/release.sh", "#!/bin/sh\nset -e\nuv run context package\nuv run context rollout start $1\n")
    team.write(
        "scripts/release.py",
        '"""Releases a stack."""\n\n'
        "import subprocess\n\n"
        "from bounded_context.infra.pipeline import Delivery\n\n"
        "KINDS = (Delivery,)\n\n"
        "# `context check` comes first.\n"
        'subprocess.run(["uv", "run", "context", "redrive", "dev"], check=True)  # noqa: S607\n',
    )


def all_edits(team: Team) -> None:
    """Make all edits, and commit them."""
    for edit in EDITS:
        edit(team)
    team.commit("a year of work")


EDITS = (a_command, a_check, an_own_handler, a_resource, a_workflow)
