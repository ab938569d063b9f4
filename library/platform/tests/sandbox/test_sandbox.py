"""A sandbox of one's own: made, shown and destroyed, and never somebody else's."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from bounded_context_cli.programs.recording import service
from bounded_context_platform.temporary_stacks.stack import TemporaryStack
from tests.sandbox.conftest import ANNA, Sandbox
from tests.smoke_account.conftest import Cli, Place

Capture = pytest.CaptureFixture[str]


def settings(place: Place, stack: str = "sandbox-mine") -> dict[str, object]:
    """The stack's settings, without the context's name."""
    config = yaml.safe_load((place.project.service / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {name.rpartition(":")[2]: value for name, value in config.items()}


def test_a_sandbox_has_the_settings_of_dev_without_sftp_and_alarms(
    sandbox: Sandbox, place: Place, cli: Cli, capsys: Capture
) -> None:
    """The output has its end, the place for files and the address of its API."""
    place.set(
        sftp="dedicated",
        sftp_host_name="a.example.org",
        part_rows=777,
        partners={"acme": {"public_keys": []}},
        protect=True,
        backup="vault",
    )
    assert sandbox("up", "mine") == 0
    config = settings(place)
    assert {name: config[name] for name in ("sftp", "alarms", "protect", "part_rows", "owner")} == {
        "sftp": "none",
        "alarms": "none",
        "protect": False,
        "part_rows": 777,
        "owner": ANNA,
    }
    assert not {"partners", "sftp_host_name", "backup"} & config.keys()
    assert cli.tags("sandbox-mine") == {"owner": ANNA, "expires": config["expires"]}
    assert [call for call in cli.calls if call not in ("stack ls", "stack tag")] == [
        "stack init",
        "up --yes",
        "stack output",
    ]
    said = capsys.readouterr().out
    assert re.search(r"^sandbox-mine .* 20\d\d-\d\d-\d\d \d\d:\d\d UTC\.$", said, re.MULTILINE)
    assert "s3://context-sandbox-anna-inbox/incoming/" in said
    assert "https://api.example.org" in said


def test_the_program_accepts_the_settings_of_a_sandbox(sandbox: Sandbox, place: Place) -> None:
    """And all that it makes says whose it is. Nothing of it is left after its destruction, such as a layer version."""
    assert sandbox("up", "mine") == 0
    program = service()
    file = yaml.safe_load((place.project.service / "Pulumi.sandbox-mine.yaml").read_text())["config"]
    config = {name: value if isinstance(value, str) else json.dumps(value) for name, value in file.items()}
    graph = program.run_with("sandbox-mine", config)
    assert {node.inputs["tags"]["owner"] for node in graph.nodes if "tags" in node.inputs} == {ANNA}
    assert not [kind for kind in ("transfer/server", "cloudwatch/metricAlarm") if graph.of(kind)]
    remaining = [n.name for n in graph.nodes if n.protect or n.retain_on_delete or n.inputs.get("skipDestroy")]
    assert remaining == []


@pytest.mark.parametrize(("hours", "options"), [(24, []), (2, ["--hours", "2"])])
def test_it_expires_after_some_hours(hours: int, options: list[str], sandbox: Sandbox, cli: Cli) -> None:
    """From now on."""
    before = datetime.now(UTC).replace(microsecond=0)
    assert sandbox("up", "mine", *options) == 0
    until = datetime.fromisoformat(cli.tags("sandbox-mine")["expires"])
    assert before <= until - timedelta(hours=hours) <= datetime.now(UTC)


def test_an_existing_sandbox_is_deployed_again_and_extended(sandbox: Sandbox, place: Place, cli: Cli) -> None:
    """Also from another machine, where there is no file of it: its secrets are those of dev."""
    assert sandbox("up", "mine", "--hours", "1") == 0
    early = cli.tags("sandbox-mine")["expires"]
    place.file.with_name("Pulumi.sandbox-mine.yaml").unlink()
    dev = place.project.service / "Pulumi.dev.yaml"
    dev.write_text(yaml.safe_dump({"secretsprovider": "awskms://alias/x"} | yaml.safe_load(dev.read_text())))
    assert sandbox("up", "mine") == 0
    assert cli.tags("sandbox-mine")["expires"] > early
    assert cli.calls.count("stack init") == 1
    assert "awskms://alias/x" in (place.project.service / "Pulumi.sandbox-mine.yaml").read_text()


def test_a_sandbox_of_another_owner_is_not_changed(sandbox: Sandbox, cli: Cli, capsys: Capture) -> None:
    """It is neither deployed nor destroyed. The error names its owner and the caller."""
    cli.has("dev", "sandbox-mine")
    cli.tag("sandbox-mine", owner="ben@example.org", expires="2026-01-01T00:00:00Z")
    assert (sandbox("up", "mine"), sandbox("down", "mine")) == (2, 2)
    error = capsys.readouterr().err
    assert [error.count(named) for named in ("stack sandbox-mine", "ben@example.org's", ANNA)] == [2, 2, 2]
    assert set(cli.calls) == {"stack ls", "stack tag"}


@pytest.mark.parametrize("name", ["Mine", "a_b", "-a", "a--b", "../x", "", "x" * 21, "dev/.."])
def test_a_name_that_cannot_be_part_of_a_stack_name_is_refused(
    name: str, sandbox: Sandbox, cli: Cli, capsys: Capture
) -> None:
    """Pulumi is not called. The error has the name."""
    assert sandbox("up", "--", name) == 2
    assert f"{name!r} " in capsys.readouterr().err
    assert cli.calls == []


@pytest.mark.parametrize("hours", ["0", "169", "two", "-1"])
def test_hours_are_from_one_to_a_week(hours: str, sandbox: Sandbox, capsys: Capture) -> None:
    """The error has the text and the range. Stacks of the repository last longer."""
    assert sandbox("up", "mine", f"--hours={hours}") == 2
    error = capsys.readouterr().err
    assert (f"{hours!r} " in error, "from 1 to 168" in error) == (True, True)


@pytest.mark.parametrize("arguments", [["up", "mine"], ["down", "mine"], ["list"], ["sweep"]])
def test_without_pulumi_no_stack_is_changed(
    arguments: list[str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The error names the page that installs it."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert sandbox(*arguments) == 2
    assert "https://www.pulumi.com/docs/install/" in capsys.readouterr().err


def test_a_sandbox_that_could_not_be_deployed_stays_with_its_error(sandbox: Sandbox, cli: Cli, capsys: Capture) -> None:
    """To be fixed, or destroyed."""
    cli.fails("up", "error: bucket limit reached\n")
    assert sandbox("up", "mine") == 1
    assert "pulumi up failed: error: bucket limit reached" in capsys.readouterr().err
    assert "sandbox-mine" in cli.stacks
    assert sandbox("down", "mine") == 0
    assert cli.stacks == ["dev", "prod"]


def test_a_function_whose_traffic_was_not_shifted_is_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The deployed version does not run then."""
    report = {"result": "failed", "functions": [{"name": "list_payments", "why": "rolled back"}]}
    monkeypatch.setattr(TemporaryStack, "release", lambda *_: (1, report))
    assert sandbox("up", "mine") == 1
    assert ": list_payments: rolled back" in capsys.readouterr().err


