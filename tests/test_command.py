"""Cookiecutter's own command: refusals leave nothing behind, and any way to name the template works."""

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import Cookiecutter

from template.bake import files
from template.cli import main
from template.names import REPOSITORY

CACHES = ["__pycache__"]
"""Other tests run the programs of the shared repository."""

PARTS = ["cookiecutter.json", "pyproject.toml", "hooks", "library", "template", "<<cookiecutter.context_name>>"]


def left_behind(tmp_path: Path) -> list[str]:
    """Everything but the user's home below the test's folder."""
    return [str(path.relative_to(tmp_path)) for path in (tmp_path / "here").rglob("*") if path.name != "there"]


@pytest.mark.parametrize(
    "answer",
    [
        "context_name=../evil",
        "context_name=a/b",
        "context_name=/tmp/evil",
        "context_name=",
        "context_name=Class",
        "description='''",
        'description="; import os; os.system("touch pwned"); "',
        "description=two\nlines",
        "description={{ 7 * 7 }}",
        "description=<< 7 * 7 >>",
        "description=<< cookiecutter.__init__.__globals__['os'].system('touch pwned') >>",
        "description=<% if 1 %>",
        "description=<<cookiecutter.nothing>>",
        "fields=amount:money",
        "commands=Start:creates:PaymentOpened",
        "verification=VerifyCustomer",
        "subscribers=bi bi",
        "region=$(touch pwned)",
        "owner=\\",
        "__package=../evil",
    ],
)
def test_a_bad_answer_is_refused_and_leaves_no_files(answer: str, cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """Exit status 1, words instead of a traceback, no folder, not even above the one that cookiecutter was run in."""
    before = set(tmp_path.iterdir())
    result = cookiecutter("--no-input", answer)
    assert result.returncode == 1
    assert result.stdout.strip()
    assert "Traceback" not in result.stdout + result.stderr
    assert left_behind(tmp_path) == []
    assert set(tmp_path.iterdir()) == before


def test_a_name_is_enough(cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """The other defaults follow it."""
    result = cookiecutter("--no-input", "context_name=DirectDebit")
    assert result.returncode == 0, result.stdout
    code = (tmp_path / "here" / "there" / "DirectDebit" / "src" / "direct_debit" / "context.py").read_text()
    assert "RegisterDirectDebit" in code
    assert "DirectDebitDeleted" in code
    assert "payment" not in code.lower().replace("payments-team", "")


def test_a_refusal_is_one_sentence(cookiecutter: Cookiecutter) -> None:
    """And nothing else is printed."""
    result = cookiecutter("--no-input", "context_name=../evil")
    assert result.stdout == "context_name: type a name in PascalCase such as Payment, not '../evil'.\n"
    assert result.stderr == ""


def test_a_prompt_is_refused_before_the_next_one(cookiecutter: Cookiecutter) -> None:
    """Nobody types eight answers to hear that the first is bad."""
    result = cookiecutter(typed="evil\n")
    assert result.returncode == 1
    assert "[1/17] Name of the bounded context" in result.stdout
    assert "context_name: type a name in PascalCase such as Payment, not 'evil'." in result.stdout
    assert "2/8" not in result.stdout


@pytest.mark.parametrize("name", ["context_name", "__package"])
def test_a_replay_is_checked_too(name: str, cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """A replay file goes around the prompts, and its names become folders all the same."""
    assert cookiecutter("--no-input").returncode == 0
    shutil.rmtree(tmp_path / "here" / "there" / "Payment")
    replay = next((tmp_path / "home" / ".cookiecutter_replay").iterdir())
    content = json.loads(replay.read_text())
    content["cookiecutter"][name] = "../../evil"
    replay.write_text(json.dumps(content))
    result = cookiecutter("--replay")
    assert result.returncode == 1
    assert f"{name}: " in result.stdout
    assert left_behind(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "home"]


@pytest.mark.slow
def test_a_replay_gives_the_same_context(cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """What was answered once can be baked again."""
    assert cookiecutter("--no-input", "owner=Team 7").returncode == 0
    shutil.rmtree(tmp_path / "here" / "there" / "Payment")
    assert cookiecutter("--replay").returncode == 0
    assert "Team 7" in (tmp_path / "here" / "there" / "Payment" / "src" / "payment" / "context.py").read_text()


def test_the_command_prints_the_next_steps(cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """And the prototype of the handlers is gone."""
    result = cookiecutter("--no-input")
    assert f"cd {tmp_path / 'here' / 'there' / 'Payment'}\n" in result.stdout
    assert "uv run context check" in result.stdout
    assert not list((tmp_path / "here").rglob("command_name*"))


def test_the_template_may_be_a_relative_path(cookiecutter: Cookiecutter, tmp_path: Path, payment: Path) -> None:
    """Hooks run in a folder other than cookiecutter and still find the template."""
    template = os.path.relpath(REPOSITORY, tmp_path / "here" / "there")
    assert cookiecutter("--no-input", template=template).returncode == 0
    assert list(files(tmp_path / "here" / "there" / "Payment", ())) == list(files(payment, CACHES))


@pytest.mark.slow
def test_the_template_may_be_a_zip_file(cookiecutter: Cookiecutter, tmp_path: Path, payment: Path) -> None:
    """As a code host serves a release."""
    folder = tmp_path / "zip" / "template-main"
    folder.mkdir(parents=True)
    for part in PARTS[:2]:
        shutil.copy(REPOSITORY / part, folder)
    for part in PARTS[2:]:
        shutil.copytree(REPOSITORY / part, folder / part)
    archive = shutil.make_archive(str(tmp_path / "release"), "zip", tmp_path / "zip", "template-main")
    result = cookiecutter("--no-input", template=archive)
    assert result.returncode == 0, result.stdout + result.stderr
    assert list(files(tmp_path / "here" / "there" / "Payment", ())) == list(files(payment, CACHES))


def test_a_bad_choice_of_a_file_is_refused_in_words(cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """Cookiecutter warns, and leaves out every answer after it: nobody should get that repository."""
    answers = tmp_path / "answers.yaml"
    answers.write_text("default_context: {context_name: Order, sftp: shared, owner: team-7}\n")
    result = cookiecutter("--no-input", "--config-file", str(answers))
    assert result.returncode == 1
    assert "type one of the choices: shared provided for choice variable sftp" in result.stdout
    assert left_behind(tmp_path) == []


def test_a_choice_of_a_file_is_accepted(cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """Also one that is not the first."""
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "default_context: {context_name: Order, sftp: none, api: none, library: https://python.example.com/index}\n"
    )
    assert cookiecutter("--no-input", "--config-file", str(answers)).returncode == 0
    said = json.loads((tmp_path / "here" / "there" / "Order" / ".template.json").read_text())["default_context"]
    assert (said["sftp"], said["api"], said["library"]) == ("none", "none", "https://python.example.com/index")


@pytest.mark.parametrize(
    ("typed", "question"), [("Payment\nPayments\n(no)\n", "[4/16]"), ("\n\n\n\namount:money\n", "[6/16]")]
)
def test_an_answer_is_judged_before_the_next_question(typed: str, question: str, cookiecutter: Cookiecutter) -> None:
    """Not some questions later."""
    result = cookiecutter(typed=typed)
    assert result.returncode == 1
    assert question not in result.stdout


def test_text_of_others_has_no_effect_on_a_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A repository of a fleet may have any names. They are printed as escapes, as by the library's commands."""
    hostile = tmp_path / "a\x1b]52;c;ZXZpbA==\x07\u202eb"
    hostile.mkdir()
    assert main(["check", str(hostile)])
    output = "".join(capsys.readouterr())
    assert "\\u001b]52" in output
    assert "\x1b" not in output
    assert "\u202e" not in output
