"""What is over is destroyed, by a job that nobody looks at: so what is left makes it red."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_platform.temporary_stacks.kinds import Services, as_tag
from bounded_context_platform.temporary_stacks.sandbox import Swept, sweep_stacks
from bounded_context_platform.temporary_stacks.stack import TemporaryStack
from tests.sandbox.conftest import Sandbox
from tests.smoke_account.conftest import Cli, Place

PAST, FUTURE = "2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def stacks(cli: Cli) -> None:
    """A sandbox and a preview stack past their time, and one of each that are not."""
    cli.has("dev", "prod", "sandbox-old", "sandbox-new", "pr-7", "pr-8")
    for stack, expires in {"sandbox-old": PAST, "sandbox-new": FUTURE, "pr-7": PAST, "pr-8": FUTURE}.items():
        cli.tag(stack, owner="ben", expires=expires)


def test_an_expired_stack_is_destroyed(sandbox: Sandbox, cli: Cli, capsys: Capture) -> None:
    """Its owner does not matter. All other stacks stay, also the stacks of the repository."""
    assert sandbox("sweep") == 0
    assert cli.stacks == ["dev", "prod", "sandbox-new", "pr-8"]
    said = capsys.readouterr()
    assert re.search(r"✓ sandbox-old destroyed: .*ben's until 2026-01-01 00:00 UTC", said.out)
    assert "sandbox-new kept: ben's until 2126-01-01 00:00 UTC" in said.out
    assert "CLOSED" in said.err


def test_the_stack_of_a_closed_request_is_destroyed(
    sandbox: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The workflow that should have done it may have failed, or waited for somebody."""
    monkeypatch.setenv("CLOSED", "[5, 8]")
    assert sandbox("sweep", "pr") == 0
    assert cli.stacks == ["dev", "prod", "sandbox-old", "sandbox-new"]
    assert "✓ pr-8 destroyed: pull request 8 is closed" in capsys.readouterr().out


@pytest.mark.parametrize("closed", ["[]", "[5, 18]", ""])
def test_the_stack_of_an_open_request_stays(
    sandbox: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: Capture, closed: str
) -> None:
    """Without a list, too, which is reported. An expired stack is destroyed."""
    monkeypatch.setenv("CLOSED", closed)
    assert sandbox("sweep", "pr") == 0
    assert cli.stacks == ["dev", "prod", "sandbox-old", "sandbox-new", "pr-8"]
    assert ("CLOSED" in capsys.readouterr().err) == (not closed)


@pytest.mark.parametrize("closed", ["8", "[8", "[8]; rm", '["8"]', "[-8]", "[8.0]"])
def test_an_invalid_list_sweeps_no_stack(
    sandbox: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: Capture, closed: str
) -> None:
    """The sentence names the variable and the command that writes it."""
    monkeypatch.setenv("CLOSED", closed)
    assert sandbox("sweep") == 2
    assert re.search(r"CLOSED .*`context pull-request closed`", capsys.readouterr().err)
    assert len(cli.stacks) == 6


def test_a_failed_destruction_fails_the_sweep_and_the_rest_is_destroyed(
    sandbox: Sandbox, cli: Cli, capsys: Capture
) -> None:
    """And what comes after it is destroyed all the same."""
    cli.fails("destroy", "error: BucketNotEmpty\n")
    assert sandbox("sweep") == 1
    said = capsys.readouterr().out
    assert "✗ pr-7 failed: pulumi destroy failed: error: BucketNotEmpty" in said
    assert "✗ sandbox-old failed: pulumi destroy failed" in said
    assert "pulumi stack rm --yes --cwd" in said


def test_a_stack_without_an_expiry_fails_the_sweep_and_stays(sandbox: Sandbox, cli: Cli, capsys: Capture) -> None:
    """This command did not create it. The reason names the missing tag."""
    cli.tag("sandbox-old", owner="ben")
    assert sandbox("sweep", "sandbox") == 1
    assert re.search(r"✗ sandbox-old failed: .*`expires`", capsys.readouterr().out)
    assert "sandbox-old" in cli.stacks