def test_ctrl_c_ends_with_its_own_status(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Existing resources stay, since their owner may continue."""

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TemporaryStack, "deploy_for", pressed)
    assert sandbox("up", "mine") == 130
    [error] = capsys.readouterr().err.splitlines()
    assert error.startswith("Error: Interrupted: ")


def test_a_destroyed_sandbox_leaves_neither_stack_nor_file(sandbox: Sandbox, place: Place, cli: Cli) -> None:
    """And cannot be destroyed twice."""
    assert (sandbox("up", "mine"), sandbox("down", "mine"), sandbox("down", "mine")) == (0, 0, 2)
    assert cli.stacks == ["dev", "prod"]
    assert not (place.project.service / "Pulumi.sandbox-mine.yaml").exists()


def test_the_list_has_owner_and_expiry_of_each_sandbox(sandbox: Sandbox, cli: Cli, capsys: Capture) -> None:
    """Of sandboxes and preview stacks, and of no stack of the repository."""
    cli.has("dev", "prod", "sandbox-mine", "pr-12", "sandbox-odd", "pr-nine")
    cli.tag("sandbox-mine", owner=ANNA, expires="2126-01-01T00:00:00Z")
    cli.tag("pr-12", owner="ben", expires="2026-01-01T00:00:00Z")
    assert sandbox("list", "--json") == 0
    stacks = {
        stack["stack"]: (stack["owner"], stack["expires"], stack["expired"]) for stack in printed(capsys)["stacks"]
    }
    assert stacks == {
        "pr-12": ("ben", "2026-01-01T00:00:00Z", True),
        "sandbox-mine": (ANNA, "2126-01-01T00:00:00Z", False),
        "sandbox-odd": (None, None, False),
    }
    assert sandbox("list") == 0
    assert re.search(r"pr-12 +ben +until 2026-01-01 00:00 UTC \(over\)", capsys.readouterr().out)


def test_an_empty_list_is_one_line_or_an_empty_list_in_json(sandbox: Sandbox, capsys: Capture) -> None:
    """Both have the exit status 0."""
    assert sandbox("list") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert sandbox("list", "--json") == 0
    assert printed(capsys) == {"stacks": []}


def printed(capsys: Capture) -> dict[str, list[dict[str, object]]]:
    """What was printed, as JSON and nothing else."""
    return json.loads(capsys.readouterr().out)
