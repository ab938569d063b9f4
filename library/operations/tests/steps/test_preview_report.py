"""What a preview says: a report, and one line for the person who approves."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bounded_context_operations.release.plan import Case, Change, cases, changes, summary, write

TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"


def step(operation: str, kind: str, name: str) -> dict[str, str]:
    """One step of a preview."""
    return {"op": operation, "urn": f"urn:pulumi:prod::project::project:infra:Part${kind}::{name}"}


def test_a_preview_is_summarized_in_one_line() -> None:
    """Halves of a replacement, and what stays the same, are not counted."""
    steps = [
        step("same", TABLE, "table"),
        step("create", FUNCTION, "one"),
        step("create", FUNCTION, "two"),
        step("update", FUNCTION, "three"),
        step("create-replacement", FUNCTION, "four"),
        step("replace", FUNCTION, "four"),
        step("delete-replaced", FUNCTION, "four"),
    ]
    planned_changes = changes({"steps": steps})
    assert summary(planned_changes) == "2 to create, 1 to update, 1 to replace, 0 to delete"
    assert [str(change) for change in planned_changes][-1] == f"replace four ({FUNCTION})"


@pytest.mark.parametrize("operation", ["replace", "delete"])
def test_lost_data_is_in_the_summary_and_fails_the_report(operation: str) -> None:
    """Who approves cannot overlook it."""
    planned_changes = changes({"steps": [step(operation, TABLE, "table"), step(operation, FUNCTION, "list")]})
    assert f"DATA IS LOST: {operation} table ({TABLE})" in summary(planned_changes)
    assert [bool(case.failure) for case in cases(planned_changes)] == [True, False]


def test_a_line_always_fits_the_approval() -> None:
    """CodePipeline takes 1,000 characters, whatever is lost."""
    many = [Change("delete", TABLE, f"table-{number}") for number in range(100)]
    assert len(summary(many)) < 800


def test_a_preview_without_changes_has_a_report_too() -> None:
    """CodeBuild does not take an empty one."""
    assert cases(changes({"steps": [step("same", TABLE, "table")]})) == [Case("preview", "nothing changes")]


def test_a_report_is_junit(tmp_path: Path) -> None:
    """As CodeBuild reads it, whatever a name holds."""
    write(tmp_path / "made" / "report.xml", "suite", [Case("a", "b<&>"), Case("a", "c", "because")])
    root = ElementTree.parse(tmp_path / "made" / "report.xml").getroot()  # noqa: S314 (written above)
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuite", "2", "1")
    assert [(case.get("name"), case.find("failure") is None) for case in root] == [("b<&>", True), ("c", False)]
