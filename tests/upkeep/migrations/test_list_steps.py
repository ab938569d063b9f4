"""The steps of lists become functions of one module, with the team's edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from template.upkeep.errors import CannotTell

from .repository import applied

HANDLERS, STEPS = "src/loan/handlers", "src/loan/list_steps.py"
CONTEXT = {"src/loan/context.py": "LOAN = 1\n"}
IMPORT = '''"""ImportList."""

from bounded_context.handlers import ListSettings, PartEvent, step
from bounded_context.lists import Step

from ..bootstrap import list_import
from ..context import LOAN


@step(LOAN, list_import, settings=ListSettings)
def lambda_handler(event: PartEvent, _settings: ListSettings) -> Step:
    """Write one part."""
    return list_import().import_part(event.list_id, event.part)
'''
VERIFY = '''"""VerifyLoan."""

from bounded_context import aws
from bounded_context.handlers import StepEvent, VerificationSettings, step
from bounded_context.lists import RowsCheck, Step

from ..bootstrap import list_import
from ..context import LOAN


def checks() -> list[RowsCheck]:
    """Return the checks."""
    return [aws.known(LOAN, "credit_line_id"), aws.not_taken(LOAN)]


@step(LOAN, list_import, checks, settings=VerificationSettings)
def lambda_handler(event: StepEvent, settings: VerificationSettings) -> Step:
    """Check."""
    return list_import().verify(event.list_id, settings.tolerated_share, checks())
'''


def test_the_templates_steps_become_the_new_versions(tmp_path: Path) -> None:
    """In the order of the workflow, without unused parameters, and with the new docstrings."""
    modules = {f"{HANDLERS}/import_list.py": IMPORT, f"{HANDLERS}/verify_loan.py": VERIFY}
    files, notes = applied("list_steps", tmp_path, {**CONTEXT, **modules}, {**CONTEXT, **modules})
    assert (set(files), notes) == ({*CONTEXT, STEPS}, [])
    assert (
        files[STEPS]
        == '''"""The steps of the list workflow, in their order. Each is a Lambda function, which may run again after a failure."""

from bounded_context import aws
from bounded_context.handlers import PartEvent, VerificationEvent, VerificationSettings, step
from bounded_context.lists import ListImport, RowsCheck, Step

from .context import LOAN


def checks() -> list[RowsCheck]:
    """Return the checks of rows: a known credit line, a new identity, and the business rule."""
    return [
        aws.known(LOAN, "credit_line_id"),
        aws.not_taken(LOAN),
        aws.obeys(LOAN),
    ]


@step(LOAN, VerificationEvent, VerificationSettings, needs=(checks,))
def verify_loan(event: VerificationEvent, settings: VerificationSettings, steps: ListImport) -> Step:
    """Check the rows of a part. Parts are checked in parallel. Without a part, decide whether the list is imported."""
    if event.part:
        return steps.verify_part(event.list_id, event.part, checks())
    return steps.verify(event.list_id, settings.tolerated_share, checks(), event.outcome)


@step(LOAN, PartEvent)
def import_list(event: PartEvent, steps: ListImport) -> Step:
    """Import a part of a list. Parts are imported in parallel."""
    return steps.import_part(event.list_id, event.part)
'''
    )


def test_nothing_that_the_team_wrote_is_lost(tmp_path: Path) -> None:
    """Its docstrings, comments, functions, imports and decorators."""
    own = (
        IMPORT.replace('"""ImportList."""', '# top\n"""Ours, in two\nlines."""')
        .replace(
            "from bounded_context.handlers", "import os\nfrom datetime import date\n\nfrom bounded_context.handlers"
        )
        .replace(
            '"""Write one part."""', '"""Write one part, as we do."""\n    # inside\n    print(os.name, _settings)'
        )
        .replace("\n\n@step(LOAN", "\n\nLIMIT = date.today()\n\n\n# above\n@ours(LIMIT)\n@step(LOAN")
        .replace("from ..context import LOAN", "from ..context import LOAN\nfrom .helper import ours")
    ) + "# bottom\n"
    files, _ = applied(
        "list_steps",
        tmp_path,
        {**CONTEXT, f"{HANDLERS}/import_list.py": own},
        {**CONTEXT, f"{HANDLERS}/import_list.py": IMPORT},
    )
    steps = files[STEPS]
    for part in (
        *("import os\n", "from datetime import date\n", "from .helper import ours\n", "LIMIT = date.today()\n"),
        *("# top\n", "# Ours, in two\n# lines.", "# above\n@ours(LIMIT)\n", "# bottom\n"),
        '    """Write one part, as we do."""\n    # inside\n    print(os.name, _settings)\n',
        "@step(LOAN, PartEvent, ListSettings)\n",
        "def import_list(event: PartEvent, _settings: ListSettings, steps: ListImport) -> Step:\n",
    ):
        assert part in steps


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "[aws.known(LOAN, 'x'), own, aws.not_taken(LOAN), other]",
            "[\n        aws.known(LOAN, 'x'),\n        own,\n        aws.not_taken(LOAN),\n        aws.obeys(LOAN),\n        other,\n    ]",
        ),
        ("[aws.obeys(LOAN, RegisterLoan, register_loan)]", "[aws.obeys(LOAN)]"),
        ("[\n        aws.not_taken(LOAN),\n    ]", "[\n        aws.not_taken(LOAN),\n        aws.obeys(LOAN),\n    ]"),
        (
            "[\n        aws.not_taken(LOAN),  # why\n    ]",
            "[\n        aws.not_taken(LOAN),\n        aws.obeys(LOAN),  # why\n    ]",
        ),
        ("[own]", "[own]"),
    ],
)
def test_the_business_rule_is_one_of_the_checks(tmp_path: Path, before: str, after: str) -> None:
    """After the library's other checks; a list without these is the team's."""
    own = VERIFY.replace('[aws.known(LOAN, "credit_line_id"), aws.not_taken(LOAN)]', before)
    files, _ = applied("list_steps", tmp_path, {**CONTEXT, f"{HANDLERS}/verify_loan.py": own})
    assert f"    return {after}\n" in files[STEPS]


def test_two_definitions_of_a_name_are_an_error(tmp_path: Path) -> None:
    """In one module, the second would replace the first."""
    own = {f"{HANDLERS}/{name}.py": f"{code}\n\nLIMIT = 1\n" for name, code in (("a", IMPORT), ("b", VERIFY))}
    with pytest.raises(CannotTell, match=r"handlers/b\.py and src/loan/handlers/a\.py become one module.*LIMIT"):
        applied("list_steps", tmp_path, {**CONTEXT, **own})


def test_a_file_keeps_its_line_ends(tmp_path: Path) -> None:
    """The new module has those of the first step."""
    own = {f"{HANDLERS}/import_list.py": IMPORT.replace("\n", "\r\n")}
    files, _ = applied("list_steps", tmp_path, {**CONTEXT, **own})
    assert files[STEPS].count("\r\n") == files[STEPS].count("\n")


def test_a_long_signature_is_broken_as_ruff_breaks_it(tmp_path: Path) -> None:
    """The name of a verification may be long."""
    name = "verify_the_identity_of_the_customer_of_the_account"
    files, _ = applied("list_steps", tmp_path, {**CONTEXT, f"{HANDLERS}/{name}.py": VERIFY})
    assert (
        f"def {name}(\n    event: VerificationEvent, settings: VerificationSettings, steps: ListImport\n) -> Step:\n"
    ) in files[STEPS]


def test_a_verification_with_statements_of_its_own_stays_one_call(tmp_path: Path) -> None:
    """The library verifies all parts in a call without a part, as before."""
    own = VERIFY.replace('    """Check."""\n', '    """Check."""\n    print(event.list_id)\n')
    files, _ = applied("list_steps", tmp_path, {**CONTEXT, f"{HANDLERS}/verify_loan.py": own}, CONTEXT)
    assert "def verify_loan(event: StepEvent, " in files[STEPS]
    assert "verify_part" not in files[STEPS]
