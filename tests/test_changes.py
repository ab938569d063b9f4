"""What a team changes in a fresh repository, each as it would write it: after it, the repository's own check is green.

Nothing but the repository is edited. Where something is missing, a sentence of its promises says which file wants what.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from template.bake import bake
from template.processes import environment

pytestmark = pytest.mark.slow

MODEL, RULES, COMMANDS, EVENTS, CONTEXT = (
    f"src/payment/{name}.py" for name in ("model", "use_cases", "commands", "events", "context")
)
STEP = "src/payment/handlers/verify_subscription.py"
FUNCTIONS, MAIN, ASL = "infra/service/functions.py", "infra/service/__main__.py", "workflow/list_import.asl.json"
CONTRACTS, OPENAPI = "bounded_context.contracts", "bounded_context.contracts.openapi"


class Repository:
    """A repository as its team works in it: files are edited, and its own tools are run."""

    def __init__(self, folder: Path, installed: Path) -> None:
        self.folder = folder
        self._bin = installed / "bin"
        self.library = next(installed.glob("lib/python*/site-packages/bounded_context"))
        ours = {name: value for name, value in environment().items() if not name.startswith("PYTEST")}
        # The environment is that of the bake that this is a copy of: here its own sources come first.
        self._variables = {**ours, "VIRTUAL_ENV": str(installed), "PYTHONPATH": f"{folder / 'src'}:{folder}"}

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

    def make(self, *modules: str) -> None:
        """Run recipes that write documents."""
        for module in modules:
            done = self._run("python", "-m", module)
            assert done.returncode == 0, done.stdout + done.stderr

    def tidy(self) -> None:
        """Let the formatter have its way: `just fix`."""
        for arguments in (("check", "--fix", "--quiet", "."), ("format", "--quiet", ".")):
            self._run("ruff", *arguments)

    def check(self) -> str:
        """Run `just check`'s commands, and return what the first one that fails says; nothing if all is green."""
        commands = (
            ("ruff", "check", "."),
            ("ruff", "format", "--check", "."),
            ("basedpyright",),
            ("lint-imports",),
            ("pytest", "-q", "-p", "no:cacheprovider"),
        )
        done = (self._run(*command) for command in commands)
        return next((f"{one.stdout}\n{one.stderr}" for one in done if one.returncode), "")

    def promises(self) -> str:
        """Run the promises alone, and return what they say."""
        return self._run("pytest", "-q", "-p", "no:cacheprovider", "tests/test_promises.py").stdout

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self._bin / program), *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self._variables, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default answers, baked, with the environment that their own lock gives."""
    project = bake(tmp_path_factory.mktemp("changed"))
    subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=environment(), check=True)
    return project


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
    assert "The diagram of statuses in README.md is not what the code says: run `uv run just contracts`." in (
        repository.promises()
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
    assert undeclared in repository.promises()
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
        "tests/test_handlers.py",
        "\n\ndef test_too_large_a_payment_is_refused_and_counted(functions: Functions, capsys: pytest.CaptureFixture[str]):\n"
        '    large = {"idempotency_key": "key-9", "payload": {**VALUES, "amount": "1000001"}}\n'
        '    assert functions.invoke(register_payment, large)["error"]["code"] == "payment-too-large"\n'
        '    assert \'"reason":"payment-too-large"\' in capsys.readouterr().out.replace(" ", "")\n',
    )
    repository.replace(
        "tests/test_handlers.py",
        "from bounded_context.testing import Samples\n",
        "import pytest\nfrom bounded_context.testing import Samples\n",
    )
    assert "docs/api/openapi.json is not what the code says: run `uv run just openapi`." in repository.promises()
    repository.make(OPENAPI)
    document = (repository.folder / "docs/api/openapi.json").read_text()
    assert "Nobody pays so much at once (`payment-too-large`)" in document


FIELDS = "    note: Text | None = None\n    fee: Amount | None = None\n    priority: WholeNumber = 0\n"


def a_field(repository: Repository) -> None:
    """It has a default in what is stored, sent and told, since what was written before has none; it takes two edits."""
    line = "    payer: Text\n"
    repository.replace(MODEL, line, f"{line}    note: Text\n")
    without = (
        "note is missing in item REGISTERED, item VERIFIED, answer, part of released/0.1.0.json: give it a default"
    )
    assert without in repository.promises()
    repository.replace(MODEL, f"{line}    note: Text\n", line)
    repository.replace(MODEL, "Identifier, Text\n", "Identifier, Text, WholeNumber\n")
    repository.replace(MODEL, line, line + FIELDS)
    lacking = "PaymentData has no 'note', which events carry: write it in src/payment/events.py as in PaymentDetails."
    assert lacking in repository.promises()
    repository.replace(EVENTS, "Identifier, Text\n", "Identifier, Text, WholeNumber\n")
    repository.replace(EVENTS, line, line + FIELDS)
    missing = repository.promises()
    assert lacking not in missing
    assert "run `uv run just contracts`" in missing
    repository.make(CONTRACTS, OPENAPI)
    assert '"PaymentRegistered": "1.1"' in (repository.folder / EVENTS).read_text()
    assert '"note": ' in (repository.folder / "released/0.1.0.json").read_text()


def a_command(repository: Repository) -> None:
    """Each piece that is still missing is named in a sentence."""
    repository.add(
        COMMANDS,
        '\n\nclass SettlePayment(Change):\n    """Move the payment to SETTLED."""\n\n    payment_id: Identifier\n',
    )
    repository.replace(MODEL, '    VERIFIED = "VERIFIED"\n', '    VERIFIED = "VERIFIED"\n    SETTLED = "SETTLED"\n')
    repository.add(
        RULES,
        "\n\ndef settle_payment(command: SettlePayment, payments: Aggregates[Payment]) -> Payment:\n"
        '    """Move the payment to SETTLED."""\n'
        "    changed = expected(command, payments).moved_to(Status.SETTLED)\n"
        "    payments.save(changed)\n    return changed\n",
    )
    for file in (RULES, CONTEXT):
        repository.replace(file, "from .commands import ", "from .commands import SettlePayment, ")
    declared = '        Command.deletes(DeletePayment, "PaymentDeleted", after=tuple(Status)),\n'
    repository.replace(
        CONTEXT,
        declared,
        '        Command.changes(SettlePayment, Status.SETTLED, "PaymentSettled", after=(Status.VERIFIED,)),\n'
        + declared,
    )
    assert "versions lacks PaymentSettled" in repository.promises()
    repository.replace(
        EVENTS, '    "PaymentDeleted": "1.0",\n', '    "PaymentDeleted": "1.0",\n    "PaymentSettled": "1.0",\n'
    )
    missing = repository.promises()
    assert (
        "SettlePayment has no entry point: write src/payment/handlers/settle_payment.py with `lambda_handler ="
        in missing
    )
    assert "run `uv run just contracts`" in missing
    other = (repository.folder / "src/payment/handlers/verify_payment.py").read_text()
    repository.write(
        "src/payment/handlers/settle_payment.py",
        other.replace("VerifyPayment", "SettlePayment").replace("verify_payment", "settle_payment"),
    )
    repository.make(CONTRACTS, OPENAPI)
    assert "    is_VERIFIED --> is_SETTLED: SettlePayment\n" in (repository.folder / "README.md").read_text()


def a_subscriber(repository: Repository) -> None:
    """A name in the context: it has a queue with dead letters and alarms, and stands in the document."""
    repository.replace(CONTEXT, 'subscribers=("bi", "frontend")', 'subscribers=("bi", "frontend", "ledger")')
    repository.make(CONTRACTS)
    assert "events-ledger" in (repository.folder / "events/asyncapi.json").read_text()


def a_resource_with_a_function(repository: Repository) -> None:
    """Plain resources stand beside components; a module that no line deploys is named."""
    repository.write(
        "src/payment/handlers/remind.py",
        '"""Remind: writes to payers."""\n\nfrom typing import Any\n\n\n'
        "def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:\n"
        '    """Take anything; answer the same."""\n    return event\n',
    )
    assert "No function deploys src/payment/handlers/remind.py: add 'remind' to FUNCTIONS" in repository.promises()
    repository.replace(
        FUNCTIONS,
        '    "on_event": ON_EVENT,\n',
        '    "on_event": ON_EVENT,\n'
        '    "remind": Preset(timeout=30, memory=256, variables=("TABLE_NAME", "LETTERS_URL"), items=("GetItem",)),\n',
    )
    repository.replace(MAIN, "    Workflow,\n)\n", "    Workflow,\n    allow,\n)\nfrom pulumi_aws import sqs\n")
    repository.replace(
        MAIN,
        "functions = Functions(stack, FUNCTIONS, table=table, fanout=fanout, inbound=inbound, inbox=inbox, workflow=IMPORT)\n",
        LETTERS,
    )
    assert "The queue letters has no dead letters" in repository.promises()
    for old, new in KEPT:
        repository.replace(MAIN, old, new)


LETTERS = """\
letters = sqs.Queue("letters", name=stack.labels.name("letters"), kms_master_key_id=stack.key.arn, tags=stack.labels.tags)
functions = Functions(
    stack,
    FUNCTIONS,
    table=table,
    fanout=fanout,
    inbound=inbound,
    inbox=inbox,
    workflow=IMPORT,
    values={"LETTERS_URL": letters.url},
)
functions["remind"].permit("letters", allow(["sqs:SendMessage"], letters.arn))
"""

KEPT = (
    ("from pulumi_aws import sqs\n", "from pulumi_aws import cloudwatch, sqs\n"),
    ("from pathlib import Path\n", "import json\nfrom pathlib import Path\n"),
    (
        "letters = sqs.Queue(",
        'lost = sqs.Queue("lost-letters", name=stack.labels.name("lost-letters"), kms_master_key_id=stack.key.arn)\n'
        "letters = sqs.Queue(",
    ),
    (
        "tags=stack.labels.tags)\n",
        "tags=stack.labels.tags,\n"
        '    redrive_policy=lost.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})))\n'
        "for queue in (lost, letters):\n"
        '    sqs.QueuePolicy(f"{queue._name}-policy", queue_url=queue.url, policy=queue.arn.apply(only_tls))\n'
        'cloudwatch.MetricAlarm("lost-letters", name=stack.labels.alarm("lost-letters"), namespace="AWS/SQS",\n'
        '    metric_name="ApproximateNumberOfMessagesVisible", dimensions={"QueueName": lost.name}, statistic="Maximum",\n'
        '    period=60, evaluation_periods=1, threshold=0, comparison_operator="GreaterThanThreshold",\n'
        '    alarm_description="Letters were lost. Runbook: docs/operations.md", alarm_actions=[stack.warnings.arn])\n',
    ),
    (
        "stack = Stack(PAYMENT)",
        "\ndef only_tls(arn: str) -> str:\n"
        '    """Refuse plain HTTP."""\n'
        '    refused = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}\n'
        '    condition = {"Bool": {"aws:SecureTransport": "false"}}\n'
        '    return json.dumps({"Version": "2012-10-17", "Statement": [refused | {"Condition": condition}]})\n\n\n'
        "stack = Stack(PAYMENT)",
    ),
)
"""What keeps the promises for the queue: dead letters, an alarm on them, no plain HTTP."""


def a_check_of_a_step(repository: Repository) -> None:
    """Rows that the context's own check rejects join the report."""
    repository.replace(STEP, "        aws.not_taken(PAYMENT),\n", "        aws.not_taken(PAYMENT),\n        payable,\n")
    repository.add(
        STEP,
        "\n\ndef payable(rows: list[StagedRow], _list_id: str) -> list[Rejection]:\n"
        '    """Reject what nobody pays."""\n'
        '    return [Rejection(row.line, "payer", "nobody", Fault.VALUE) for row in rows if row.values["payer"] == "nobody"]\n',
    )
    repository.replace(
        STEP,
        "from bounded_context.lists import RowsCheck, Step\n",
        "from bounded_context.lists import Fault, Rejection, RowsCheck, StagedRow, Step\n",
    )
    repository.add(
        "tests/test_list.py",
        "\n\ndef test_a_row_that_nobody_pays_is_rejected():\n"
        '    rows = [*ROWS, samples.values(30, payer="nobody")]\n'
        "    run = run_list(PAYMENT, rows, checks=[payable])\n"
        '    assert [one["reason"] for one in run.report] == ["nobody"]\n',
    )
    repository.replace(
        "tests/test_list.py",
        "from payment.context import PAYMENT\n",
        "from payment.context import PAYMENT\nfrom payment.handlers.verify_subscription import payable\n",
    )


