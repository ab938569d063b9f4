"""An invalid setting is reported by its file and line: by the command, by the run, and by the program."""

import re
import shutil
from pathlib import Path

import pytest

from bounded_context_cli.settings import settings
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.project import VARIABLE, current
from tests.console import context
from tests.infra.graph import CONTEXT, run

SERVICE, PIPELINE = "infra/service/Pulumi.dev.yaml", "infra/pipeline/Pulumi.main.yaml"
ACCOUNT = "infra/account/Pulumi.main.yaml"
EVENT, OURS = CONTEXT.events[0], CONTEXT.name

# The file, the line that is replaced or added to, and the new lines: the marked line is to be reported.
PLANTED = {
    "a value": (SERVICE, ":alarms:", f"  {OURS}:alarms: loud #!\n"),
    "a member": (SERVICE, "queue_age_minutes:", "    queue_age_minutes: 0 #!\n"),
    "a filter": (SERVICE, ":alarms:", f"  {OURS}:subscribers: [ab]\n  {OURS}:filters:\n    ab: [{EVENT[:-1]}] #!\n"),
    "a key": (SERVICE, ":sftp:", f"  {OURS}:sftp: none\n  {OURS}:partners:\n    a-b:\n      public_keys: [x] #!\n"),
    "a region": (SERVICE, "aws:region:", "  aws:region: mars-1 #!\n"),
    "a misspelt region": (SERVICE, "aws:region:", "  aws:region: eu-wset-1 #!\n"),
    "a misspelt region of the pipeline": (PIPELINE, "aws:region:", "  aws:regoin: eu-west-1 #!\n"),
    "a misspelt name of the region": (SERVICE, "aws:region:", "  aws:regoin: eu-west-1 #!\n"),
    "a value without a namespace": (SERVICE, ":alarms:", "  alarms: loud #!\n"),
    "a required setting in the plural": (SERVICE, ":sftp:", f"  {CONTEXT.plural}:sftp: public #!\n"),
    "a setting twice": (SERVICE, ":alarms:", f"  {OURS}:alarms: all\n  {OURS}:alarms: critical #!\n"),
    "no YAML": (SERVICE, ":alarms:", "  - ] #!\n"),
    "an environment": (PIPELINE, "- name: staging", "    - name: staging\n      approval: maybe #!\n"),
    "a preview stack": (PIPELINE, ":environments:", f"  {OURS}-pipeline:environments: #!\n    - name: pr-7\n"),
    "a sandbox": (PIPELINE, ":environments:", f"  {OURS}-pipeline:environments: #!\n    - name: sandbox-a\n"),
    "a setting of an account": (ACCOUNT, ":workflows:", f"  {OURS}-account:workflow: [dev] #!\n"),
    "a person": (ACCOUNT, ":workflows:", f"  {OURS}-account:people:\n    redrive: [ada] #!\n"),
    "an id of two": (ACCOUNT, ":workflows:", f"  {OURS}-account:repository: org@1/repository #!\n"),
    "a retention": (PIPELINE, ":log_retention_days:", f"  {OURS}-pipeline:log_retention_days: 91 #!\n"),
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the repository's programs."""
    shutil.copytree(current().root / "infra", tmp_path / "infra")
    shutil.copy(current().root / "pyproject.toml", tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def plant(repository: Path, kind: str) -> str:
    """Write an invalid setting, and return its place."""
    name, line, new = PLANTED[kind]
    lines = (repository / name).read_text().splitlines(keepends=True)
    text = "".join(new if line in old else old for old in lines)
    (repository / name).write_text(text)
    return f"{name}:{next(number for number, line in enumerate(text.splitlines(), 1) if '#!' in line)}"


@pytest.mark.parametrize("kind", PLANTED)
def test_an_invalid_setting_is_reported_once_with_its_file_and_line(
    kind: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = plant(repository, kind)
    assert settings() == 1
    [reported] = capsys.readouterr().err.splitlines()
    assert reported.startswith(f"{place}: ")


def test_each_invalid_value_of_a_stack_is_reported(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once, and a repair of one needs no other run to find the next."""
    for kind in ("a value", "a member"):
        plant(repository, kind)
    lines = (repository / SERVICE).read_text().splitlines()
    places = [f"{SERVICE}:{number}" for number, line in enumerate(lines, 1) if "#!" in line]
    assert settings() == 1
    reported = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(": ")[0] for line in reported) == sorted(places)


@pytest.mark.parametrize("name", ["pr-7", "sandbox-ada"])
@pytest.mark.parametrize("ends", [False, True])
def test_a_stack_with_the_name_of_a_temporary_stack_needs_an_end(
    name: str, ends: bool, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an end it is a permanent stack, and would share roles and sweeps with the temporary stacks."""
    file = repository / f"infra/service/Pulumi.{name}.yaml"
    end = f"\n  {OURS}:expires: '2126-01-01T00:00:00Z'\n" if ends else "\n"
    file.write_text((repository / SERVICE).read_text().replace("\nconfig:\n", f"\nconfig:{end}"))
    assert settings() == int(not ends)
    printed = capsys.readouterr().err
    assert (printed.count("\n"), printed.startswith(f"infra/service/Pulumi.{name}.yaml: ")) == (int(not ends), not ends)


@pytest.mark.parametrize(
    ("lines", "reported"),
    [
        ("workflows: [dev]", True),
        ("workflows: []", False),
        (f"workflows: [dev]\n  {OURS}-account:repository: org@1/repository@2", False),
        (f"workflows: [dev]\n  {OURS}-account:repository: org/repository", False),
    ],
)
def test_workflows_without_the_ids_of_their_repository_are_reported(
    lines: str, reported: bool, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A repository of before 15 July 2026 has no ids in its subjects: its name in the file answers the question."""
    text = (repository / ACCOUNT).read_text()
    (repository / ACCOUNT).write_text(re.sub("workflows: .*", lines, text))
    assert settings() == 0
    assert (f"{ACCOUNT}: repository " in capsys.readouterr().out) == reported


def test_every_stack_with_an_invalid_setting_is_reported(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a line each, and at most 15 lines."""
    assert settings() == 0
    places = [plant(repository, "a value"), plant(repository, "a retention")]
    for number in range(20):
        shutil.copy(repository / SERVICE, repository / SERVICE.replace("dev", f"dev-{number}"))
    assert settings() == 1
    reported = capsys.readouterr().err.splitlines()
    assert reported[0].startswith(f"{places[0]}: ")
    assert len(reported) <= 15


def test_an_unknown_member_of_a_stacks_file_is_reported(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without its settings, each setting would be the default."""
    file = repository / SERVICE
    file.write_text(file.read_text().replace("config:", "conifg:"))
    assert settings() == 1
    [reported] = capsys.readouterr().err.splitlines()
    assert (reported.startswith(f"{SERVICE}: "), "write config" in reported) == (True, True)


def test_a_run_with_an_invalid_setting_starts_no_emulator(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    local = repository / SERVICE.replace("dev", "local")
    local.write_text(local.read_text().replace("trace_percent: 100", "trace_percent: 101"))
    assert context("run") == 1
    [reported] = capsys.readouterr().err.splitlines()
    assert f"{SERVICE.replace('dev', 'local')}:" in reported


def test_the_program_reports_the_line_of_a_setting() -> None:
    """`pulumi up` prints this message, without a traceback."""
    with pytest.raises(SettingError) as refused:
        run("dev", protect="maybe")
    assert str(refused.value).startswith(f"{SERVICE}:{_line('protect')}: protect is ")


def _line(setting: str) -> int:
    lines = (current().root / SERVICE).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if f":{setting}:" in line)


OWN_READER = (
    'import pulumi\n[pulumi.Config().get(f"limit_{end}") for end in "ab"]\npulumi.Config("{0}s").get("alarms")\n'
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "key", "remedy"),
    [
        (SERVICE, f"{OURS}:alarm_emial", "write alarms, or remove it"),
        (SERVICE, f"{OURS}:protcet", "write protect, or remove it"),
        (SERVICE, f"{OURS}:colour", "remove it"),
        (SERVICE, f"{OURS[:-1]}:alarms", f"write {OURS}:alarms, or remove it"),
        (PIPELINE, f"{OURS}-pipeline:polices", "write policies, or remove it"),
        (SERVICE, f"{OURS}:limit_a", ""),
        (SERVICE, f"{OURS}s:alarms", ""),
        (SERVICE, "pager:alarms", ""),
        (SERVICE, "aws:alarms", f"write {OURS}:alarms, or remove it"),
        (SERVICE, "colour_of_all", "remove it"),
        (SERVICE, "aws:defaultTags", ""),
    ],
)
def test_a_setting_that_nothing_reads_is_reported_with_the_nearest(
    file: str, key: str, remedy: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings that the program itself reads are valid, also by a computed name or in a namespace of its own."""
    program = repository / "infra/service/__main__.py"
    program.write_text(f"{program.read_text()}\n{OWN_READER.replace('{0}', OURS)}")
    text = (repository / file).read_text()
    (repository / file).write_text(text.replace("\nconfig:\n", f"\nconfig:\n  {key}: 1\n"))
    assert settings() == (1 if remedy else 0)
    lines = capsys.readouterr().err.splitlines()
    name = key.removeprefix(f"{OURS}:").removeprefix(f"{OURS}-pipeline:")
    assert lines == ([f"{file}:3: nothing reads {name}: {remedy}."] if remedy else [])
