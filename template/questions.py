"""The questions of ``cookiecutter.json``, with defaults that depend on the answers before them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cookiecutter.prompt import render_variable
from cookiecutter.utils import create_env_with_context

from .answers import RULES, check
from .library import REPOSITORY


@dataclass(frozen=True)
class Question:
    """A question: its name in files of answers, its text in the terminal, and its number, from 1.

    ``default`` depends on the answers before; for a question with ``choices`` it is a choice.
    """

    name: str
    text: str
    place: int
    default: str
    choices: tuple[str, ...] = ()

    def problems(self, answer: object, before: Mapping[str, str]) -> list[str]:
        """Return the faults of an answer as sentences; ``before`` has the good answers to the questions before."""
        return check({**before, self.name: answer})


Ask = Callable[[Question, Mapping[str, str]], str]
"""Returns the answer to a question; the second argument has the answers to the questions before."""


def interview(ask: Ask) -> dict[str, str]:
    """Ask each question and return the answers, in the questions' order."""
    template = declared()
    texts, environment = template["__prompts__"], create_env_with_context({"cookiecutter": template})
    context: dict[str, Any] = {}
    answers: dict[str, str] = {}
    for key, raw in _rendered(template):
        value = render_variable(environment, raw, context)
        if key in RULES:
            default, choices = (value[0], tuple(value)) if isinstance(value, list) else (value, ())
            value = ask(Question(key, texts[key], len(answers) + 1, default, choices), dict(answers))
            answers[key] = value
        context[key] = value
    return answers


def filled(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers, with defaults for missing answers."""
    return interview(lambda question, _: answers.get(question.name, question.default))


def declared() -> dict[str, Any]:
    """Return ``cookiecutter.json``: the questions with their defaults and texts, and the derived names."""
    return json.loads((REPOSITORY / "cookiecutter.json").read_text(encoding="utf-8"))


def _rendered(template: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the questions and the derived names in the file's order."""
    return ((key, raw) for key, raw in template.items() if key in RULES or (key[:2] == "__" and key != "__prompts__"))
