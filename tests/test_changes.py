"""What a team changes in a fresh repository, each as it would write it: after it, the repository's own check is green.

Nothing but the repository is edited. Where something is missing, a sentence of its promises says which file wants what.
What a page has a team write word by word is done by test_pages.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from template.bake import files
from template.processes import environment
from template.upkeep.owners import is_generated

MODEL, RULES, EVENTS, CONTEXT = (f"src/payment/{name}.py" for name in ("model", "use_cases", "events", "context"))
STEPS = "src/payment/list_steps.py"
FUNCTIONS, MAIN, ASL = "infra/service/functions.py", "infra/service/__main__.py", "workflow/list_import.asl.json"
CONTRACTS, OPENAPI, PICTURE = "contracts", "openapi", "picture --readme"


class Repository:
    """A repository as its team works in it: files are edited, and its own tools are run."""

    def __init__(self, folder: Path, installed: Path) -> None:
        self.folder = folder
        self.bin = installed / "bin"
        ours = {name: value for name, value in environment().items() if not name.startswith("PYTEST")}
        # The environment is that of the bake that this is a copy of: here its own sources come first.
        self.variables = {**ours, "VIRTUAL_ENV": str(installed), "PYTHONPATH": f"{folder / 'src'}:{folder}"}

    def write(self, file: str, text: str) -> None:
        """Write a new file."""
        (self.folder / file).write_text(text, encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        """Change one place of a file."""
        text = (self.folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
        self.write(file, text.replace(old, new))

    def add(self, file: str, text: str) -> None:
        """Add lines at the end of a file."""
        self.write(file, (self.folder / file).read_text(encoding="utf-8") + text)

    def make(self, *commands: str) -> str:
        """Run commands of `context`, some with arguments, and return their output."""
        processes = [self._run("context", *command.split()) for command in commands]
        assert [process.returncode for process in processes] == [0] * len(processes), [
            process.stdout + process.stderr for process in processes
        ]
        return "".join(process.stdout for process in processes)

    def written(self) -> dict[str, bytes]:
        """The content of each file, except of those that a command generates from the code."""
        names = (
            name for name in files(self.folder, ("build", "vendor", "__pycache__", ".*")) if not is_generated(name)
        )
        return {name: (self.folder / name).read_bytes() for name in names}

    def tidy(self) -> None:
        """Repair style. A fault that ruff cannot repair is left to the check."""
        self._run("context", "fix")

    def check(self) -> str:
        """Run `context check`, and return its output if a step fails."""
        result = self._run("context", "check")
        return f"{result.stdout}\n{result.stderr}" if result.returncode else ""

    def promises(self, words: str) -> str:
        """Run the promises that have these words, and return what they say; `words` is an expression of pytest's -k."""
        return self._run("pytest", "-q", "-p", "no:cacheprovider", "pyproject.toml", "-k", words).stdout

    def eject(self, *part: str) -> None:
        """Copy a part of the library into the repository."""
        result = self._run("context", "eject", *part)
        assert result.returncode == 0, result.stderr

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self.bin / program), *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(installed: Path, tmp_path: Path) -> Iterator[Repository]:
    """A copy of it, for one team."""
    folder = tmp_path / "Payment"
    shutil.copytree(installed, folder, ignore=shutil.ignore_patterns(".venv", "build", "__pycache__", ".*_cache"))
    yield Repository(folder, installed / ".venv")


def a_rule(repository: Repository) -> None:
    """Only what is due soon can be verified."""
    repository.replace(
        RULES,
        "    changed = expected(command, payments).moved_to(Status.VERIFIED)\n",
        "    current = expected(command, payments)\n"
        "    if current.details.due_date.year > 2026:\n"
        '        raise NotFound("payment_id", current.id)\n'
        "    changed = current.moved_to(Status.VERIFIED)\n",
    )
    repository.replace(
        RULES,
        "from bounded_context import Aggregates, expected",
        "from bounded_context import Aggregates, NotFound, expected",
    )
    repository.add(
        "tests/test_rules.py",
        "\n\ndef test_what_is_due_later_is_not_verified_yet(payments):\n"
        '    later = RegisterPayment.model_validate(samples.values(1, due_date="2027-01-01"))\n'
        "    register_payment(later, payments)\n"
        "    with pytest.raises(NotFound):\n"
        "        verify_payment(VerifyPayment(payment_id=SAMPLE.id), payments)\n",
    )