def test_an_unreadable_stack_does_not_stop_the_sweep(sandbox: Sandbox, cli: Cli, capsys: Capture) -> None:
    """It makes the sweep red, and the others are swept."""
    (cli.folder / "tags-pr-7.json").write_text("{")
    assert sandbox("sweep") == 1
    assert "✗ pr-7 failed: pulumi stack failed: " in capsys.readouterr().out
    assert cli.stacks == ["dev", "prod", "sandbox-new", "pr-7", "pr-8"]


@pytest.fixture
def swept(place: Place, cli: Cli, aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], list[Swept]]:
    """Return a function that sweeps in a session of some minutes. Each destruction takes 20 minutes of the clock."""
    time, destroy = datetime(2026, 2, 1, tzinfo=UTC), TemporaryStack.destroy
    cli.tag("sandbox-new", owner="ben", expires=PAST)
    cli.tag("pr-8", owner="ben", expires=PAST)

    def slow(stack: TemporaryStack) -> None:
        nonlocal time
        time += timedelta(minutes=20)
        destroy(stack)

    def run(minutes: int | None) -> list[Swept]:
        results = list[Swept]()
        end = None if minutes is None else time + timedelta(minutes=minutes)
        assert sweep_stacks(place.project, ["pr", "sandbox"], lambda: time, end, (), results.append)
        return results

    monkeypatch.setattr(TemporaryStack, "destroy", slow)
    return run


@pytest.mark.parametrize(
    ("minutes", "destroyed"), [(None, 4), (29, 0), (30, 1), (49, 1), (50, 2), (60, 2), (90, 4), (120, 4)]
)
def test_no_destruction_begins_that_the_session_may_not_end(
    swept: Callable[[int | None], list[Swept]], cli: Cli, minutes: int | None, destroyed: int
) -> None:
    """A destruction may take 30 minutes. After the session, it could neither continue nor remove its lock."""
    assert [stack.result for stack in swept(minutes)] == ["destroyed"] * destroyed + ["postponed"] * (4 - destroyed)
    assert len(cli.stacks) == 6 - destroyed


def test_the_next_sweep_destroys_the_postponed_stacks(swept: Callable[[int | None], list[Swept]], cli: Cli) -> None:
    """It has a session of its own."""
    swept(60)
    assert [stack.result for stack in swept(60)] == ["destroyed"] * 2
    assert cli.stacks == ["dev", "prod"]


@pytest.mark.parametrize(("seconds", "remaining"), [("3600", 4), ("1799", 6)])
def test_a_workflow_passes_the_seconds_of_its_session(
    sandbox: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, seconds: str, remaining: int
) -> None:
    """A postponed stack does not fail the sweep."""
    monkeypatch.setenv("SESSION_SECONDS", seconds)
    assert sandbox("sweep") == 0
    assert len(cli.stacks) == remaining


def test_a_session_without_a_number_of_seconds_sweeps_no_stack(
    sandbox: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The sentence names the variable."""
    monkeypatch.setenv("SESSION_SECONDS", "1h")
    assert sandbox("sweep") == 2
    assert "SESSION_SECONDS" in capsys.readouterr().err
    assert len(cli.stacks) == 6


@pytest.mark.parametrize(
    ("name", "tag"), [("anna@example.org", "anna@example.org"), ("dependabot[bot]", "dependabot-bot"), ("é x", "x")]
)
def test_an_owner_becomes_a_valid_tag(name: str, tag: str) -> None:
    """Else AWS would refuse all that the stack is made of."""
    assert as_tag(name) == tag


@pytest.mark.usefixtures("aws")
def test_a_person_is_who_calls_aws() -> None:
    """By the name of the session, or of the user."""
    assert Services("eu-west-1").person() == "moto"


def test_a_name_without_a_letter_or_digit_is_no_owner() -> None:
    """Any person could destroy such a stack. The error has the name."""
    with pytest.raises(Refusal, match=r"^'\[\]' "):
        as_tag("[]")
