"""The template in Backstage: valid by the published schema, of one mind with the questions, and bakes as it says."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import EXAMPLES, LONGEST, SHORTEST, VAT_RETURN, sources
from jsonschema import Draft7Validator

from template.answers import CHOICES, RULES, check
from template.backstage import FILE, document, page, text
from template.bake import bake
from template.library import REPOSITORY_OF_LIBRARY, SOURCES
from template.names import REPOSITORY

PUBLISHED: dict[str, Any] = runpy.run_path(str(SOURCES / "cli" / "tests" / "published" / "__init__.py"))
MATRIX: dict[str, Any] = runpy.run_path(str(REPOSITORY / "tests" / "matrix" / "values.py"))
COMMAND = FILE.with_name("cookiecutter")
CONTENTS = "{{cookiecutter and 'contents'}}"
"""The folder for what the action has fetched (Backstage, fetch:cookiecutter)."""

OURS = ("<<cookiecutter.context_name>>", "cookiecutter.json", "hooks", "library", "pyproject.toml", "template")


def test_the_file_equals_the_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by `uv run template examples`."""
    monkeypatch.delenv(REPOSITORY_OF_LIBRARY)
    assert FILE.read_text(encoding="utf-8") == text()
    assert yaml.safe_load(text()) == document()


def test_it_is_valid_by_the_published_schema() -> None:
    """Which would refuse a step without an action, a page that is none, and a name with spaces."""
    faults, entity = PUBLISHED["faults"], document()
    assert faults(entity) == []
    wrong = [{"steps": [{"id": "bake", "name": "Bake"}]}, {"parameters": "all"}, {"type": ""}]
    assert all(faults({**entity, "spec": {**entity["spec"], **change}}) for change in wrong)
    assert faults({**entity, "metadata": {"name": "a context"}})


def is_accepted(answers: Mapping[str, str]) -> bool:
    """Whether the page takes answers."""
    return Draft7Validator(page()).is_valid({**answers, "repoUrl": "github.com?owner=acme&repo=one"})


def test_the_page_has_the_questions_of_the_bake() -> None:
    """In its order, by its words, with its choices; the first answer and the place have to be there."""
    properties, questions = page()["properties"], json.loads((REPOSITORY / "cookiecutter.json").read_text())
    assert list(properties) == [*RULES, "repoUrl"]
    assert {name: properties[name]["description"] for name in RULES} == questions["__prompts__"]
    assert {name: tuple(schema["enum"]) for name, schema in properties.items() if "enum" in schema} == CHOICES
    assert page()["required"] == ["context_name", "repoUrl"]
    values = document()["spec"]["steps"][0]["input"]["values"]
    assert values == {name: f"${{{{ parameters.{name} }}}}" for name in RULES}


def test_its_defaults_are_the_templates(payment: Path) -> None:
    """Of what follows from other answers it has none: the bake knows better."""
    said = json.loads((payment / ".template.json").read_text())["default_context"]
    defaults = {name: schema["default"] for name, schema in page()["properties"].items() if "default" in schema}
    assert defaults.items() <= said.items()
    assert set(said) - set(defaults) == {
        *("context_name", "plural", "display_name", "description", "commands", "verification", "owner"),
        "pull_requests",
    }


@pytest.mark.parametrize(
    "answers", [VAT_RETURN, SHORTEST, LONGEST, *EXAMPLES.values()], ids=lambda answers: answers["context_name"]
)
def test_the_page_accepts_the_answers_that_the_bake_accepts(answers: Mapping[str, str]) -> None:
    """The longest and the shortest of all."""
    assert check(answers) == []
    assert is_accepted(answers)


@pytest.mark.parametrize("question", RULES)
def test_every_value_within_the_limits_is_accepted(question: str) -> None:
    """Each of the matrix's, which are at the limits."""
    for name, value in MATRIX["VALUES"][question].items():
        answer = value({"context_name": "Ox", "fields": "ab_id:str"})
        assert is_accepted({"context_name": "Ox", question: answer}), name


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("context_name", "payment"),
        ("context_name", "P" + "a" * 20),
        ("plural", "P" + "a" * 22),
        ("description", "x" * 101),
        ("owner", "x" * 61),
        ("owner", "-team"),
        ("region", "eu-west"),
        ("sftp", "shared"),
        ("fields", "x" * 2201),
    ],
)
def test_the_bake_refuses_the_answers_that_the_page_refuses(question: str, answer: str) -> None:
    """One more than the most, another form, another choice."""
    answers = {"context_name": "Payment", question: answer}
    assert check(answers)
    assert not is_accepted(answers)


def fetched(folder: Path, values: Mapping[str, str]) -> Path:
    """A folder as the action makes it: our files in a template of its own, what was typed over the questions."""
    contents = folder / "template" / CONTENTS
    ignored = shutil.ignore_patterns("__pycache__")
    for name in OURS:
        source, there = REPOSITORY / name, contents / name
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, there, ignore=ignored) if source.is_dir() else shutil.copy(source, there)
    questions = json.loads((contents / "cookiecutter.json").read_text()) | dict(values)
    # The action's input for extensions overrides ours, also where there is none.
    del questions["_extensions"]
    (folder / "template" / "cookiecutter.json").write_text(json.dumps(questions))
    return folder / "template"


def act(template: Path, output: Path) -> "subprocess.CompletedProcess[str]":
    """Run what the action runs, where the command stands before cookiecutter on the PATH."""
    commands = output.parent / "commands"
    commands.mkdir(exist_ok=True)
    (commands / "cookiecutter").symlink_to(COMMAND)
    output.mkdir()
    paths = {"PATH": f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["cookiecutter", "--no-input", "-o", str(output), str(template), "--verbose"]
    return subprocess.run(command, env=os.environ | paths, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_action_bakes_the_answers(tmp_path: Path) -> None:
    """Byte for byte what `template new` makes of the same answers."""
    values = {name: VAT_RETURN[name] for name in ("context_name", "fields", "owner", "api", "verification")}
    result = act(fetched(tmp_path, values), tmp_path / "output")
    assert result.returncode == 0, result.stderr
    [project] = (tmp_path / "output").iterdir()
    again = bake(tmp_path / "again", values)
    assert list(sources(project)) == list(sources(again))
    assert [name for name in sources(project) if (project / name).read_bytes() != (again / name).read_bytes()] == []


def test_the_action_refuses_a_bad_answer(tmp_path: Path) -> None:
    """The error, for the task's log, is one line with the question and its rule. Nothing is written."""
    result = act(fetched(tmp_path, {"context_name": "payment"}), tmp_path / "output")
    assert result.returncode == 1
    assert re.fullmatch(r"context_name: [^\n]*PascalCase[^\n]*\n", result.stderr)
    assert list((tmp_path / "output").iterdir()) == []


def test_any_other_template_is_cookiecutters(tmp_path: Path) -> None:
    """As if nothing stood before it."""
    contents = tmp_path / "template" / CONTENTS
    contents.mkdir(parents=True)
    (contents / "{{cookiecutter.name}}.txt").write_text("{{cookiecutter.name}}")
    (tmp_path / "template" / "cookiecutter.json").write_text('{"name": "other"}')
    result = act(tmp_path / "template", tmp_path / "output")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "output" / "contents" / "other.txt").read_text() == "other"
