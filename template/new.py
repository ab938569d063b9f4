"""The command ``template new``: asks each question until its answer is accepted, then bakes the repository."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.config import get_config
from cookiecutter.exceptions import InvalidConfiguration
from rich.text import Text

from .alone import alone
from .answers import RULES, BadAnswer
from .bake import bake
from .questions import Question, filled, interview
from .record import FILE
from .welcome import next_steps
from .words import singular

terminal = alone("cli", "command.terminal")

_BACK = "<"
"""Goes to the question before. No answer contains this sign."""

_INTRODUCTION = f"""\
Press Enter for the default in brackets, and type {_BACK} for the question before.
Ctrl-C ends the questions, and no files are created.
"""
_AGREED = "Press Enter to generate the repository, or type the number of an answer to change it: "


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
    file_answers = given_in(file) if file else {}
    try:
        answers = _Person(file_answers, output).agreed() if ask else interview(_Answered(file_answers, output).answer)
        project = _bake_in_place(output, answers)
    except (KeyboardInterrupt, EOFError) as end:
        print()
        remedy = ": answer all questions, or add --no-input for the defaults" if isinstance(end, EOFError) else ""
        raise NothingMade(f"the questions ended, and no files were created{remedy}.") from None
    print(next_steps(project, answers["region"]))
    return project


def answers_in(file: Path) -> dict[str, str]:
    """Return the answers of a file, with defaults for missing answers.

    Raises:
        BadAnswer: an answer is bad, or the file has an unknown question.
        cookiecutter.exceptions.CookiecutterException: the file cannot be read.
    """
    return interview(_Answered(given_in(file), Path()).answer)


def completed(known: Mapping[str, str], ask: bool) -> dict[str, str]:
    """Return the answers, with missing answers from the user if ``ask`` is set, otherwise from the defaults."""
    if not ask or all(name in known for name in RULES):
        return filled(known)
    return _Person(known, Path(), fixed=known).answers()


def _bake_in_place(output: Path, answers: Mapping[str, str]) -> Path:
    """Bake into a temporary folder in ``output``, and move the complete repository to its place."""
    with _folder(output), TemporaryDirectory(dir=output, prefix=".template-") as scratch:
        repository = bake(Path(scratch), answers)
        place = output.resolve() / repository.name
        try:
            return repository.rename(place)
        except OSError:
            if not place.exists():
                raise
            raise BadAnswer([_exists(place)]) from None


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Create a missing folder, and remove it at the end if it is empty."""
    is_ours = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if is_ours:
            with suppress(OSError):
                path.rmdir()