def a_transition(repository: Repository) -> None:
    """What is verified cannot be removed any more: the declaration says it, and no rule asks."""
    repository.replace(CONTEXT, "after=tuple(Status)", "after=(Status.REGISTERED,)")
    repository.add(
        "tests/test_rules.py",
        "\n\ndef test_what_is_verified_stays(payments):\n"
        "    payments.add(samples.aggregate(1, status=Status.VERIFIED))\n"
        "    with pytest.raises(IllegalMove):\n"
        "        delete_payment(DeletePayment(payment_id=SAMPLE.id), payments)\n",
    )
    assert "The diagram of statuses in README.md does not match the code: run `uv run context contracts`." in (
        repository.promises("diagram")
    )
    repository.make(CONTRACTS, OPENAPI)
    assert "is_VERIFIED --> [*]" not in (repository.folder / "README.md").read_text()


def a_refusal_of_its_own(repository: Repository) -> None:
    """Code, status and title are said once, and arrive in the answer, the metric and the document."""
    repository.replace(MODEL, "import Aggregate,", "import Aggregate, BusinessError,")
    repository.add(
        MODEL,
        '\n\nclass PaymentTooLarge(BusinessError):\n    """Nobody pays so much at once."""\n\n'
        '    code = "payment-too-large"\n    status = 422\n    title = "Nobody pays so much at once"\n',
    )
    undeclared = (
        "PaymentTooLarge has no status, title and metric of its own: add it to errors in src/payment/context.py."
    )
    assert undeclared in repository.promises("rejection")
    repository.replace(
        CONTEXT, "from .model import Payment, Status", "from .model import Payment, PaymentTooLarge, Status"
    )
    repository.replace(CONTEXT, "    api=True,\n", "    api=True,\n    errors=(PaymentTooLarge,),\n")
    repository.replace(RULES, "from .model import Payment,", "from .model import PaymentTooLarge, Payment,")
    repository.replace(
        RULES,
        "    created = Payment(",
        '    if details.amount > 1_000_000:\n        raise PaymentTooLarge("a payment may have 1,000,000 at most")\n    created = Payment(',
    )
    repository.add(
        "tests/test_rules.py",
        "\n\ndef test_too_large_a_payment_is_refused_and_counted(functions: Functions, capsys: pytest.CaptureFixture[str]):\n"
        '    large = {"idempotency_key": "key-9", "payload": {**samples.values(1), "amount": "1000001"}}\n'
        '    assert functions.invoke("register_payment", large)["error"]["code"] == "payment-too-large"\n'
        '    assert \'"reason":"payment-too-large"\' in capsys.readouterr().out.replace(" ", "")\n',
    )
    assert "docs/api/openapi.json does not match the code: run `uv run context openapi`." in (
        repository.promises("OpenAPI")
    )
    repository.make(CONTRACTS, OPENAPI)
    document = (repository.folder / "docs/api/openapi.json").read_text()
    assert "Nobody pays so much at once (`payment-too-large`)" in document


def fields_of_other_types(repository: Repository) -> None:
    """An amount that may be missing, and a number that is 0 until somebody says another: events carry both."""
    line = "    due_date: Day\n"
    before = repository.written()
    repository.replace(MODEL, ", Text\n", ", Text, WholeNumber\n")
    repository.replace(MODEL, line, f"{line}    fee: Amount | None = None\n    priority: WholeNumber = 0\n")
    repository.make(CONTRACTS, OPENAPI)
    after = repository.written()
    assert {file for file in after if after[file] != before.get(file)} == {MODEL, CONTEXT}
    assert '"PaymentRegistered": "1.1"' in (repository.folder / CONTEXT).read_text()
    assert '"priority": ' in (repository.folder / "released/0.1.0.json").read_text()


