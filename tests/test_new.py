"""``template new`` asks until each answer is good, and makes what cookiecutter makes of the same answers."""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
import yaml
from bounded_context_lab.capacity.simulation import quotas
from conftest import EXAMPLES, Cookiecutter
from rich.console import Console
from terminal import terminal

from template import new as command
from template.answers import RULES, BadAnswer
from template.bake import files
from template.cli import main
from template.library import INDEX, REPOSITORY_OF_LIBRARY
from template.names import REPOSITORY
from template.new import NothingMade, new
from template.processes import environment
from template.welcome import next_steps


def written(folder: Path, answers: Mapping[str, object]) -> Path:
    """A file of answers."""
    path = folder / "answers.yaml"
    path.write_text(yaml.safe_dump({"default_context": dict(answers)}, allow_unicode=True), "utf-8")
    return path


def contents(project: Path) -> dict[str, bytes]:
    """Every file of a repository, the library's wheel too."""
    return {name: (project / name).read_bytes() for name in files(project, ())}


def answered(path: Path, monkeypatch: pytest.MonkeyPatch, *typed: str, answers: Path | None = None) -> Path:
    """Let somebody type these answers, and take the defaults of what is asked then."""
    lines = iter(typed)
    monkeypatch.setattr(Console, "input", lambda *_, **__: next(lines, ""))
    return new(path, answers, ask=True)


def test_the_bake_equals_that_of_cookiecutter(cookiecutter: Cookiecutter, tmp_path: Path) -> None:
    """Byte for byte, of the same answers."""
    file = written(tmp_path, EXAMPLES["vat_return"])
    assert cookiecutter("--no-input", "--config-file", str(file)).returncode == 0
    assert contents(new(tmp_path / "new", file, ask=False)) == contents(tmp_path / "here" / "there" / "VATReturn")


def test_a_question_is_repeated_at_a_terminal(tmp_path: Path) -> None:
    """At once and with the reason, as often as it takes; what was answered before is kept; choices are a list."""
    with terminal("template", "new", cwd=tmp_path) as screen:
        screen.wait_for("[Payment]: ")
        screen.type("order\n")
        screen.wait_for("type a name in PascalCase such as Payment, not 'order'.")
        screen.type("Order\n")
        for default in ("[Orders]: ", "[Order]: ", "[import]: ", "[Registers orders from commands and lists"):
            screen.wait_for(default)
            screen.type("\n")
        screen.wait_for("payer:str:personal]: ")
        screen.type("customer_id:str, net:money\n")
        screen.wait_for("low|high, not 'net:money'.")
        screen.type("customer_id:str, net:decimal\n")
        screen.wait_for("OrderDeleted]: ")
        screen.type("\n")
        screen.wait_for("[VerifyCustomer]: ")
        screen.type("\n")
        assert "1 - dedicated" in screen.wait_for("2 - none")
        screen.type("2\n")
        screen.wait_for("1 - http")
        screen.type("none\n")
        defaults = ("bi frontend", "Canary10Percent5Minutes", "codeconnections", "github", "eu-west-1")
        for default in defaults:
            screen.wait_for(f"[{default}]: ")
            screen.type("\n")
        screen.wait_for("[orders-team]: ")
        screen.type("\n")
        screen.wait_for("[wheel]: ")
        screen.type("index\n")
        screen.wait_for(f"{INDEX}, not 'index'.")
        screen.type(f"{INDEX}\n")
        screen.wait_for(f"17 library: {INDEX}")
        screen.wait_for("to change it: ")
        screen.type("\n")
        screen.wait_for("Order is ready.")
        assert screen.ended() == 0
    said = yaml.safe_load((tmp_path / "Order" / ".template.json").read_text())["default_context"]
    assert said["fields"] == "customer_id:str, net:decimal"
    assert (said["sftp"], said["api"], said["library"]) == ("none", "none", INDEX)
    assert list(tmp_path.iterdir()) == [tmp_path / "Order"]


@pytest.fixture
def interview(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[dict[str, str], str]]:
    """Returns the answers of somebody who types these lines and then Enter only, and all that is shown."""

    def ask(*typed: str, answers: Mapping[str, object] | None = None) -> tuple[dict[str, str], str]:
        lines, screen = iter(typed), StringIO()
        monkeypatch.setattr(Console, "input", lambda self, prompt: self.print(prompt) or next(lines, ""))
        monkeypatch.setattr(command.terminal, "console", partial(Console, file=screen, width=200))
        return command._Person(answers or {}, tmp_path).agreed(), screen.getvalue()

    return ask