def given_in(file: Path) -> Mapping[str, object]:
    """Return the answers in a file of cookiecutter's format: YAML or JSON, below ``default_context``.

    Raises:
        BadAnswer: the file has no answers, or an unknown question.
        cookiecutter.exceptions.CookiecutterException: the file cannot be read.
    """
    try:
        answers = get_config(file)["default_context"]
    except InvalidConfiguration as error:
        mark = getattr(error.__cause__, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else file
        raise BadAnswer(
            [f"{place}: this is no YAML ({getattr(error.__cause__, 'problem', error)}): correct it."]
        ) from None
    if not isinstance(answers, Mapping) or not answers:
        raise BadAnswer([f"{file}: type the answers below the key default_context, as in {FILE}; it has none there."])
    if unknown := [name for name in answers if name not in RULES]:
        near = {name: get_close_matches(name, RULES, 1) for name in map(str, unknown)}
        raise BadAnswer(
            f"{name} in {file} is no question: {f'write {like[0]}, or ' if like else ''}remove it."
            for name, like in near.items()
        )
    return answers


def _problems(question: Question, answer: object, before: Mapping[str, str], output: Path) -> list[str]:
    """Return the faults of an answer; an existing folder of the context's name is a fault."""
    problems = question.problems(answer, before)
    if question.name == "context_name" and not problems and (output / str(answer)).exists():
        return [_exists(output / str(answer))]
    return problems


def _exists(place: Path) -> str:
    return f"context_name: type a name other than {place.name}, since {place} already exists."


class _Answered:
    """Answers from a file or from the defaults; bad answers are rejected."""

    def __init__(self, answers: Mapping[str, object], output: Path) -> None:
        self.given, self.output = answers, output

    def answer(self, question: Question, before: Mapping[str, str]) -> str:
        answer = self.given.get(question.name, question.default)
        if problems := _problems(question, answer, before, self.output):
            raise BadAnswer(problems)
        return str(answer)


class _Back(Exception):
    """The user asked for the question before."""


class _Person:
    """Answers typed at a terminal. ``answers`` has the defaults; ``fixed`` has questions that are not asked."""

    def __init__(self, answers: Mapping[str, object], output: Path, fixed: Collection[str] = ()) -> None:
        self._known, self._output, self._fixed = dict(answers), output, fixed
        self._answered: set[str] = set()
        self._console = terminal.console()
        self._show(_INTRODUCTION)

    def agreed(self) -> dict[str, str]:
        """Ask until the user agrees with the summary of all answers, and return them."""
        while changed := self._question_to_change(answers := self.answers()):
            self._answered.discard(changed)
        return answers

    def answers(self) -> dict[str, str]:
        """Ask the questions that have no answer yet, and return all answers."""
        while True:
            with suppress(_Back):
                return interview(self._answer)

    def _answer(self, question: Question, before: Mapping[str, str]) -> str:
        name = question.name
        if name in self._fixed:
            return str(self._known[name])
        answer = self._offered(question, before)
        if name not in self._answered or self._problems(question, answer, before):
            answer = self._ask(question, before, answer)
        self._answered.add(name)
        self._known[name] = answer
        if answer == question.default:  # it changes with the answers that it depends on
            del self._known[name]
        return answer

    def _offered(self, question: Question, before: Mapping[str, str]) -> str:
        """Return the answer that Enter gives. A bad one of the file, or of before, is replaced by the default."""
        if question.name not in self._known:
            return question.default
        answer = self._known[question.name]
        if problems := self._problems(question, answer, before):
            self._tell(problems)
            self._answered.discard(question.name)
            return question.default
        return str(answer)

    def _ask(self, question: Question, before: Mapping[str, str], offered: str) -> str:
        self._show(f"[{question.place}/{len(RULES)}] ", "dim", end="")
        self._show(question.text, "bold")
        for number, choice in enumerate(question.choices, start=1):
            self._show(f"    {number} - {choice}")
        plural = ""
        while True:
            typed = self._typed(f"  [{offered}]: ") or offered
            if typed == _BACK:
                self._go_back(question)
            answer = _choice(typed, question.choices)
            if problems := self._problems(question, answer, before):
                self._tell(problems)
            elif question.name == "context_name" and answer != plural and (word := singular(answer)):
                plural, offered = answer, word
                self._tell([f"Is {answer} a plural? Press Enter for {word}, or type {answer} again to keep it."])
            else:
                return answer

    def _go_back(self, question: Question) -> None:
        """Forget that the question before was answered, and start again. The first question is asked again."""
        names = [name for name in list(RULES)[: question.place - 1] if name not in self._fixed]
        self._answered.difference_update(names[-1:])
        raise _Back

    def _question_to_change(self, answers: Mapping[str, str]) -> str:
        """Show all answers, and return the question to change; an empty string if the user agrees."""
        for number, (name, answer) in enumerate(answers.items(), start=1):
            self._show(f"{number:3} ", "dim", end="")
            self._show(f"{name}: {answer}")
        numbers = {"": "", **{str(number): name for number, name in enumerate(answers, start=1)}}
        while (typed := self._typed(_AGREED)) not in numbers:
            self._tell([f"Type a number from 1 to {len(answers)}, not {typed!r}."])
        return numbers[typed]

    def _problems(self, question: Question, answer: object, before: Mapping[str, str]) -> list[str]:
        return _problems(question, answer, before, self._output)

    def _typed(self, prompt: str) -> str:
        return self._console.input(Text(prompt, "cyan")).strip()

    def _tell(self, problems: list[str]) -> None:
        for problem in problems:
            self._show(f"  {problem}", "red")

    def _show(self, text: str, style: str = "", end: str = "\n") -> None:
        """Print a text as it is: Rich would read signs of an answer as markup, or as the name of an emoji."""
        self._console.print(Text(text, style), soft_wrap=True, end=end)


def _choice(typed: str, choices: tuple[str, ...]) -> str:
    """Return the choice with the typed number, otherwise the typed text."""
    numbers = {str(number): choice for number, choice in enumerate(choices, start=1)}
    return numbers.get(typed, typed)
