"""The screen of the differences from AWS: their number, or each of them."""

import re
import shlex

import pytest

from bounded_context_local.run.screen import RunScreen

LACKING = ["aws:xray/samplingRule:SamplingRule traces"]
ADAPTED = ["function one: no traffic", "function other: no traffic", "api: no throttling"]


def test_a_run_counts_the_differences_from_aws(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, each reason once, with the option that lists them."""
    RunScreen(quiet=False).show_limits(LACKING, ADAPTED)
    assert re.fullmatch(r"3 .*--verbose.*\n", capsys.readouterr().out)


def test_a_verbose_run_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    """With what it concerns."""
    RunScreen(quiet=False, verbose=True).show_limits(LACKING, ADAPTED)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Not emulated: aws:xray/samplingRule:SamplingRule traces",
        "Adapted (one, other): no traffic",
        "Adapted (api): no throttling",
    ]


def test_the_next_command_names_an_existing_row(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list has none."""
    RunScreen(quiet=False).show_more("id-7")
    assert "--trace id-7" in capsys.readouterr().out
    RunScreen(quiet=False).show_more("")
    assert "--trace" not in capsys.readouterr().out


@pytest.mark.parametrize("identity", ["id 7$(touch x)", "id-1`id`", "';id;'", "[bold]7"])
def test_the_next_command_quotes_the_identity_of_a_partner(identity: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A person copies the command into a shell."""
    RunScreen(quiet=False).show_more(identity)
    command = capsys.readouterr().out.partition(": ")[2].partition(" (the path")[0]
    assert shlex.split(command) == ["--trace", identity]


@pytest.mark.parametrize("identity", ["id\x1b[2J", "id\nuv run context erase", "id\u202e7"])
def test_an_identity_that_hides_a_part_of_itself_is_not_proposed(
    identity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    RunScreen(quiet=False).show_more(identity)
    assert "--trace" not in capsys.readouterr().out
