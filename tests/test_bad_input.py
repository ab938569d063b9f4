"""Errors at the right place: each cause is one item with file, line and remedy, in at most 15 lines.

Faults that another fault hides are printed when that is repaired. A check changes no file of the repository.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bounded_context_infra.configuration.project import VARIABLE

PROGRAM = str(Path(sys.executable).with_name("context"))
MOST_LINES = 15

CONTEXT, WORKFLOW = "src/payment/context.py", "workflow/list_import.asl.json"
DEV, PROD, STAGING = (f"infra/service/Pulumi.{stack}.yaml" for stack in ("dev", "prod", "staging"))
PIPELINE, SERVICE = "infra/pipeline/Pulumi.main.yaml", "infra/service/__main__.py"
USE_CASES, COMMANDS = "src/payment/use_cases.py", "src/payment/commands.py"
OTHER = "src/vat_return/context.py"
AGAIN = 'fanout = Fanout("fanout", stack)\nagain = Table("table", stack)'
TYPE = ("    payments.remove(current)\n    return current\n", "    payments.remove(current)\n    return payments\n")
FORTY = '"""\n\n' + "".join(f"import os as x{number}\n" for number in range(40))

Edit = tuple[str, str, str]


class Case(NamedTuple):
    """Faults in a repository: edits, the items of the check, and the items after the first edit is undone.

    An item is the beginning with its place, and a part of its remedy behind a bar.
    """

    edits: tuple[Edit, ...]
    items: tuple[str, ...]
    then: tuple[str, ...] = ()
    repository: str = "payment"
    command: tuple[str, ...] = ("check",)
    status: int = 1


ISSUE = {
    "a missing comma in the workflow": Case(
        ((WORKFLOW, '"Type": "Task",', '"Type": "Task"'),), (f"{WORKFLOW}:7: |',' delimiter: correct this line",)
    ),
    "a misspelt event of a command": Case(
        ((CONTEXT, '"PaymentVerified"', '"PaymentVerifed"'),), (f"{CONTEXT}:17: |: write PaymentVerified, or",)
    ),
    "a misspelt event of a version": Case(
        ((CONTEXT, "api=True,", 'api=True,\n    versions={"PaymentVerifed": "1.0"},'),),
        (f"{CONTEXT}:26: |: write PaymentVerified, or remove it.",),
    ),
    "a subscriber twice": Case(
        ((CONTEXT, '("bi", "frontend")', '("bi", "frontend", "bi")'),), (f"{CONTEXT}:24: |twice: name each once.",)
    ),
    "a misspelt first state": Case(
        ((WORKFLOW, '"StartAt": "', '"StartAt": "X'),), (f"{WORKFLOW}:3: |: write RegisterList.",)
    ),
    "a misspelt state": Case(
        ((WORKFLOW, '"Next": "ImportList"', '"Next": "ImportLst"'),), (f"{WORKFLOW}:119: |: write ImportList.",)
    ),
    "a misspelt setting": Case(
        ((DEV, "  payment:alarms", "  payment:alarm_emial: a@example.org\n  payment:alarms"),),
        (f"{DEV}:9: nothing reads alarm_emial|: write alarms, or remove it.",),
    ),
    "a misspelt setting of the pipeline": Case(
        ((PIPELINE, "config:", "config:\n  payment-pipeline:polices: []"),),
        (f"{PIPELINE}:3: nothing reads polices|: write policies, or remove it.",),
    ),
    "two resources with one URN": Case(
        ((SERVICE, 'fanout = Fanout("fanout", stack)', AGAIN),),
        (f"{SERVICE}:25: |{SERVICE}:23: give one another name",),
    ),
    "two resources with one URN in a run": Case(
        ((SERVICE, 'fanout = Fanout("fanout", stack)', AGAIN),),
        (f"{SERVICE}:25: |{SERVICE}:23: give one another name",),
        command=("run", "--deploy-only"),
    ),
}
"""The symptoms that were reported."""

