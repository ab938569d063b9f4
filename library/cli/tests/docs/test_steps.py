"""What a page has a team write is read off its blocks of code."""

from pathlib import Path

import pytest

from bounded_context_cli.docs import DocumentedStep, steps

SECTION = """\
## A thing

```python
# src/loan/thing.py
LOAN = "Loan"
```

```python
# src/loan/list.py, after first,
    "second",
# src/loan/list.py, instead of third,
    "fourth",
```

```sh
echo loan
```
"""


def test_blocks_that_name_a_file_are_steps_in_the_readers_context() -> None:
    """A block without a file is read by people."""
    assert list(steps(SECTION, "order")) == [
        DocumentedStep("src/order/thing.py", "", "", 'ORDER = "Order"\n'),
        DocumentedStep("src/order/list.py", "after", "first,", '    "second",\n'),
        DocumentedStep("src/order/list.py", "instead of", "third,", '    "fourth",\n'),
    ]


def test_lines_follow_the_named_line(tmp_path: Path) -> None:
    """And nothing else changes."""
    (tmp_path / "list.py").write_text("[\n    first,\n    third,\n]\n")
    DocumentedStep("list.py", "after", "first,", "    second,\n").follow(tmp_path)
    assert (tmp_path / "list.py").read_text() == "[\n    first,\n    second,\n    third,\n]\n"


def test_a_line_gives_way_to_others(tmp_path: Path) -> None:
    """As it stands."""
    (tmp_path / "list.py").write_text("[\n    first,\n    third,\n]\n")
    DocumentedStep("list.py", "instead of", "first,", "    second,\n").follow(tmp_path)
    assert (tmp_path / "list.py").read_text() == "[\n    second,\n    third,\n]\n"


@pytest.mark.parametrize("text", ["", "first,\nfirst,\n"])
def test_a_place_that_is_not_there_once_is_no_place(tmp_path: Path, text: str) -> None:
    """The page is out of date, and says so."""
    (tmp_path / "list.py").write_text(text)
    with pytest.raises(ValueError, match=r"list\.py has 'first,' in"):
        DocumentedStep("list.py", "after", "first,", "second,\n").follow(tmp_path)


def test_a_new_file_is_new(tmp_path: Path) -> None:
    """A team's own is never overwritten."""
    (tmp_path / "list.py").write_text("ours\n")
    with pytest.raises(ValueError, match=r"list.py already exists"):
        DocumentedStep("list.py", "", "", "theirs\n").follow(tmp_path)
