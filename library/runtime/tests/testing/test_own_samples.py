"""Samples that rules accept: the day of a test, and the repository's own values."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import pytest
from payment.commands import RegisterPayment
from payment.context import PAYMENT
from payment.model import Payment
from payment.use_cases import register_payment

from bounded_context import Aggregates, BadContext, BusinessError, today
from bounded_context.testing import Samples, on
from bounded_context_cli.promises import Repository
from bounded_context_cli.promises.code import rules_accept_samples
from bounded_context_infra.configuration.project import Project, current
from bounded_context_local.run.execution import _rejected_samples
from bounded_context_local.running.context import Rows, RunResult
from bounded_context_local.sample_lists import Samples as Lists
from tests.contexts import ORDER

OWN = """
def payment(number):
    return {"due_date": f"2030-01-{number % 28 + 1:02d}"}
"""
LATE = {"due_date": "2030-01-02"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository with own samples of payments."""
    tools = '[tool.bounded-context]\ncontext = "payment.context:PAYMENT"\nsamples = "own_samples:payment"\n'
    (tmp_path / "pyproject.toml").write_text(tools)
    (tmp_path / "own_samples.py").write_text(OWN)
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("own_samples", None)


def test_a_test_sets_the_day() -> None:
    """Until its block ends, also within another one."""
    with on(date(2030, 1, 1)):
        with on(date(2031, 1, 1)):
            assert today() == date(2031, 1, 1)
        assert today() == date(2030, 1, 1)
    assert abs((today() - datetime.now(UTC).date()).days) <= 1


@pytest.mark.usefixtures("repository")
def test_own_values_replace_generated_ones() -> None:
    """In samples of tests and in lists, by column; a test's own change comes last."""
    assert Samples(PAYMENT).values(1)["due_date"] == LATE["due_date"]
    assert Samples(PAYMENT).values(1, due_date="2031-01-01")["due_date"] == "2031-01-01"
    [row] = Lists(PAYMENT).rows(1)
    assert dict(zip(Lists(PAYMENT).columns, row, strict=True))["due_date"] == LATE["due_date"]
    assert Samples(ORDER).values(1)["wanted_on"] != LATE["due_date"]


class TooEarly(BusinessError):
    """Refuses a day before 2030."""

    code = "too-early"


def register_later(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """Create the payment, which is due in 2030 or later. Raises TooEarly."""
    if command.due_date < date(2030, 1, 1):
        raise TooEarly("it is due before 2030")
    return register_payment(command, payments)


def register_by_name(command: RegisterPayment, payments: Aggregates[Payment]) -> Payment:
    """Fail for each name that a table of names lacks."""
    raise ValueError(command.payer)


def _where(root: Path, rule: Any = register_later) -> Repository:
    create, *others = PAYMENT.commands
    project = Project(root, {})
    project.__dict__["context"] = replace(PAYMENT, commands=(replace(create, rule=rule), *others))
    return Repository(project)


def test_a_rule_that_refuses_samples_breaks_the_promise() -> None:
    """The sentence has the place of the rule, the code and the remedy. Samples of a good rule keep the promise."""
    [sentence] = rules_accept_samples(_where(Path(__file__).parent))
    line = register_later.__code__.co_firstlineno
    assert sentence.startswith(f"test_own_samples.py:{line}: register_later refuses the sample 1 (too-early): ")
    assert list(rules_accept_samples(Repository(current()))) == []


def test_a_rule_that_fails_for_samples_breaks_the_promise() -> None:
    """It would reject rows that nobody can correct."""
    [sentence] = rules_accept_samples(_where(Path(__file__).parent, register_by_name))
    line = register_by_name.__code__.co_firstlineno
    assert sentence.startswith(f"test_own_samples.py:{line}: register_by_name refuses the sample 1 (rule-failed): ")


def test_own_samples_keep_the_promise(repository: Path) -> None:
    """Those that the rule refuses break it: the sentence then has their place."""
    assert list(rules_accept_samples(_where(repository))) == []
    (repository / "own_samples.py").write_text(f"{OWN.replace('2030', '2029')}\n")
    sys.modules.pop("own_samples", None)
    invalidate_caches()
    [sentence] = rules_accept_samples(_where(repository))
    assert sentence.startswith("own_samples.py:2: ")


def test_a_run_with_rejected_samples_fails() -> None:
    """With the number of rows, and the page of the remedy."""
    result = partial(RunResult, events={}, outcome="IMPORTED", own_event="", not_emulated=[], adapted=[])
    assert _rejected_samples(result(Rows(uploaded=9, valid=9, rejected=0, imported=9))) == []
    [problem] = _rejected_samples(result(Rows(uploaded=9, valid=7, rejected=2, imported=7)))
    assert "2 rows" in problem
    assert "samples-that-your-rules-accept" in problem


def test_a_missing_function_is_named(repository: Path) -> None:
    """With the file and the form."""
    (repository / "own_samples.py").write_text("")
    with pytest.raises(BadContext, match=r"pyproject\.toml: samples: .*payment"):
        Samples(PAYMENT).values(1)