MORE = {
    "no Python, and no JSON": Case(
        ((USE_CASES, "def ", "df "), ("events/asyncapi.json", '"asyncapi":', '"asyncapi"')),
        (f"{USE_CASES}:9: |correct this line", "events/asyncapi.json:2: |correct this line"),
    ),
    "no TOML, and no Python": Case(
        (("pyproject.toml", "[project]", "[project"), (USE_CASES, "def ", "df ")),
        ("pyproject.toml:1: |correct this line",),
        (f"{USE_CASES}:9: |",),
        status=2,
    ),
    "no context is named": Case(
        (("pyproject.toml", '\ncontext = "', '\ncontxt = "'),), ("pyproject.toml: |write context = ",)
    ),
    "a misspelt module, and a setting": Case(
        (
            ("pyproject.toml", "payment.context:PAYMENT", "payment.contxt:PAYMENT"),
            (PROD, "protect: true", "protect: no!"),
        ),
        ("pyproject.toml:44: |payment.contxt",),
        (f"{PROD}:7: |write true or false",),
    ),
    "a misspelt constant": Case(
        (("pyproject.toml", "payment.context:PAYMENT", "payment.context:PAYMENTS"),), ("pyproject.toml:44: |PAYMENTS",)
    ),
    "a misspelt import, and a resource": Case(
        (
            (CONTEXT, "DeletePayment, RegisterPayment", "DeletePayment, RegisterPaymnt"),
            (SERVICE, "fanout =", "fanot ="),
        ),
        (f"{CONTEXT}:5: |: write RegisterPayment.",),
        (f"{SERVICE}:27: |: write fanot.",),
    ),
    "a misspelt name": Case(
        ((USE_CASES, "def register", "X = Statuss\n\n\ndef register"),), (f"{USE_CASES}:9: |: write Status.",)
    ),
    "a misspelt status, and a subscriber twice": Case(
        ((CONTEXT, "Status.VERIFIED,", "Status.VERFIED,"), (CONTEXT, '"frontend")', '"bi")')),
        (f"{CONTEXT}:17: |: write VERIFIED.",),
    ),
    "a misspelt field of the declaration": Case(
        ((CONTEXT, "subscribers=", "subscribrs="),), (f"{CONTEXT}:24: |: write subscribers.",)
    ),
    "a status of two commands": Case(
        ((CONTEXT, 'Status.VERIFIED, "PaymentVerified"', 'Status.REGISTERED, "PaymentVerified"'),),
        (f"{CONTEXT}:17: |REGISTERED",),
    ),
    "two unknown names in one declaration": Case(
        ((OTHER, 'queried_by=("list",)', 'queried_by=("lst",)'), (OTHER, '"business_id"', '"busines_id"')),
        (f"{OTHER}:23: |write list, status",),
        (f"{OTHER}:20: |: write business_id, or remove it.",),
        repository="vat_return",
    ),
    "a class without a default": Case(
        (("src/payment/model.py", "    amount:", '    note: Text = ""\n    amount:'),),
        ("src/payment/model.py:21: |write 1 to",),
    ),
    "a tab in YAML, and a setting": Case(
        ((DEV, "config:", "config:\n\t- x"), (PROD, "protect: true", "protect: maybe")),
        (f"{DEV}:3: |correct it", f"{PROD}:7: |write true or false"),
    ),
    "a program's file is no YAML, and a setting": Case(
        (("infra/service/Pulumi.yaml", "runtime:", "runtime: ["), (PROD, "protect: true", "protect: maybe")),
        ("infra/service/Pulumi.yaml:5: |correct this line",),
        (f"{PROD}:7: |",),
    ),
    "GitHub's workflow and the catalogue are no YAML": Case(
        ((".github/workflows/check.yml", "on:", "on: [push pull,"), ("catalog-info.yaml", "metadata:", "metadata: {")),
        (".github/workflows/check.yml:5: |correct this line", "catalog-info.yaml:8: |correct this line"),
    ),
    "released data is no JSON": Case(
        (("released/0.1.0.json", "{", "{,"), (WORKFLOW, '"Type": "Task",', '"Type": "Task"')),
        ("released/0.1.0.json:1: |correct this line", f"{WORKFLOW}:7: |correct this line"),
    ),
    "settings of four stacks": Case(
        (
            (DEV, "log_retention_days: 14", "log_retention_days: 15"),
            (PROD, "protect: true", "protect: maybe"),
            (STAGING, "log_retention_days: 30", "log_retention_days: -1"),
            (PIPELINE, ":environments", ":enviroments"),
        ),
        (
            f"{DEV}:5: |14, 30",
            f"{PROD}:7: |true or false",
            f"{STAGING}:6: |14",
            f"{PIPELINE}:13: |: write environments,",
        ),
        repository="vat_return",
    ),
    "one invalid setting of all stacks": Case(
        tuple((file, "aws:region: eu-west-1", "aws:region: mars-1") for file in (DEV, PROD, STAGING)),
        ("infra/service/Pulumi.dev.yaml:3, Pulumi.prod.yaml:3, Pulumi.staging.yaml:3: aws:region |write a region",),
    ),
    "a misspelt member": Case(
        ((DEV, "queue_age_minutes", "queue_age_minuts"),), (f"{DEV}:10: |queue_age_minutes",), repository="vat_return"
    ),
    "a misspelt event of a filter": Case(
        ((DEV, "config:", "config:\n  payment:filters:\n    bi: [PaymentVerifed]"),), (f"{DEV}:4: |PaymentVerified",)
    ),
    "a misspelt member of another context's events": Case(
        ((DEV, "config:", "config:\n  payment:consumes:\n    policy:\n      topic: /x\n      created_bi: [A]"),),
        (f"{DEV}:4: |created_by",),
    ),
    "a name of an environment is missing": Case(
        ((PIPELINE, "name: staging", "nam: staging"),), (f"{PIPELINE}:13: |a map of name,",)
    ),
    "a setting of the account": Case(
        (("infra/account/Pulumi.main.yaml", "workflows", "workflow"),),
        ("infra/account/Pulumi.main.yaml:6: |workflows",),
    ),
    "a state without a type, and a misspelt target": Case(
        (
            (WORKFLOW, '"Type": "Task",\n      "Comment"', '"Typ": "Task",\n      "Comment"'),
            (WORKFLOW, '"ImportList"', '"ImportLst"'),
        ),
        (f"{WORKFLOW}:119: |: write ImportList.", f"{WORKFLOW}:6: |has no Type: write"),
    ),
    "a misspelt function of the workflow": Case(
        ((WORKFLOW, "${register_list_arn}", "${register_lst_arn}"),), (f"{WORKFLOW}:11: |(write register_list_arn)",)
    ),
    "a misspelt function of the program": Case(
        ((SERVICE, 'live["relay_events"]', 'live["relay_event"]'),),
        (f"{SERVICE}:31: |'relay_event': write relay_events.",),
        repository="vat_return",
    ),
    "a misspelt name of the program, and no style": Case(
        ((SERVICE, "inbound.feed(live", "inbond.feed(live"), (OTHER, '"""\n\n', '"""\n\nimport os\n')),
        (f"{SERVICE}:33: |: write inbound.",),
        (f"{OTHER}:3: |context fix", f"{OTHER}:3: |context fix"),
        repository="vat_return",
    ),
    "git's conflicts in two files": Case(
        ((OTHER, "    queried_by=", "<<<<<<< HEAD\n    queried_by="), (DEV, "config:", "<<<<<<< HEAD\nconfig:")),
        (f"{OTHER}:23: |git has left a conflict",),
        (f"{DEV}:",),
        repository="vat_return",
    ),
    "a circular import": Case(
        (("src/vat_return/model.py", "from ", "from .context import VAT_RETURN\nfrom "),),
        ("src/vat_return/model.py:3: |circular import",),
        repository="vat_return",
    ),
    "steps that are no table": Case(
        (("pyproject.toml", "[tool.bounded-context]\n", '[tool.bounded-context]\ncheck = "x"\n'),),
        ("pyproject.toml: |write NAME",),
        status=2,
    ),
    "a renamed field": Case(
        (("src/payment/model.py", "amount:", "amounts:"),), ('src/payment/model.py:21: |Renamed("amount")',)
    ),
    "a removed field": Case(
        (("src/payment/model.py", "    currency: Currency\n", ""),),
        ("src/payment/model.py:6: |context fix", "src/payment/model.py:16: currency is gone|give it a default first"),
    ),
    "a field of another type": Case(
        (("src/payment/model.py", "due_date: Day", "due_date: Amount"),),
        ("src/payment/model.py:6: |context fix", "src/payment/model.py:23: due_date|keep the field"),
    ),
    "a new field that is required": Case(
        (("src/payment/model.py", "    amount:", "    note: Text\n    amount:"),),
        ("src/payment/model.py:21: |give it a default",),
    ),
    "a misspelt attribute of a command": Case(
        ((USE_CASES, "created = ", "command.amuont  # noqa: B018\n    created = "),),
        (f"{USE_CASES}:16: |write amount",),
    ),
    "a misspelt region, and a setting": Case(
        ((DEV, "region: eu-west-1", "region: eu-wset-1"), (PROD, "protect: true", "protect: maybe")),
        (f"{DEV}:3: |write eu-west-1", f"{PROD}:7: |write true or false"),
    ),
    "a renamed command": Case(
        ((COMMANDS, "class VerifyPayment", "class VerifyPayments"),), (f"{CONTEXT}:5: |: write VerifyPayments.",)
    ),
    "a tuple without its comma": Case(
        ((CONTEXT, 'subscribers=("bi", "frontend")', 'subscribers=("billing")'),),
        (f"{CONTEXT}:24: |write ('billing',), with a comma",),
    ),
    "a setting twice, and a value": Case(
        (
            (DEV, "  payment:alarms", "  payment:alarms: all\n  payment:alarms"),
            (PROD, "protect: true", "protect: maybe"),
        ),
        (f"{DEV}:10: |twice", f"{PROD}:7: |write true or false"),
    ),
    "a misspelt config": Case(((DEV, "config:", "conifg:"),), (f"{DEV}: |write config",)),
    "a misspelt name of the region": Case(((DEV, "aws:region", "aws:regoin"),), (f"{DEV}:3: |write aws:region",)),
    "a required setting in the plural, and one without a namespace": Case(
        ((PROD, "payment:sftp", "payments:sftp"), (DEV, "payment:alarms: ", "alarms: x")),
        (f"{DEV}:9: alarms is 'xcritical'|write ", f"{PROD}:4: |write payment:sftp"),
    ),
    "style, a type and a test": Case(
        ((COMMANDS, '"""\n\n', '"""\n\nimport os\n'), (USE_CASES, *TYPE)),
        (f"{COMMANDS}:3: |", f"{COMMANDS}:3: |", f"{USE_CASES}:40: |bad-return", "tests/test_rules.py:76: |"),
    ),
}
"""Other bad input, in two repositories, often with several errors at once."""