Interview = Callable[..., tuple[dict[str, str], str]]
ENTER = [""] * len(RULES)


def test_an_answer_is_changed_in_the_summary(interview: Interview) -> None:
    """By its number. Typed answers are kept, and defaults follow the change; an answer that is bad then is asked."""
    answers, screen = interview(*["", "", "Zahlung"], *ENTER[3:], "1", "Order", "99", "16", "core", "")
    assert (answers["context_name"], answers["plural"], answers["owner"]) == ("Order", "Orders", "core")
    assert (answers["display_name"], answers["verification"]) == ("Zahlung", "VerifySubscription")
    assert answers["commands"].startswith("RegisterOrder:creates:OrderRegistered ")
    assert screen.count("[3/17]") == 1
    typed = "Add:creates:PaymentAdded Drop:deletes:PaymentDropped"
    answers, screen = interview(*ENTER[:6], typed, *ENTER[7:], "1", "Order")
    assert "type Order and what happened to it, such as OrderRegistered, not PaymentAdded" in screen
    assert answers["commands"].startswith("RegisterOrder:creates:OrderRegistered ")


def test_the_question_before_is_repeated(interview: Interview) -> None:
    """As often as wanted, with the answer of before as the default; the first question has none before it."""
    answers, _ = interview("<", "Order", "Ordres", "Bestellung", "<", "<", "Orders", "", "none")
    assert (answers["context_name"], answers["plural"], answers["display_name"]) == ("Order", "Orders", "Bestellung")
    assert answers["lists"] == "none"


def test_only_missing_answers_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update asks the new questions. Neither the way back nor a summary changes the others."""
    typed = iter(["<", "2"])
    monkeypatch.setattr(Console, "input", lambda *_: next(typed))
    known = {question: answer for question, answer in command.filled({"plural": "Pays"}).items() if question != "api"}
    assert command.completed(known, ask=True) == {**known, "api": "none"}


def test_a_plural_gets_a_question(interview: Interview) -> None:
    """Enter takes the singular, and the same name again is kept. Other names are not asked about."""
    assert interview("Orders")[0]["context_name"] == "Order"
    assert interview("Branches", "Branches")[0]["context_name"] == "Branches"
    assert "plural?" not in interview("Address")[1]


def test_answers_are_printed_as_they_are_typed(interview: Interview) -> None:
    """Rich would show `:date:` and `[red]` as an emoji and as a colour."""
    _, screen = interview(*ENTER[:4], "[red]a[/]", "Pays on :date: in full", *ENTER[5:])
    assert "not '[red]a[/]'" in screen
    assert "description: Pays on :date: in full" in screen


@pytest.mark.parametrize("text", ["context_name: Order", "default_context:", "default_context: [Order]"])
def test_a_file_without_answers_is_refused(text: str, tmp_path: Path) -> None:
    """Otherwise it would generate the default context."""
    (tmp_path / "answers.yaml").write_text(text)
    with pytest.raises(BadAnswer, match="below the key default_context"):
        new(tmp_path / "new", tmp_path / "answers.yaml", ask=False)
    assert not (tmp_path / "new").exists()


def test_ctrl_c_leaves_no_files(tmp_path: Path) -> None:
    """One sentence, and no traceback."""
    with terminal("template", "new", "--output-dir", "contexts", cwd=tmp_path) as screen:
        screen.wait_for("[Payment]: ")
        screen.type("Order\n")
        screen.wait_for("[Orders]: ")
        screen.type("\x03")
        text = screen.wait_for("no files were created.", again="\x03")
        assert screen.ended() == 1
    assert "Traceback" not in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            "default_context:\n  subscriber: bi\n  colour: red\n",
            r"subscriber .*write subscribers.*\ncolour .*remove it",
        ),
        ("default_context:\n  strategy AllAtOnce\n  region: x\n", r"answers\.yaml:3: "),
    ],
)
def test_a_file_of_answers_has_its_faults_with_their_remedies(lines: str, fault: str, tmp_path: Path) -> None:
    """A name that is no question, or a line that is no YAML."""
    (tmp_path / "answers.yaml").write_text(lines)
    with pytest.raises(BadAnswer, match=fault):
        new(tmp_path / "new", tmp_path / "answers.yaml", ask=False)


def test_the_end_of_the_input_is_an_error_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a pipe with too few answers."""
    monkeypatch.setattr("sys.stdin", StringIO("Order\n"))
    with pytest.raises(NothingMade, match="--no-input"):
        new(tmp_path / "new", None, ask=True)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_bake_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository is there whole, or not at all."""

    def half(output: Path, _: object) -> Path:
        (output / "Payment").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "bake", half)
    with pytest.raises(NothingMade):
        new(tmp_path / "new", None, ask=False)
    assert list(tmp_path.iterdir()) == []


def test_a_repository_of_another_process_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It appeared after the questions. One sentence names it, and nothing else is left."""

    def baked(output: Path, _: object) -> Path:
        for project in (output / "Payment", tmp_path / "new" / "Payment"):
            project.mkdir()
            (project / "README.md").write_text(project.parent.name)
        return output / "Payment"

    monkeypatch.setattr(command, "bake", baked)
    assert main(["new", "--no-input", "--output-dir", str(tmp_path / "new")]) == 1
    assert re.fullmatch(r"Error: context_name: .*/new/Payment already exists\.\n", capsys.readouterr().err)
    assert (tmp_path / "new" / "Payment" / "README.md").read_text() == "new"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["Payment"]


