"""What the files of a Pulumi program say."""

from pathlib import Path

import pytest

from bounded_context_cli.programs.pulumi_files import as_text, config, project_name, settings, stacks


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program with three stacks, of which one says nothing."""
    (tmp_path / "Pulumi.yaml").write_text("name: loan\nruntime: python\n", encoding="utf-8")
    said = "secretsprovider: awskms\nconfig:\n  aws:region: eu-west-1\n  loan:days: 3\n  loans:days: 4\n"
    for stack, text in {"prod": said, "dev": "", "local": "config:\n"}.items():
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_each_file_of_settings_is_a_stack(program: Path) -> None:
    """And the project's own file is no stack's."""
    assert (project_name(program), stacks(program)) == ("loan", ["dev", "local", "prod"])


def test_settings_are_the_projects_own(program: Path) -> None:
    """Without its name; another project's begin with another one."""
    assert config(program, "prod") == {"aws:region": "eu-west-1", "loan:days": 3, "loans:days": 4}
    assert settings(program, "prod") == {"days": 3}


@pytest.mark.parametrize("stack", ["dev", "local"])
def test_a_file_of_settings_may_be_empty(program: Path, stack: str) -> None:
    """Nor need it say `config`."""
    assert config(program, stack) == settings(program, stack) == {}


def test_a_stack_without_a_file_is_an_error(program: Path) -> None:
    """Whoever asks knows which stacks there are."""
    with pytest.raises(OSError, match=r"Pulumi\.nope\.yaml"):
        config(program, "nope")


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (3, "3"), (True, "true"), ([1], "[1]"), ({"a": None}, '{"a": null}')]
)
def test_a_program_gets_text(value: object, text: str) -> None:
    """As Pulumi hands settings over."""
    assert as_text(value) == text