def a_state_of_the_workflow(repository: Repository) -> None:
    """One that leads nowhere is named."""
    repository.replace(
        ASL,
        '    "NothingToDo": {"Type": "Succeed"},\n',
        '    "NothingToDo": {"Type": "Succeed"},\n    "WaitForOthers": {"Type": "Wait", "Seconds": 60, "Next": "Import"},\n',
    )
    repository.replace(
        ASL, '"StringEquals": "VERIFIED", "Next": "ImportList"', '"StringEquals": "VERIFIED", "Next": "WaitForOthers"'
    )
    assert "The state WaitForOthers of list-import goes to Import, which is no state" in repository.promises()
    repository.replace(ASL, '"Next": "Import"}', '"Next": "ImportList"}')


def a_threshold(repository: Repository) -> None:
    """In the file of one stack."""
    repository.replace(
        "infra/service/Pulumi.prod.yaml", "config:\n", "config:\n  payment:thresholds:\n    rejected_lists: 9\n"
    )


def a_component_of_its_own(repository: Repository) -> None:
    """A copy of the library's file works as it is, and from then on it is the team's."""
    source = (repository.library / "infra" / "components" / "schedule.py").read_text(encoding="utf-8")
    repository.write("infra/service/schedule.py", source)
    repository.replace(MAIN, "    Schedule,\n", "")
    repository.replace(
        MAIN, "from functions import FUNCTIONS\n", "from functions import FUNCTIONS\nfrom schedule import Schedule\n"
    )


