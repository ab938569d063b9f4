"""A program is executed as Pulumi does, and leaves nothing to the next one."""

import gc
import sys
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.programs.recording import NotRun, Program


def program(folder: Path, text: str) -> Path:
    """A program whose own module `functions` says something when it is imported, and which exports it."""
    folder.mkdir()
    (folder / "functions.py").write_text(f"SAID = {text!r}\nprint(SAID)\n")
    (folder / "__main__.py").write_text("import functions, pulumi\npulumi.export('said', functions.SAID)\n")
    return folder


def exported(folder: Path) -> dict[str, Any]:
    """What a program exports, under mocks."""
    return Program(folder, "payment").run_with("dev", {}).outputs


def test_each_program_has_its_own_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the same name are two."""
    assert exported(program(tmp_path / "payment", "of Payment")) == {"said": "of Payment"}
    assert exported(program(tmp_path / "loan", "of Loan")) == {"said": "of Loan"}
    assert capsys.readouterr().out.split("\n") == ["of Payment", "of Loan", ""]


def test_a_failing_program_leaves_no_module(tmp_path: Path) -> None:
    """Its error is told."""
    folder = program(tmp_path / "payment", "")
    (folder / "__main__.py").write_text("import functions\nfunctions.missing\n")
    with pytest.raises(AttributeError, match="missing"):
        exported(folder)
    assert "functions" not in sys.modules


def stored(root: Path, text: str) -> Path:
    """A program of a repository, with a stack."""
    folder = root / "infra" / "service"
    folder.mkdir(parents=True)
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(text)
    return folder


LATE = """import pulumi

def refused(name: str) -> str:
    raise ValueError(f"no such queue as {name}")

first = pulumi.ComponentResource("a:b:C", "first")
second = pulumi.CustomResource("a:b:D", "second", {"name": first.urn.apply(refused)})
"""


@pytest.mark.slow
def test_a_failure_of_an_output_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Pulumi raises it from its own effect: the causes form a circle. Each output that depends on it fails too, and
    the next program releases their futures."""
    with pytest.raises(NotRun, match=r"^infra/service/__main__\.py(:4)?: ValueError: .*\bno such queue "):
        Program(stored(tmp_path, LATE), "payment").graph("dev")
    exported(program(tmp_path / "loan", ""))
    gc.unfreeze()
    gc.collect()
    assert caplog.messages == []


TWICE = """import pulumi

pulumi.ComponentResource("a:b:C", "other")
pulumi.ComponentResource("a:b:C", "mine")
pulumi.ComponentResource("a:b:C", "mine")
"""


def test_two_resources_of_a_name_are_reported_with_both_lines(tmp_path: Path) -> None:
    """The engine refuses them in the deployment: "Duplicate resource URN"."""
    with pytest.raises(NotRun, match=r"^infra/service/__main__\.py:[45]: C mine .*\binfra/service/__main__\.py:[45]\b"):
        Program(stored(tmp_path, TWICE), "payment").graph("dev")


APART = """import pulumi
from pulumi import ComponentResource, ResourceOptions

for kind in ("A", "B"):
    outer = ComponentResource(f"a:b:{kind}", "outer")
    middle = ComponentResource("a:b:C", "middle", opts=ResourceOptions(parent=outer))
    ComponentResource("a:b:D", "inner", opts=ResourceOptions(parent=middle))
"""


def test_resources_of_a_name_below_components_of_other_types_are_two(tmp_path: Path) -> None:
    """A URN has the types of all parents (Pulumi's documentation, "Resource names"). A URN of the mocks has one."""
    Program(stored(tmp_path, APART), "payment").graph("dev")
