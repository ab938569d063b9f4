"""`context cost`: what it prints, and what it refuses."""

import json
from unittest.mock import patch

import pytest

from bounded_context_cli.programs.recording import Program
from bounded_context_cli.views.cost import prices
from tests.console import context
from tests.infra.graph import run

from .small import graph, node


def test_the_json_of_a_stack_has_three_sums_and_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON: three sums and their lines, and nothing else."""
    assert context("cost", "dev", "--json") == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert list(document) == ["idle_month", "per_million", "storage_month", "lines"]
    for part in ("idle_month", "per_million", "storage_month"):
        assert document[part] == pytest.approx(
            sum(line["usd"] for line in document["lines"] if line["part"] == part), abs=0.001
        )
    for line in document["lines"]:
        assert set(line) == {"part", "what", "quantity", "unit", "unit_price", "usd"}
        assert line["usd"] == pytest.approx(line["quantity"] * line["unit_price"], abs=0.0001)
    assert printed.err == ""


def test_the_text_of_a_stack_names_region_date_and_omissions(capsys: pytest.CaptureFixture[str]) -> None:
    """With the region and the day of its prices, and what is left out."""
    assert context("cost", "prod") == 0
    said = capsys.readouterr().out
    assert f"list prices of {prices().region} as of {prices().date}" in said
    assert "SFTP endpoint" in said
    assert "Not counted: " in said


@pytest.mark.slow
def test_without_a_name_all_stacks_on_aws_are_estimated(capsys: pytest.CaptureFixture[str]) -> None:
    """The one that runs on this machine costs nothing."""
    assert context("cost", "--json") == 0
    assert list(json.loads(capsys.readouterr().out)) == ["dev", "prod", "staging"]
    assert context("cost") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[:4]] == ["stack", "dev", "prod", "staging"]


def test_a_stack_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence."""
    assert context("cost", "moon") == 2
    printed = capsys.readouterr()
    assert "moon" in printed.err
    assert "dev, local, prod" in printed.err
    assert printed.out == ""


def test_resources_without_a_price_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the estimate, and by the exit status."""
    more = graph(*run("dev").nodes, node("elasticache/serverlessCache"))
    with patch.object(Program, "graph", return_value=more):
        assert context("cost", "dev", "--json") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["idle_month"] > 0
    assert printed.err.startswith("elasticache/serverlessCache one ")


def test_a_stack_without_an_import_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A team may leave out what it will; then nobody can say what a list costs."""
    less = graph(*(resource for resource in run("dev").nodes if resource.kind != "sfn/stateMachine"))
    with patch.object(Program, "graph", return_value=less):
        assert context("cost", "dev") == 2
    assert "map that imports" in capsys.readouterr().err
