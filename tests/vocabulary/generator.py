"""Draws answers of any shape from a vocabulary. The same seed gives the same answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from template import limits
from template.answers import API, CODECOMMIT, GITHUB, KINDS, LISTS, NONE, PERSONAL, SFTP, SOURCES, STRATEGIES, check
from template.field_types import TYPES
from template.library import INDEX, WHEEL
from template.reserved import REGIONS
from template.words import display

from .words import Vocabulary

Answers = dict[str, str]

TRIES = 200
"""Draws of one answer. Most of the drawn answers are accepted."""

_TEXTS = (
    "O",
    "牛",
    "Ünïted & sons' #1",
    "It's 100%: {x} [y] $z ${w} \\n `q`",
    '"quoted"',
    "a_b*c~d|e",
    "it%s {0}",
    "- x",
)
_OWNERS = ("o", "payments-team", "Team 7 / B", "a.b_c:d/e=f+g-h@i", "0", "null", "yes")
_SUBSCRIBERS = ("bi", "front-office", "data-lake", "a1", "x-", "audit-dead-letters", "s" * limits.SUBSCRIBER)
_VALUES = ("low", "high", "m", "f", "A", "1", "0", "true", "none", "On-Hold", "x_y", "N", "Y", "l", "O", "EUR", "007")
_ENDS = ("", "", "", "_id", "_date", "_on", "_at", "_code", "_2", "_of_birth", "_amount", "_list", "_status")


@dataclass(frozen=True)
class Refusal:
    """Answers of which the last is refused, with a sentence for each fault."""

    question: str
    answers: Answers
    sentences: tuple[str, ...]


class Exhausted(Exception):
    """No accepted answer to a question was drawn; the message has the last refusal."""


def drawn(vocabulary: Vocabulary, seed: str) -> tuple[Answers, list[Refusal]]:
    """Return accepted answers to all questions, and the answers that were refused before. Raises Exhausted."""
    draw, refusals = _Draw(Random(seed), vocabulary), list[Refusal]()  # noqa: S311 (reproducible)
    for question, method in _QUESTIONS.items():
        for _ in range(TRIES):
            answers = {**draw.answers, question: method(draw)}
            sentences = check(answers)
            if not sentences:
                draw.answers = answers
                break
            refusals.append(Refusal(question, answers, tuple(sentences)))
        else:
            raise Exhausted(f"{seed}: {refusals[-1]}")
    return draw.answers, refusals


class _Draw:
    """The accepted answers so far, and a draw for each question."""

    def __init__(self, random: Random, vocabulary: Vocabulary) -> None:
        self._random, self._words, self.answers = random, vocabulary, Answers()
        self._plural, self._verb = "", self._words.verbs[0]

    def _one_in(self, count: int) -> bool:
        return self._random.randrange(count) == 0

    def _noun(self) -> str:
        return self._random.choice(self._words.nouns)[0]

    def _taken(self) -> str:
        """Return a name in snake_case that something else has, or a noun."""
        return self._random.choice(self._words.reserved) if self._words.reserved else _snake(self._noun())

    def context_name(self) -> str:
        """Return a noun, two nouns, or a name that something else has."""
        if self._words.reserved and self._one_in(8):
            name = _pascal(self._taken())
            self._plural = f"{name}s"
            return name
        noun, self._plural = self._random.choice(self._words.nouns)
        if not self._one_in(4):
            return noun
        first = self._noun()
        self._plural = first + self._plural
        return first + noun

    def plural(self) -> str:
        """Return the noun's plural, or another name."""
        if self._one_in(12):
            return self._random.choice((f"{self._noun()}Records", _pascal(self._taken()), f"AListOf{self._plural}"))
        if self._plural == self.answers["context_name"] and not self._one_in(3):
            return f"{self._plural}Records"
        return self._plural

    def display_name(self) -> str:
        """Return the title, or a text with signs."""
        return self._random.choice(_TEXTS) if self._one_in(4) else display(self.answers["context_name"])

    def description(self) -> str:
        """Return a text, some with signs."""
        return f"{self._random.choice(_TEXTS)} {self._noun()}" if self._one_in(3) else f"Registers {self._plural}."

    def fields(self) -> str:
        """Return up to a dozen fields, each of any type with any mark."""
        count = self._random.choice((1, 2, 3, 4, 5, 6, 8, 12))
        return " ".join(self._field() for _ in range(count))

    def _field(self) -> str:
        name = self._taken() if self._one_in(4) else _snake(self._noun()) + self._random.choice(_ENDS)
        kind = self._random.choice([*TYPES, "str", "str", self._enumeration(), self._enumeration()])
        mark = f":{PERSONAL}" if self._one_in(3) and (kind not in TYPES or TYPES[kind].erased) else ""
        return f"{name}:{'str' if name.endswith('_id') else kind}{mark if not name.endswith('_id') else ''}"

    def _enumeration(self) -> str:
        return "|".join(self._random.sample(_VALUES, self._random.randint(2, 4)))

    def commands(self) -> str:
        """Return commands of all kinds, in any order but the first."""
        kinds = [KINDS[0], *[KINDS[1]] * self._random.choice((0, 1, 1, 2, 3, 5)), KINDS[2]]
        if self._one_in(4):
            self._random.shuffle(kinds)
        return " ".join(map(self._command, kinds))

    def _command(self, kind: str) -> str:
        context = self.answers["context_name"]
        if not self._one_in(15):  # else a name or an event occurs twice
            self._verb = self._random.choice(self._words.verbs)
        verb, participle = self._verb
        name = verb + self._random.choice((context, context, context, "", self._noun()))
        if self._words.reserved and self._one_in(10):
            name = _pascal(self._taken())
        return f"{name}:{kind}:{context}{participle}"

    def verification(self) -> str:
        """Return the step for a field with an id, or none."""
        ids = [word.split("_id:")[0] for word in self.answers["fields"].split() if word.endswith("_id:str")]
        return f"Verify{_pascal(self._random.choice(ids))}" if ids and not self._one_in(6) else NONE

    def subscribers(self) -> str:
        """Return up to five subscribers, or none."""
        if self._one_in(5):
            return NONE
        nouns = [_snake(self._noun()).replace("_", "-") for _ in range(self._random.randint(1, 3))]
        others = self._random.sample(_SUBSCRIBERS, 1) if self._one_in(3) else []
        return " ".join([*nouns, *others, *([self._taken().replace("_", "-")] if self._one_in(3) else [])])

    def strategy(self) -> str:
        """Return one of AWS's strategies, or another one."""
        own = f"Canary{self._random.randint(1, 99)}Percent{self._random.randint(1, 60)}Minutes"
        return self._random.choice((*STRATEGIES, own))

    def pull_requests(self) -> str:
        """Return github, unless the sources are elsewhere."""
        return NONE if self.answers["source"] == CODECOMMIT else self._random.choice((GITHUB, GITHUB, NONE))

    def one_of(self, *choices: str) -> str:
        """Return one of these."""
        return self._random.choice(choices)


_QUESTIONS: Mapping[str, Callable[[_Draw], str]] = {
    "context_name": _Draw.context_name,
    "plural": _Draw.plural,
    "display_name": _Draw.display_name,
    "lists": lambda draw: draw.one_of(LISTS[0], LISTS[0], *LISTS),
    "description": _Draw.description,
    "fields": _Draw.fields,
    "commands": _Draw.commands,
    "verification": _Draw.verification,
    "sftp": lambda draw: draw.one_of(*SFTP),
    "api": lambda draw: draw.one_of(API[0], *API),
    "subscribers": _Draw.subscribers,
    "strategy": _Draw.strategy,
    "source": lambda draw: draw.one_of(*SOURCES),
    "pull_requests": _Draw.pull_requests,
    "region": lambda draw: draw.one_of("eu-west-1", *REGIONS),
    "owner": lambda draw: draw.one_of(*_OWNERS),
    "library": lambda draw: draw.one_of(WHEEL, INDEX),
}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split("[_-]", name))