@pytest.mark.nightly
def test_one_of_two_processes_writes_the_repository(tmp_path: Path) -> None:
    """Both begin at once, in a folder that does not exist."""
    words = [sys.executable, "-m", "template", "new", "--no-input", "--output-dir", str(tmp_path / "new")]
    with ExitStack() as stack:
        both = [stack.enter_context(subprocess.Popen(words, stderr=subprocess.PIPE, text=True)) for _ in range(2)]
        errors = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    assert "".join(errors).count("\n") == 1
    assert contents(tmp_path / "new" / "Payment") == contents(new(tmp_path / "alone", None, ask=False))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["Payment"]


def test_answers_of_a_file_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad one among them is told at its question, and the default stands in for it."""
    file = written(tmp_path, {"context_name": "Order", "owner": "aws:us", "subscribers": "none", "library": INDEX})
    project = answered(tmp_path / "new", monkeypatch, "Loan", answers=file)
    said = yaml.safe_load((project / ".template.json").read_text())["default_context"]
    assert (said["context_name"], said["subscribers"], said["owner"]) == ("Loan", "none", "loans-team")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"sftp": "shared"}, "sftp: type one of dedicated, none, not 'shared'."),
        ({"context_name": "KYC"}, "context_name: type a name with a lower-case letter in it, such as Kyc"),
        ({"context": "Order"}, "context in "),
        (
            {"verification": "VerifyCustomer"},
            "verification: type VerifySubscription or none, not 'VerifyCustomer': add customer_id",
        ),
    ],
)
def test_a_bad_answer_of_a_file_is_refused(
    answers: dict[str, object], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In its own words, where nobody can be asked; nothing is left."""
    file, output = written(tmp_path, answers), tmp_path / "new"
    assert main(["new", "--no-input", "--answers", str(file), "--output-dir", str(output)]) == 1
    assert capsys.readouterr().err.startswith(f"Error: {sentence}")
    assert not output.exists()


def test_an_existing_folder_is_refused_at_the_first_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its content is left alone. The error names the question and the folder."""
    (tmp_path / "Payment").mkdir()
    with pytest.raises(BadAnswer, match=r"^context_name: .* Payment"):
        new(tmp_path, None, ask=False)
    file = written(tmp_path, {"library": INDEX})
    assert answered(tmp_path, monkeypatch, "", "Order", answers=file).name == "Order"
    assert list((tmp_path / "Payment").iterdir()) == []


@pytest.mark.e2e
def test_uvx_bakes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package has all that a bake reads, and the library's wheel comes out the same."""
    monkeypatch.delenv(REPOSITORY_OF_LIBRARY)
    file, variables = written(tmp_path, EXAMPLES["invoice"]), environment()
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, REPOSITORY], env=variables, check=True)
    [wheel] = tmp_path.glob("*.whl")
    arguments = ["template", "new", "--no-input", "--answers", file, "--output-dir", tmp_path / "uvx"]
    subprocess.run(["uvx", "--from", wheel, *arguments], cwd=tmp_path, env=variables, check=True)
    assert contents(tmp_path / "uvx" / "Invoice") == contents(new(tmp_path / "here", file, ask=False))


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-1", "eu-north-1"])
def test_the_next_steps_have_the_quota_of_messages_of_the_region(region: str, tmp_path: Path) -> None:
    """The number that `context capacity` uses."""
    quota = quotas(region)["messages"]
    assert f"{quota.value:,.0f} messages a second in {region}" in (said := next_steps(tmp_path, region))
    assert quota.asked in said
