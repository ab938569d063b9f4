"""Names of any length and letter leave the generated code in style."""

import keyword
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from template.style import fitted, imported, sorting_imports, tupled

NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,30}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))
NAMES = st.lists(NAME, min_size=1, max_size=12, unique=True)


def ruff(*arguments: str, source: str) -> str:
    """What ruff makes of a source."""
    command = [sys.executable, "-m", "ruff", *arguments, "--line-length=120", "--isolated", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


@given(NAMES)
@example(["A1", "A010", "A0", "A10", "A00", "A01"])
@settings(max_examples=25)
def test_imports_are_in_the_order_of_the_linter(names: list[str]) -> None:
    """Constants, classes, functions, and within each by the letters whatever their case."""
    line = imported(f"from ..domain.model import {', '.join(names)}\n")
    assert ruff("check", "--select=I", "--fix", "--quiet", source=line) == line


@pytest.mark.slow
@given(NAME, NAMES, NAME)
@settings(max_examples=25, deadline=None)
def test_signatures_and_calls_are_as_the_formatter_writes_them(name: str, arguments: list[str], kind: str) -> None:
    """On one line, on one within the brackets, or one argument a line."""
    signature = f"def {name}({', '.join(arguments)}) -> {kind}:\n"
    assert ruff("format", source=fitted(signature) + "    pass\n") == fitted(signature) + "    pass\n"
    call = f"    {name}.{name}({', '.join(arguments)}),\n"
    assert ruff("format", source=f"x = [\n{fitted(call)}]\n") == f"x = [\n{fitted(call)}]\n"


@given(NAMES)
@settings(max_examples=25, deadline=None)
def test_tuples_of_a_call_are_as_the_formatter_writes_them(names: list[str]) -> None:
    """One a line if they do not fit."""
    source = f"f(\n{fitted(f'    names={tupled(names)},')}\n    of=1,\n)\n".replace("\n\n", "\n")
    assert ruff("format", source=source) == source


@pytest.mark.parametrize(
    "line", ["from .model import Status\n", "from .model import (\n    <<name>>,\n)\n", "# from a import <<name>>\n"]
)
def test_only_imports_of_derived_names_are_sorted(line: str) -> None:
    """Everything else is the same whatever the answers are."""
    assert sorting_imports(line) == line


def test_a_sorted_import_keeps_its_lines() -> None:
    """The template's blocks take the line break after them away."""
    source = "import a\nfrom b import <<name>>, c\n\nd = 1\n"
    filtered = "import a\n<% filter imported %>\nfrom b import <<name>>, c\n<% endfilter %>\n\nd = 1\n"
    assert sorting_imports(source) == filtered