def a_check_of_a_step(repository: Repository) -> None:
    """Rows that the context's own check rejects join the report."""
    repository.replace(
        STEPS, "        aws.not_taken(PAYMENT),\n", "        aws.not_taken(PAYMENT),\n        payable,\n"
    )
    repository.add(
        STEPS,
        "\n\ndef payable(rows: Sequence[TypedRow[PaymentDetails]], _list_id: str) -> list[Rejection]:\n"
        '    """Reject what is too much, or due too late."""\n'
        "    late = [row for row in rows if row.details.amount > 1000 or row.details.due_date > date(2026, 12, 31)]\n"
        '    return [Rejection(row.line, "", "nobody pays it", Fault.RULE, "late") for row in late]\n',
    )
    repository.replace(
        STEPS,
        "from bounded_context.lists import ListImport, RowsCheck, Step\n",
        "from bounded_context.lists import Fault, ListImport, Rejection, RowsCheck, Step, TypedRow\n",
    )
    repository.replace(
        STEPS,
        "from bounded_context import aws\n",
        "from collections.abc import Sequence\nfrom datetime import date\n\nfrom bounded_context import aws\n",
    )
    repository.replace(STEPS, "import PAYMENT\n", "import PAYMENT\nfrom .model import PaymentDetails\n")
    repository.add(
        "tests/test_list.py",
        "\n\ndef test_a_row_that_nobody_pays_is_rejected():\n"
        '    rows = [*ROWS, samples.values(30, due_date="2027-01-01")]\n'
        "    run = run_list(PAYMENT, rows, checks=[payable])\n"
        '    assert [one["code"] for one in run.report if one["line"]] == ["late"]\n',
    )
    repository.replace(
        "tests/test_list.py",
        "from payment.context import PAYMENT\n",
        "from payment.context import PAYMENT\nfrom payment.list_steps import payable\n",
    )


def a_state_of_the_workflow(repository: Repository) -> None:
    """A state that leads to an unknown state is named."""
    repository.eject("workflow")
    repository.replace(
        ASL,
        '    "NothingToDo": {"Type": "Succeed"},\n',
        '    "NothingToDo": {"Type": "Succeed"},\n    "WaitForOthers": {"Type": "Wait", "Seconds": 60, "Next": "Import"},\n',
    )
    repository.replace(
        ASL, '"StringEquals": "VERIFIED", "Next": "ImportList"', '"StringEquals": "VERIFIED", "Next": "WaitForOthers"'
    )
    assert "The state WaitForOthers of list-import goes to Import, which is not a state" in repository.promises(
        "workflow"
    )
    repository.replace(ASL, '"Next": "Import"}', '"Next": "ImportList"}')


def a_threshold(repository: Repository) -> None:
    """In the file of one stack."""
    repository.replace(
        "infra/service/Pulumi.prod.yaml", "config:\n", "config:\n  payment:thresholds:\n    rejected_lists: 9\n"
    )


def a_component_of_its_own(repository: Repository) -> None:
    """The ejected file works as it is, and from then on it is the team's."""
    repository.eject("component", "Schedule")
    assert "from schedule import Schedule\n" in (repository.folder / MAIN).read_text(encoding="utf-8")


