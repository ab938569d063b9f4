"""The library derives the data of events: a file that repeats the details leaves the repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from template.library import VERSION
from template.upkeep.migrations import migrate, steps
from template.upkeep.releases import release

from .repository import read
from .test_bakes import copied

EVENTS, MODEL, CONTEXT = (f"src/payment/{name}.py" for name in ("events", "model", "context"))
FIELD = ("    due_date: Day\n", "    due_date: Day\n    note: Text | None = None\n")
PERSONAL = ("    due_date: Day\n", "    due_date: Day\n    note: Annotated[Text, Personal] | None = None\n")


def migrated(bakes: Callable[[str], Path], tmp_path: Path, *edits: tuple[str, tuple[str, str]]) -> dict[str, str]:
    """Return the files of an edited repository of 0.4.0 after all steps."""
    bake, folder = copied(bakes("0.4.0"), tmp_path / "bake"), copied(bakes("0.4.0"), tmp_path / "team")
    for path, (old, new) in edits:
        content = (folder / path).read_text(encoding="utf-8")
        assert content.count(old) == 1
        (folder / path).write_text(content.replace(old, new), encoding="utf-8")
    migrate(steps(release("0.4.0"), release(VERSION)), bake, folder)
    return read(folder)


@pytest.mark.parametrize(
    "edits",
    [
        (),
        ((MODEL, FIELD), (EVENTS, FIELD)),
        ((MODEL, PERSONAL), (EVENTS, FIELD)),
        ((MODEL, ('    VERIFIED = "VERIFIED"\n', '    VERIFIED = "VERIFIED"\n    PAID = "PAID"\n')),),
    ],
    ids=["as it was baked", "a field", "a personal field", "a status"],
)
def test_a_file_that_repeats_the_details_leaves(
    bakes: Callable[[str], Path], tmp_path: Path, edits: tuple[tuple[str, tuple[str, str]], ...]
) -> None:
    """And the declaration does not name it."""
    files = migrated(bakes, tmp_path, *edits)
    assert EVENTS not in files
    assert "events" not in files["pyproject.toml"].partition("[tool.importlinter]")[2]
    assert files[CONTEXT] == read(copied(bakes(VERSION), tmp_path / "today"))[CONTEXT]


@pytest.mark.parametrize(
    "edits",
    [
        ((EVENTS, ("    due_date: Day\n", '    due_date: Day = Field(description="by then")\n')),),
        ((EVENTS, FIELD),),
        ((MODEL, FIELD),),
        ((EVENTS, ('"""The payment after the change, or', '"""The payment, or')),),
        (("tests/test_rules.py", ("import pytest\n", "import pytest\n\nfrom payment.events import PaymentData\n")),),
    ],
    ids=["a description", "a field of the events", "a field of the details", "a text", "another import"],
)
def test_a_file_with_more_stays(
    bakes: Callable[[str], Path], tmp_path: Path, edits: tuple[tuple[str, tuple[str, str]], ...]
) -> None:
    """And the declaration names it."""
    files = migrated(bakes, tmp_path, *edits)
    assert EVENTS in files
    assert '"commands | events"' in files["pyproject.toml"]
    assert "    data=PaymentData,\n" in files[CONTEXT]
