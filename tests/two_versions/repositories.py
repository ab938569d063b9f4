"""The older version of a context, and the newer one: 32 index keys instead of 16, a field, a status, a command more."""

import shutil
from pathlib import Path

from template.bake import bake

_EDITS = (
    ("model", "    due_date: Day\n", "    due_date: Day\n    note: Text | None = None\n"),
    ("model", '    VERIFIED = "VERIFIED"\n', '    VERIFIED = "VERIFIED"\n    SETTLED = "SETTLED"\n'),
    (
        "commands",
        "class DeletePayment(Change):\n",
        'class SettlePayment(Change):\n    """Move the payment to SETTLED."""\n\n    payment_id: Identifier\n\n\n'
        "class DeletePayment(Change):\n",
    ),
    ("use_cases", "from .commands import ", "from .commands import SettlePayment, "),
    (
        "use_cases",
        "def delete_payment(",
        "def settle_payment(command: SettlePayment, payments: Aggregates[Payment]) -> Payment:\n"
        '    """Move the payment to SETTLED."""\n'
        "    changed = expected(command, payments).moved_to(Status.SETTLED)\n"
        "    payments.save(changed)\n    return changed\n\n\ndef delete_payment(",
    ),
    ("context", "from .commands import ", "from .commands import SettlePayment, "),
    (
        "context",
        "        Command.deletes(DeletePayment,",
        '        Command.changes(SettlePayment, settle_payment, Status.SETTLED, "PaymentSettled", '
        "after=(Status.VERIFIED,)),\n"
        "        Command.deletes(DeletePayment,",
    ),
    ("context", "from .use_cases import delete_payment, ", "from .use_cases import delete_payment, settle_payment, "),
    (
        "context",
        "    index_shards=16,\n",
        '    versions={"PaymentRegistered": "1.1", "PaymentVerified": "1.1", "PaymentDeleted": "1.1"},\n',
    ),
)


def older(folder: Path) -> Path:
    """Bake the default answers into a folder, with the 16 index keys of 0.3; returns the repository."""
    repository = bake(folder)
    _replace(repository / "src" / "payment" / "context.py", "    queried_by=", "    index_shards=16,\n    queried_by=")
    return repository


def newer(repository: Path, folder: Path) -> Path:
    """Return a copy of a repository in which payments have a note, and can be settled."""
    copied = folder / repository.name
    shutil.copytree(repository, copied)
    package = copied / "src" / "payment"
    for module, old, new in _EDITS:
        _replace(package / f"{module}.py", old, new)
    return copied


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise LookupError(f"{file.name} has {old!r} {text.count(old)} times")
    file.write_text(text.replace(old, new), encoding="utf-8")