def a_major_version(repository: Repository) -> None:
    """Both are published, each is held; taken back in one file."""
    repository.write(EVENTS, EVENTS_2)
    repository.replace(CONTEXT, "from .model import", "from .events import PaymentData\nfrom .model import")
    repository.replace(CONTEXT, "    references=", f"{DATA}    references=")
    assert 'write "2.0" for it in src/payment/context.py, and publish both versions' in (
        repository.promises("Subscribers")
    )
    newer = "".join(f'"Payment{event}": "2.0", ' for event in ("Registered", "Verified", "Deleted"))
    repository.replace(CONTEXT, DATA, f"{DATA}    versions={{{newer}}},\n")
    assert "PaymentDeleted 2.0 would be published alone, and its subscribers read 1.0" in (
        repository.promises("Subscribers")
    )
    repository.add(EVENTS, EVENTS_1)
    repository.replace(CONTEXT, "import PaymentData", "import PREVIOUS, PaymentData")
    repository.replace(CONTEXT, DATA, f"{DATA}    previous_version=PREVIOUS,\n")
    repository.make(CONTRACTS)
    assert {"1.0.json", "2.0.json"} == {path.name for path in (repository.folder / "events/PaymentVerified").iterdir()}
    repository.tidy()
    assert repository.check() == ""
    repository.replace(EVENTS, "    convert=as_1,\n", '    convert=as_1,\n    ready=("bi", "frontend"),\n')
    repository.make(CONTRACTS)
    repository.replace(CONTEXT, "    previous_version=PREVIOUS,\n", "")
    repository.make(CONTRACTS)
    assert "PaymentVerified/1.0.json" not in (repository.folder / "events/asyncapi.json").read_text()


EVENTS_2 = '''"""The data of the events."""

from typing import Any, Final

from bounded_context import Amount, Currency, Day, EventData, Identifier, PreviousVersion, Text
from pydantic import Field

from .model import Status


class PaymentData(EventData):
    """The payment after the change, or before its deletion."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: str = Field(description="when it is due")
    payer: Text
    status: str = Field(description="the status; later versions may add others", examples=list(Status))
    version: int = Field(ge=1, description="the number of changes, from 1")
    list_id: str | None = Field(description="the list that it was imported from; null without a list")
'''
EVENTS_1 = '''

class PaymentData1(EventData):
    """The payment after the change, or before its deletion."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Text
    status: str = Field(description="the status; later versions may add others", examples=list(Status))
    version: int = Field(ge=1, description="the number of changes, from 1")
    list_id: str | None = Field(description="the list that it was imported from; null without a list")


def as_1(data: dict[str, Any]) -> dict[str, Any]:
    """Say as 1.x what is said now."""
    return data


PREVIOUS: Final = PreviousVersion(
    data=PaymentData1,
    versions={"PaymentRegistered": "1.0", "PaymentVerified": "1.0", "PaymentDeleted": "1.0"},
    convert=as_1,
)
'''


DATA = "    data=PaymentData,\n"
BY_LIST = '    queried_by=("list",),\n'


def an_index(repository: Repository) -> None:
    """Many are asked for by their status too."""
    repository.replace(CONTEXT, BY_LIST, '    queried_by=("list", "status"),\n')
    repository.make(OPENAPI)
    assert "those in a status" in (repository.folder / "docs/api/openapi.json").read_text()


def no_query_for_many(repository: Repository) -> None:
    """Without an index there is none: what is left of it is named."""
    repository.replace(CONTEXT, BY_LIST, "    queried_by=(),\n")
    assert "GET /payments: the operation is gone, and callers that use docs/api/openapi.json of 0.1.0 rely on it" in (
        repository.promises("OpenAPI")
    )
    repository.replace("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    repository.make(CONTRACTS, OPENAPI)


CHANGES: tuple[tuple[Callable[[Repository], None], ...], ...] = (
    (a_transition, a_refusal_of_its_own, an_index, fields_of_other_types, a_check_of_a_step),
    (a_major_version, a_state_of_the_workflow, a_threshold),
    (no_query_for_many, a_rule, a_component_of_its_own),
)
"""Those that have nothing to do with one another are one repository's: a check takes 15 seconds of a processor."""


@pytest.mark.e2e
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            changes,
            id="-".join(change.__name__ for change in changes),
            marks=() if a_rule in changes else pytest.mark.nightly,
        )
        for changes in CHANGES
    ],
)
def test_a_team_changes(changes: tuple[Callable[[Repository], None], ...], repository: Repository) -> None:
    """And its repository's own check is green."""
    for change in changes:
        change(repository)
    repository.tidy()
    assert repository.check() == ""