def a_major_version(repository: Repository) -> None:
    """Both are published, each is held; taken back in one file."""
    repository.replace(EVENTS, "    due_date: Day\n", '    due_date: str = Field(description="when it is due")\n')
    assert 'write "2.0" for it in src/payment/events.py, and publish this one beside it' in repository.promises()
    for event in ("Registered", "Verified", "Deleted"):
        repository.replace(EVENTS, f'    "Payment{event}": "1.0",\n', f'    "Payment{event}": "2.0",\n')
    assert "PaymentRegistered 2.0 would be published alone, and its subscribers read 1.0" in repository.promises()
    repository.add(EVENTS, EVENTS_1)
    repository.replace(EVENTS, "from typing import Final", "from typing import Any, Final")
    repository.replace(EVENTS, "import Amount, Currency", "import Amount, Beside, Currency")
    repository.replace(CONTEXT, "import VERSIONS,", "import BESIDE, VERSIONS,")
    repository.replace(CONTEXT, "    versions=VERSIONS,\n", "    versions=VERSIONS,\n    beside=BESIDE,\n")
    repository.make(CONTRACTS)
    assert {"1.0.json", "2.0.json"} == {path.name for path in (repository.folder / "events/PaymentVerified").iterdir()}
    repository.tidy()
    assert repository.check() == ""
    repository.replace(CONTEXT, "    beside=BESIDE,\n", "")
    repository.make(CONTRACTS)
    assert "PaymentVerified/1.0.json" not in (repository.folder / "events/asyncapi.json").read_text()


