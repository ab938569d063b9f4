"""The questions as ``cookiecutter.json`` has them, and the defaults that follow from the answers before them."""

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
    """A question: ``name`` as files of answers have it, ``text`` as people read it, its place among all, from 1.

    ``default`` follows from the answers before it; of a question with ``choices`` it is one of them.
    """

    name: str
    text: str
    place: int
    default: str
    choices: tuple[str, ...] = ()

    def problems(self, answer: object, before: Mapping[str, str]) -> list[str]:
        """Return what is wrong with an answer, given good answers to the questions before: sentences."""
        return check({**before, self.name: answer})


Ask = Callable[[Question, Mapping[str, str]], str]
"""Gets the answer to a question, given the answers to those before it."""


def interview(ask: Ask) -> dict[str, str]:
    """Put each question and return the answers, in the questions' order."""
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


def filled(given: Mapping[str, str]) -> dict[str, str]:
    """Return the answers with the defaults of those that are not given."""
    return interview(lambda question, _: given.get(question.name, question.default))


def declared() -> dict[str, Any]:
    """Return ``cookiecutter.json``: the questions with their defaults, their texts, and what is derived of them."""
    return json.loads((REPOSITORY / "cookiecutter.json").read_text(encoding="utf-8"))


def _rendered(template: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the questions and the derived names, in their order."""
    return ((key, raw) for key, raw in template.items() if key in RULES or (key[:2] == "__" and key != "__prompts__"))
