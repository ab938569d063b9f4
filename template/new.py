"""The command ``template new``: asks each question until its answer is accepted, then bakes the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.config import get_config
from rich.console import Console
from rich.markup import escape

from .answers import RULES, BadAnswer
from .bake import bake
from .questions import Question, filled, interview
from .welcome import next_steps

_INTRODUCTION = "Press Enter for the default in brackets. Ctrl-C ends the questions, and no files are created.\n"


class NothingMade(Exception):
    """The user interrupted the questions or the bake; all files are removed."""


def new(output: Path, file: Path | None, ask: bool) -> Path:
    """Ask the questions, bake into a new folder in ``output``, and return that folder.

    Answers in ``file`` replace the defaults. Without ``ask``, they and the other defaults are used without questions.

    Raises:
        BadAnswer: an answer of the file is bad and ``ask`` is not set, or the file has an unknown question.
        NothingMade: the user interrupted.
        cookiecutter.exceptions.CookiecutterException: the file cannot be read.
    """
    given = _read(file) if file else {}
    try:
        answers = interview(_Person(given, output).answer if ask else _Answered(given, output).answer)
        project = _made(output, answers)
    except (KeyboardInterrupt, EOFError):
        raise NothingMade("\nNothing was made.") from None
    print(next_steps(project))
    return project


def answers_in(file: Path) -> dict[str, str]:
    """Return the answers of a file, with defaults for missing answers.

    Raises:
        BadAnswer: an answer is bad, or the file has an unknown question.
        cookiecutter.exceptions.CookiecutterException: the file cannot be read.
    """
    return interview(_Answered(_read(file), Path()).answer)


def completed(known: Mapping[str, str], ask: bool) -> dict[str, str]:
    """Return the answers, with missing answers from the user if ``ask`` is set, otherwise from the defaults."""
    if not ask or all(name in known for name in RULES):
        return filled(known)
    person = _Person({}, Path())
    return interview(lambda question, before: known.get(question.name) or person.answer(question, before))


def _made(output: Path, answers: Mapping[str, str]) -> Path:
    """Bake into a temporary folder in ``output``, and move the complete repository to its place."""
    with _folder(output), TemporaryDirectory(dir=output, prefix=".template-") as scratch:
        made = bake(Path(scratch), answers)
        return made.rename(output.resolve() / made.name)


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Create a missing folder, and remove it at the end if it is empty."""
    is_ours = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if is_ours and not any(path.iterdir()):
            path.rmdir()


def _read(file: Path) -> Mapping[str, object]:
    """Return the answers in a file of cookiecutter's format: YAML or JSON, below ``default_context``."""
    answers = get_config(file)["default_context"]
    if unknown := [name for name in answers if name not in RULES]:
        raise BadAnswer(f"{name}: leave it out of {file}, there is no such question." for name in unknown)
    return answers


def _problems(question: Question, answer: object, before: Mapping[str, str], output: Path) -> list[str]:
    """Return the faults of an answer; an existing folder of the context's name is a fault."""
    problems = question.problems(answer, before)
    if question.name == "context_name" and not problems and (output / str(answer)).exists():
        return [f"{question.name}: type a name other than {answer}, since {output / str(answer)} already exists."]
    return problems


class _Answered:
    """Answers from a file or from the defaults; bad answers are rejected."""

    def __init__(self, given: Mapping[str, object], output: Path) -> None:
        self.given, self.output = given, output

    def answer(self, question: Question, before: Mapping[str, str]) -> str:
        answer = self.given.get(question.name, question.default)
        if problems := _problems(question, answer, before, self.output):
            raise BadAnswer(problems)
        return str(answer)


class _Person:
    """Answers typed at a terminal; ``given`` has the defaults for empty answers."""

    def __init__(self, given: Mapping[str, object], output: Path) -> None:
        self.given, self.output, self.console = given, output, Console(highlight=False)
        self.console.print(_INTRODUCTION)

    def answer(self, question: Question, before: Mapping[str, str]) -> str:
        default = self._default(question, before)
        self.console.print(f"[dim]\\[{question.place}/{len(RULES)}][/] [bold]{escape(question.text)}[/]")
        for number, choice in enumerate(question.choices, start=1):
            self.console.print(f"    {number} - {choice}")
        while True:
            typed = self.console.input(f"  [cyan]\\[{escape(default)}][/]: ").strip() or default
            answer = _chosen(typed, question.choices)
            if not (problems := _problems(question, answer, before, self.output)):
                return answer
            self._tell(problems)

    def _default(self, question: Question, before: Mapping[str, str]) -> str:
        answer = self.given.get(question.name, question.default)
        problems = _problems(question, answer, before, self.output) if question.name in self.given else []
        self._tell(problems)
        return question.default if problems else str(answer)

    def _tell(self, problems: list[str]) -> None:
        for problem in problems:
            self.console.print(f"  [red]{escape(problem)}[/]", soft_wrap=True)


def _chosen(typed: str, choices: tuple[str, ...]) -> str:
    """Return the choice with the typed number, otherwise the typed text."""
    numbers = {str(number): choice for number, choice in enumerate(choices, start=1)}
    return numbers.get(typed, typed)
