"""Pages have the names of the repository that prints them."""

import re
import shutil
from pathlib import Path

import pytest

from bounded_context_cli import docs
from bounded_context_cli.docs.names import Names
from bounded_context_infra.configuration import project
from tests.console import context

PAYMENT, RETURN, PERSON = (
    Names("payment", "payments", "Payment"),
    Names("vat_return", "vat_returns", "VATReturn"),
    Names("person", "people", "Person"),
)
EMPLOYEE = Names("employee", "employees", "Employee")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The declaration of the current repository, in a folder of its own."""
    root = project.current().root
    (tmp_path / "src" / "payment").mkdir(parents=True)
    shutil.copy(root / "pyproject.toml", tmp_path)
    shutil.copy(root / "src" / "payment" / "context.py", tmp_path / "src" / "payment")
    monkeypatch.chdir(tmp_path / "src")
    return tmp_path


@pytest.mark.parametrize(
    ("names", "text", "printed"),
    [
        (RETURN, "`src/loan/model.py` and `LOAN`", "`src/vat_return/model.py` and `VAT_RETURN`"),
        (RETURN, "A loan has loans. Loans are `Loan`s.", "A VAT return has VAT returns. VAT returns are `VATReturn`s."),
        (RETURN, "RegisterLoan asks", "RegisterVATReturn asks"),
        (RETURN, "`POST /loans/{loan_id}/approve`", "`POST /vat-returns/{vat_return_id}/approve`"),
        (RETURN, "`loan:sftp` `loan-pipeline:branch`", "`vat_return:sftp` `vat_return-pipeline:branch`"),
        (RETURN, "`loan-too-large` `loan-dev-*`", "`vat-return-too-large` `vat-return-dev-*`"),
        (RETURN, "`https://loans.example.org`", "`https://vat-returns.example.org`"),
        (PERSON, "`delete_loans(loans)` `/loans` loans", "`delete_people(people)` `/people` people"),
        (EMPLOYEE, "a loan. A loan", "an employee. An employee"),
        (
            RETURN,
            '```python\n"""Delete a loan."""\nloan = 1\n```\n',
            '```python\n"""Delete a VAT return."""\nvat_return = 1\n```\n',
        ),
        (RETURN, "`payment-dev-table` of payments-team", "`vat-return-dev-table` of payments-team"),
        (RETURN, "a payment system for `loan`", "a payment system for `vat_return`"),
        (RETURN, "`demo --contexts subscription,payment`", "`demo --contexts subscription,payment`"),
    ],
)
def test_the_names_replace_the_names_of_the_example(names: Names, text: str, printed: str) -> None:
    """In code as identifiers, in sentences as words."""
    assert names.applied(text) == printed


@pytest.mark.parametrize("names", [PAYMENT, RETURN, PERSON], ids=lambda names: names.singular)
@pytest.mark.parametrize("page", docs.pages())
def test_no_page_keeps_a_name_of_the_example(page: str, names: Names) -> None:
    """Its headings, tables and blocks stay."""
    raw, printed = docs.page(page), docs.page(page, names=names)
    assert re.findall("loan", printed, re.IGNORECASE) == []
    assert [line.count("|") for line in raw.splitlines()] == [line.count("|") for line in printed.splitlines()]


def test_a_repository_prints_its_names(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page, a section and the results of a search, from any folder of the repository."""
    assert Names.of(Path.cwd()) == PAYMENT
    assert context("docs", "changing", "a-field") == 0
    assert "# src/payment/model.py, after payer" in capsys.readouterr().out
    assert context("docs", "registered", "payment", "src/payment") == 0
    assert "`src/payment`" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["PAYMENT = Context(", "PAYMENT = Context(name=NAME)", None])
def test_a_declaration_that_cannot_be_read_leaves_the_example(text: str | None, repository: Path) -> None:
    """The pages help to repair it. No code of the repository runs."""
    path = repository / "src" / "payment" / "context.py"
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert Names.of(repository) is None


def test_outside_a_repository_the_pages_have_the_example(tmp_path: Path) -> None:
    """As the site."""
    assert Names.of(tmp_path) is None
