"""The page's table is the output of the command."""

import os
import re
from typing import Final

import pytest

from bounded_context_cli.docs import FOLDER
from tests.console import context

PAGE: Final = FOLDER / "capacity.md"
BLOCK: Final = re.compile(r"(?<=```text\n).*?(?=```)", re.DOTALL)
AGAIN: Final = "renew the table with `WRITE_CAPACITY=1 uv run pytest -n 0 library/lab/tests/capacity/test_page.py`"


def test_the_page_has_the_output_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert context("capacity", "prod") == 0
    printed, page = capsys.readouterr().out, PAGE.read_text(encoding="utf-8")
    if os.environ.get("WRITE_CAPACITY"):
        page = BLOCK.sub(lambda _: printed, page, count=1)
        PAGE.write_text(page, encoding="utf-8")
    assert BLOCK.findall(page) == [printed], AGAIN
