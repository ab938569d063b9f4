"""What the check says of what its steps found."""

from pathlib import Path

import pytest

from bounded_context.tools.check.steps import place

OUTPUTS = {
    "src/payment/model.py:3:1: F401 [*] `os` imported but unused": "src/payment/model.py:3",
    "Would reformat: src/payment/model.py": "src/payment/model.py",
    "ERROR src/payment/model.py:24:12-13: Returned type `int` [bad-return]": "src/payment/model.py:24",
    "payment.model is not allowed to import boto3:\n\n-   payment.model -> boto3 (l.5)": "src/payment/model.py:5",
    ".venv/lib/click.py:9: in call\nFAILED tests/test_rules.py::test_paid - assert 1 == 2": "tests/test_rules.py",
    "error: unexpected argument": "see below",
}
"""What a tool writes, and where that is."""


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_first_red_line_names_the_file(output: str, tmp_path: Path) -> None:
    """Whichever tool found it; a file of a package in the environment is not meant."""
    for name in ("src/payment/model.py", "tests/test_rules.py", ".venv/lib/click.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert place(tmp_path, output) == OUTPUTS[output]