EVENTS_1 = '''

class PaymentData1(EventData):
    """The payment after the change; one that was removed, as it was before."""

    payment_id: Identifier
    subscription_id: Text
    amount: Amount
    currency: Currency
    due_date: Day
    payer: Text
    status: str = Field(description="where it stands; there may be others one day", examples=list(Status))
    version: int = Field(ge=1, description="counts its changes from 1")
    list_id: str | None = Field(description="the list that brought it; null if it came alone")


def as_1(data: dict[str, Any]) -> dict[str, Any]:
    """Say as 1.x what is said now."""
    return data


BESIDE: Final = Beside(
    data=PaymentData1,
    versions={"PaymentRegistered": "1.0", "PaymentVerified": "1.0", "PaymentDeleted": "1.0"},
    made=as_1,
)
'''


BY_LIST = '    queried_by=("list",),\n'


def an_index(repository: Repository) -> None:
    """Many are asked for by their status too."""
    repository.replace(CONTEXT, BY_LIST, '    queried_by=("list", "status"),\n')
    repository.make(OPENAPI)
    assert "those in a status" in (repository.folder / "docs/api/openapi.json").read_text()


def no_query_for_many(repository: Repository) -> None:
    """Without an index there is none: what is left of it is named."""
    repository.replace(CONTEXT, BY_LIST, "    queried_by=(),\n")
    assert "The table has no index to query: name list or status in queried_by" in repository.promises()
    repository.replace(FUNCTIONS, "    PAYMENT.list_function: LIST,\n", "")
    repository.replace(FUNCTIONS, "    LIST,\n", "")
    (repository.folder / "src/payment/handlers/list_payments.py").unlink()
    assert "GET /payments is gone, and callers by docs/api/openapi.json of 0.1.0 rely on it" in repository.promises()
    repository.replace("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    repository.make(CONTRACTS, OPENAPI)


CHANGES: tuple[Callable[[Repository], None], ...] = (
    a_rule,
    a_transition,
    a_refusal_of_its_own,
    a_field,
    a_command,
    a_subscriber,
    a_major_version,
    a_resource_with_a_function,
    a_check_of_a_step,
    a_state_of_the_workflow,
    a_threshold,
    an_index,
    no_query_for_many,
    a_component_of_its_own,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_team_changes(change: Callable[[Repository], None], repository: Repository) -> None:
    """And its repository's own check is green."""
    change(repository)
    repository.tidy()
    assert repository.check() == ""