CASES = {**ISSUE, **MORE}
OFTEN = ("a missing comma in the workflow", "a misspelt event of a version", "a subscriber twice", "a misspelt setting")
NIGHTLY = (pytest.mark.e2e, pytest.mark.nightly)
EACH = [
    pytest.param(case, marks=pytest.mark.slow if name in OFTEN else NIGHTLY, id=name) for name, case in CASES.items()
]


@pytest.fixture(scope="module")
def repositories(
    baked: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Path]]:
    """Copies of the default answers with their own workflow, and of another context, each with a first commit."""
    known: dict[str, Path] = {}

    def repository(name: str) -> Path:
        if name not in known:
            known[name] = shutil.copytree(baked(name), tmp_path_factory.mktemp("repositories") / name)
            if name == "payment":
                assert _context(known[name], "eject", "workflow").returncode == 0
            git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org")
            for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "First")):
                subprocess.run([*git, *command], cwd=known[name], check=True)
        return known[name]

    yield repository


def _context(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": "src", VARIABLE: str(root)}
    return subprocess.run([PROGRAM, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", EACH)
def test_each_cause_is_one_item_with_its_place(case: Case, repositories: Callable[[str], Path]) -> None:
    """In at most 15 lines. A hidden fault is printed after the repair of the first, and no file is changed."""
    root = repositories(case.repository)
    git: dict[str, Any] = {"cwd": root, "capture_output": True, "text": True, "check": True}
    try:
        for file, old, new in case.edits:
            text = (root / file).read_text(encoding="utf-8")
            assert old in text, (file, old)
            (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        changes = subprocess.run(["git", "diff"], **git).stdout
        _assert_items(_context(root, *case.command), case.items, case.status)
        if case.then:
            file, old, new = case.edits[0]
            text = (root / file).read_text(encoding="utf-8")
            (root / file).write_text(text.replace(new, old, 1), encoding="utf-8")
            _assert_items(_context(root, *case.command), case.then, 1)
            (root / file).write_text(text, encoding="utf-8")
        assert subprocess.run(["git", "diff"], **git).stdout == changes
        assert "??" not in subprocess.run(["git", "status", "--porcelain"], **git).stdout
    finally:
        subprocess.run(["git", "checkout", "-q", "."], **git)
        subprocess.run(["git", "clean", "-fdq"], **git)


def _assert_items(ended: "subprocess.CompletedProcess[str]", items: tuple[str, ...], status: int) -> None:
    """Each item begins with its place and has its remedy. There is no other item, and no traceback."""
    output = ended.stdout + ended.stderr
    assert ended.returncode == status, output
    assert "Traceback" not in output
    lines = output.splitlines()
    reported = [match[1] for line in lines if (match := re.match(r"(?: *\d+\. |Error: )(.*)", line))]
    numbered = [line for line in lines if re.match(r" *\d+\. | {4}", line)]
    assert len(numbered) <= MOST_LINES, output
    assert len(reported) == len(items), output
    for line, item in zip(reported, items, strict=True):
        place, _, remedy = item.partition("|")
        assert line.startswith(place), output
        assert remedy in line, output


@pytest.mark.e2e
@pytest.mark.nightly
def test_many_faults_have_a_limit_and_hide_no_step(repositories: Callable[[str], Path]) -> None:
    """The first faults of each step are in the list, which names the number of all."""
    root = repositories("payment")
    for file, (old, new) in {COMMANDS: ('"""\n\n', FORTY), USE_CASES: TYPE}.items():
        text = (root / file).read_text(encoding="utf-8")
        (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        first, *lines = _context(root, "check").stdout.partition(" to do:\n")[2].splitlines()
    finally:
        subprocess.run(["git", "checkout", "-q", "."], cwd=root, check=True)
    assert first.startswith(f" 1. {COMMANDS}:3: ")
    assert f" 2. {USE_CASES}:40: " in lines[0]
    assert any(re.match(r" {4}and \d+ more, which the next check prints\.", line) for line in lines)
    assert len([line for line in lines if not line.startswith("`")]) < MOST_LINES
