"""The answers: parsing, derived names, and the rule for each question.

Standard library only: cookiecutter's process and the hooks import this module, and other packages may be missing there.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from . import clashes, limits, reserved
from .field_types import MOST_LONG_TEXTS, TYPES, field_type, named, values_of
from .library import GIT, INDEX, PLACEHOLDER, WHEEL, address
from .style import LINE
from .texts import character, faults, first_foreign, first_unseen
from .words import columns, constant, plain, slug, snake, split_name

PERSONAL = "personal"
"""The mark of a field with a person's data."""

KINDS = ("creates", "changes", "deletes")

STRATEGIES = (
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
    "AllAtOnce",
)
"""The strategies that AWS provides. Others have the same form; the library's strategy.py parses them."""

CODECOMMIT = "codecommit"
SOURCES = ("codeconnections", CODECOMMIT)
GITHUB = "github"

NONE = "none"
"""The answer that leaves a part of the repository out."""

LISTS = ("import", NONE)
SFTP = ("dedicated", NONE)
API = ("http", NONE)
PULL_REQUESTS = (GITHUB, NONE)

STEP_WITHOUT_REFERENCES = "VerifyList"
"""The verification step of rows without references: it rejects existing ids, and sums up the amounts of other rows."""

_COMMAND = re.compile(r"[^\s,(]+(?:\([^)]*\)?[^\s,]*)?")
_CAPITALIZED = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VERIFICATION = re.compile(rf"Verify{_CAPITALIZED.pattern}")
# The same pattern as in the library's configuration/settings.py: a queue's name contains the subscriber's name.
_SUBSCRIBER = re.compile(rf"[a-z][a-z0-9-]{{0,{limits.SUBSCRIBER - 2}}}[a-z0-9]")
_STRATEGY = re.compile(
    r"AllAtOnce|Canary(?P<first>[0-9]+)Percent(?P<once>[0-9]+)Minutes?"
    r"|Linear(?P<each>[0-9]+)PercentEvery(?P<every>[0-9]+)Minutes?"
)
_REGION = re.compile("[a-z]{2,4}(-[a-z]+){1,2}-[1-9]")
_INDEX = re.compile(r"(https://[a-z0-9.-]+|http://127\.0\.0\.1)(:[0-9]+)?(/[A-Za-z0-9._~-]+)+/?")
"""An index with a certificate, or of this machine; without a password, which uv reads from its environment."""
_OWNER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._:/=+@-]*[A-Za-z0-9])?")
"""The characters of an AWS tag, without characters that look alike."""


class BadAnswer(Exception):
    """Rejected answers. The message has a line for each, with the answer to type instead."""

    def __init__(self, sentences: Iterable[str]) -> None:
        super().__init__("\n".join(sentences))


@dataclass(frozen=True)
class Field:
    """A field of the aggregate: its name in snake_case, and its type: a key of `TYPES` or values such as ``a|b``."""

    name: str
    type: str
    mark: str = dataclasses.field(default="", compare=False)
    """`PERSONAL`, or empty."""

    @property
    def marked(self) -> str:
        """The annotation in the model."""
        return f"Annotated[{self.annotation}, Personal]" if self.mark else self.annotation

    @property
    def annotation(self) -> str:
        """The type in Python."""
        return field_type(self.type).name


@dataclass(frozen=True)
class Command:
    """A command: its name in PascalCase, its kind (of `KINDS`), its event, and the name of the context.

    ``after`` are the statuses from which it starts, empty for that of the command before. ``arguments`` are the fields
    that the caller gives with a change, and the command sets.
    """

    name: str
    kind: str
    event: str
    context: str
    after: tuple[str, ...] = ()
    arguments: tuple[Field, ...] = ()

    @property
    def snake(self) -> str:
        """The name of its function and module."""
        return snake(self.name)

    @property
    def action(self) -> str:
        """The last part of its path, without the context's name: ``AmendVATReturn`` gives ``amend``."""
        return slug(self.name.removesuffix(self.context) or self.name)

    @property
    def status(self) -> str:
        """The status after the command, from the event's name: ``PaymentRegistered`` gives ``REGISTERED``."""
        return constant(self.event.removeprefix(self.context))


def split(text: str) -> tuple[str, ...]:
    """Return the words of an answer, split at spaces and commas."""
    return tuple(text.replace(",", " ").split())


def read_fields(text: str) -> tuple[Field, ...]:
    """Parse ``name:type name:type:personal``; a missing part becomes an empty string."""
    return tuple(Field(*(*word.split(":", 2), "", "")[:3]) for word in split(text))


def read_commands(text: str, context: str) -> tuple[Command, ...]:
    """Parse ``Name:kind:Event Name(argument:type):kind:Event:AFTER|AFTER``; a missing part becomes an empty string."""
    return tuple(_read_command(word, context) for word in _COMMAND.findall(text))


def _read_command(word: str, context: str) -> Command:
    start, bracket, rest = word.partition("(")
    arguments, closed, rest = rest.rpartition(")") if bracket else ("", "", "")
    name, kind, event, after = (*(start + rest).split(":", 3), "", "", "")[:4]
    # A bracket that nothing closes stays in the name, which is then refused.
    name += bracket if bracket and not closed else ""
    return Command(name, kind, event, context, tuple(after.split("|")) if after else (), read_fields(arguments))


def starts_of(commands: Iterable[Command]) -> dict[str, tuple[str, ...]]:
    """Return the start statuses of each changing command: by default, the status that the command before it sets."""
    known = tuple(commands)
    chain = [command for kind in KINDS[:2] for command in known if command.kind == kind]
    return {command.name: command.after or (before.status,) for before, command in pairwise(chain)}


def arguments_of(commands: Iterable[Command]) -> tuple[Field, ...]:
    """Return the fields that commands set, each once."""
    return tuple({field.name: field for command in commands for field in command.arguments}.values())


def read_subscribers(text: str) -> tuple[str, ...]:
    """Parse the subscribers' names; `NONE` gives an empty tuple."""
    return () if text == NONE else split(text)


def purpose(answers: Mapping[str, str]) -> str:
    """Return the default description of a context."""
    sources = "commands" if answers["lists"] == NONE else "commands and lists"
    return f"Registers {plain(answers['plural'])} from {sources}, and publishes events about them."


def looked_up(answers: Mapping[str, str]) -> str:
    """Return the step that looks up the first field with the id of another aggregate; `NONE` without such a field."""
    for field in read_fields(answers["fields"]):
        referenced = field.name.removesuffix("_id")
        step = f"Verify{''.join(word.capitalize() for word in referenced.split('_'))}"
        if referenced != field.name and field.type == "str" and not _clash_of_step(step, answers):
            return step
    return NONE


def merged_on(answers: Mapping[str, str]) -> str:
    """Return the service that checks pull requests: `NONE` if the sources are in CodeCommit."""
    return NONE if answers["source"] == CODECOMMIT else GITHUB


def references_of(verification: str) -> tuple[str, ...]:
    """Return the name of the referenced aggregate in snake_case; an empty tuple without a verification."""
    return (snake(_noun(verification)),) if _noun(verification) else ()


def types_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the library's types for the fields and the id, sorted."""
    return tuple(sorted({"Identifier", *(field.annotation for field in fields if not values_of(field.type))}))


def typing_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the import of ``Literal`` as a line if a field is an enumeration."""
    return ("from typing import Literal",) if any(values_of(field.type) for field in fields) else ()


def model_typing_of(fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the import from ``typing`` that the model needs, or nothing."""
    marked = ["Annotated"] if any(field.mark for field in fields) else []
    names = marked + (["Literal"] if typing_of(fields) else [])
    return (f"from typing import {', '.join(names)}",) if names else ()


def model_types_of(fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the library's names that the model's annotations need."""
    return types_of(fields) + (("Personal",) if any(field.mark for field in fields) else ())


def amounts_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the names of the fields that have a metric of imported amounts."""
    return tuple(field.name for field in fields if field.type == "decimal")


def measure_of(amount: str) -> str:
    """Return the name of an amount's metric: ``net_amount`` gives ``NetAmountImported``."""
    return f"{amount.title().replace('_', '')}Imported"


DERIVED: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "package": lambda answers: snake(answers["context_name"]),
    "constant": lambda answers: constant(answers["context_name"]),
    "words": lambda answers: plain(answers["context_name"]),
    "slug": lambda answers: slug(answers["context_name"]),
    "plural_snake": lambda answers: snake(answers["plural"]),
    "plural_slug": lambda answers: slug(answers["plural"]),
    "plural_words": lambda answers: plain(answers["plural"]),
    "step": lambda answers: _step(answers["verification"]),
    "verification": lambda answers: snake(_step(answers["verification"])),
    "reference": lambda answers: _reference(answers),
    "reference_snake": lambda answers: snake(_reference(answers)),
    "reference_constant": lambda answers: constant(_reference(answers)),
    "reference_slug": lambda answers: slug(_reference(answers)),
    "reference_words": lambda answers: plain(_reference(answers)),
    "checked": lambda answers: "yes" if set(RULES) <= set(answers) else "no",
}
"""Names that follow from the answers; ``cookiecutter.json`` has each with ``__`` before it."""


def refuse_bad(answers: Mapping[str, object]) -> None:
    """Reject bad answers. Questions without an answer are not checked.

    Raises:
        BadAnswer: an answer breaks a rule.
    """
    if sentences := check(answers):
        raise BadAnswer(sentences)


def refuse_unusable(context: Mapping[str, object]) -> None:
    """Reject cookiecutter's context if an answer is missing or bad, or if it overrides a derived name.

    Raises:
        BadAnswer: the context is rejected.
    """
    missing = [f"{question}: type an answer, none is given." for question in RULES if question not in context]
    if missing:
        raise BadAnswer(missing)
    refuse_bad(context)
    answers = {question: str(context[question]) for question in RULES}
    names = {f"__{name}": derive(answers) for name, derive in DERIVED.items()}
    if wrong := [name for name, value in names.items() if context.get(name) != value]:
        raise BadAnswer(f"{name}: leave it out, it follows from the other answers: {names[name]}." for name in wrong)


def check(answers: Mapping[str, object]) -> list[str]:
    """Return a sentence for each rule that an answer breaks. Questions without an answer are not checked."""
    sentences: list[str] = []
    good: dict[str, str] = {}
    for question, rule in RULES.items():
        if question in answers:
            problems = [f"{question}: {problem}." for problem in _problems(answers[question], rule, good)]
            sentences += problems
            good |= {} if problems else {question: str(answers[question])}
    return sentences


Rule = Callable[[str, Mapping[str, str]], Iterator[str]]
"""Yields the faults of an answer; the second argument has the good answers to the questions before."""


def _problems(answer: object, rule: Rule, good: Mapping[str, str]) -> list[str]:
    if answer is not None and not isinstance(answer, str):
        return [_as_text(answer)]
    if answer is None or not answer.strip(" ,"):
        return ["type at least one word"]
    if unseen := first_unseen(answer):
        return [f"type one line of visible characters and plain spaces, not {_quote(answer)}{_at(answer, unseen)}"]
    if answer != answer.strip():
        return [f"type one line without spaces around it, not {_quote(answer)}"]
    if len(answer) > limits.ANSWER:
        return [f"type at most {limits.ANSWER} characters, not {len(answer)}"]
    return list(rule(answer, good))


def _as_text(answer: object) -> str:
    """Return the sentence for an answer that YAML or JSON does not read as text."""
    words = [str(word) for word in answer] if isinstance(answer, list) else []
    example = f", such as {_quote(' '.join(words))}" if words else ""
    description = "a list" if words else _quote(str(answer))
    return f"type the answer as one text in quotes{example}, not {description}, which YAML does not read as text"


def _quote(text: str) -> str:
    return repr(text if len(text) <= limits.SHOWN else text[: limits.SHOWN] + "...")


def _at(text: str, place: int) -> str:
    """Return the character at a place, for the end of a sentence; an empty string for the place 0."""
    return f", whose character {place} is {character(text[place - 1])}" if place else ""


def _typed(text: str) -> str:
    """Return an answer for a sentence, with its first character that no name may have: not of ASCII."""
    return f"{_quote(text)}{_at(text, first_foreign(text))}"


def _step(verification: str) -> str:
    return STEP_WITHOUT_REFERENCES if verification == NONE else verification


def _noun(verification: str) -> str:
    """Return the name of the referenced aggregate; an empty string without a verification."""
    return "" if verification == NONE else verification.removeprefix("Verify")


def _reference(answers: Mapping[str, str]) -> str:
    """Return the first context whose events this context consumes: the referenced context, or an invented name."""
    others = (name for name in ("Neighbour", "Customer") if name != answers["context_name"])
    return _noun(answers["verification"]) or next(others)


def _context(name: str, _: Mapping[str, str]) -> Iterator[str]:
    if not _CAPITALIZED.fullmatch(name):
        yield f"type a name in PascalCase such as Payment, not {_typed(name)}"
    elif name.isupper():
        smaller = _such_as(name.capitalize(), f"{name.capitalize()}Record")
        yield f"type a name with a lower-case letter in it{smaller}, since {name} is a constant in the code"
    elif len(snake(name)) > limits.PACKAGE:
        short = _quote(snake(name))
        yield f"type a shorter name than {_quote(name)}, {short} may have {limits.PACKAGE} characters in AWS names"
    elif words := reserved.STACKS.intersection(snake(name).split("_")[1:]):
        word = min(words)
        same = f"since another context's stack {word} has its AWS names"
        yield f"type a name without {word.capitalize()}, not {_quote(name)}, {same}"
    elif reason := clashes.of_context(name):
        yield f"type a name other than {name}{_such_as(f'{name}Record')}, since {reason}"


def _such_as(*names: str) -> str:
    """Return the first of these names that a context may have, for a sentence; an empty string without such a name."""
    return next((f", such as {name}" for name in names if not name.isupper() and not list(_context(name, {}))), "")


def _plural(name: str, good: Mapping[str, str]) -> Iterator[str]:
    context = good.get("context_name", "Payment")
    longer = f"{context}Records"
    such = f", such as {longer}" if name != longer and not list(_plural(longer, good)) else ""
    other = f"type a name other than {name}{such}, since"
    if not _CAPITALIZED.fullmatch(name):
        yield f"type the plural in PascalCase such as Payments, not {_typed(name)}"
    elif len(name) == 1:
        yield f"type the plural in two letters or more such as Payments, not {_quote(name)}"
    elif len(snake(name)) > limits.PLURAL:
        yield f"type a shorter name than {_quote(name)}, {snake(name)} may have {limits.PLURAL} characters"
    elif snake(name) == snake(context):
        yield f"{other} one and many need two names"
    elif words := {name, snake(name)} & reserved.WORDS:
        yield f"{other} {min(words)} is a reserved word"
    elif reason := reserved.FIXTURES.get(snake(name)):
        yield f"{other} a fixture has this name, and {reason}"
    elif snake(name) in reserved.VARIABLES | reserved.FUNCTIONS:
        yield f"{other} the code or the library has a variable or a function {snake(name)}"


def _display_name(text: str, _: Mapping[str, str]) -> Iterator[str]:
    yield from _plain_words(text)
    if columns(text) > limits.DISPLAYED:
        yield f"type at most {limits.DISPLAYED} columns, not {columns(text)} (East Asian characters take two)"


def _description(text: str, _: Mapping[str, str]) -> Iterator[str]:
    yield from _plain_words(text)
    if len(text) > limits.DESCRIPTION:
        yield f"type at most {limits.DESCRIPTION} characters, not {len(text)}"


def _plain_words(text: str) -> Iterator[str]:
    for fault in faults(text):
        yield f"type plain words {fault}, not {_quote(text)}"


def _fields(text: str, good: Mapping[str, str]) -> Iterator[str]:
    fields = read_fields(text)
    for field in fields:
        yield from _field(field, good)
        yield from _mark(field)
    yield from _repeated(field.name for field in fields)
    yield from _repeated(measure_of(name) for name in amounts_of(fields))
    if len(fields) > limits.FIELDS:
        yield f"type at most {limits.FIELDS} fields, not {len(fields)}"
    if (longs := sum(field.type == "longtext" for field in fields)) > MOST_LONG_TEXTS:
        yield f"type at most {MOST_LONG_TEXTS} fields of the type longtext, not {longs}"


def _field(field: Field, good: Mapping[str, str]) -> Iterator[str]:
    name, owner = field.name, snake(good.get("context_name", "Payment"))
    if not _SNAKE.fullmatch(name):
        yield f"type a field's name in snake_case such as due_date, not {_typed(name)}"
    elif len(name) > limits.FIELD:
        yield f"type a shorter name than {_quote(name)}, of at most {limits.FIELD} characters"
    elif name in ("id", f"{owner}_id"):
        yield f"type the fields without {name}, since {owner}_id is there in any case"
    elif reason := clashes.of_field(name) or _clash_of_amount(field):
        yield f"type a name other than {name}{_other_field(owner, field)}, since {reason}"
    elif values := values_of(field.type):
        yield from _enumeration(field, values)
    elif field.type not in TYPES:
        yield f"type {name}: and one of {named()}, or values as in low|high, not {_quote(f'{name}:{field.type}')}"


def _clash_of_amount(field: Field) -> str:
    is_measure = field.type == "decimal" and measure_of(field.name) in reserved.MEASURES
    return f"the library has a metric {measure_of(field.name)}" if is_measure else ""


def _other_field(owner: str, field: Field) -> str:
    """Return an accepted name for a sentence, with the aggregate's name before the field's; or an empty string."""
    for name in (f"{owner}_{field.name}", f"other_{field.name}"):
        other = dataclasses.replace(field, name=name)
        if len(name) <= limits.FIELD and not clashes.of_field(name) and not _clash_of_amount(other):
            return f", such as {name}"
    return ""


def _enumeration(field: Field, values: Sequence[str]) -> Iterator[str]:
    if not all(map(_VALUE.fullmatch, values)) or len(set(values)) < len(values):
        form = "different values of letters, digits, - and _"
        yield f"type {field.name}: and {form}, as in {field.name}:low|high, not {_quote(field.type)}"
    elif len(field.annotation) > limits.ENUMERATION:
        yield f"type fewer or shorter values for {field.name}, and add the others to the model"


def _mark(field: Field) -> Iterator[str]:
    if field.mark not in ("", PERSONAL):
        yield f"type {field.name}:{field.type} or {field.name}:{field.type}:{PERSONAL}, not {_quote(field.mark)}"
    elif field.mark and values_of(field.type):
        yield f"type {field.name}:str:{PERSONAL}, or leave out the mark: an erasure has no value for values"


def _commands(text: str, good: Mapping[str, str]) -> Iterator[str]:
    commands = read_commands(text, good.get("context_name", ""))
    measures = {*reserved.MEASURES, *map(measure_of, amounts_of(read_fields(good.get("fields", ""))))}
    for command in commands:
        yield from _command(command, commands, good, measures)
    yield from _repeated(command.name for command in commands)
    yield from _shared(commands, "function", lambda command: command.snake)
    changing = [command for command in commands if command.kind == "changes"]
    yield from _shared(changing, "action", lambda command: command.action)
    yield from _shared_events(commands)
    yield from _exactly_one(commands, "creates")
    yield from _exactly_one(commands, "deletes")
    yield from _arguments(commands, good)
    for command in commands:
        yield from _after(command, commands)
    if len(commands) > limits.COMMANDS:
        yield f"type at most {limits.COMMANDS} commands, not {len(commands)}"


def _arguments(commands: Sequence[Command], good: Mapping[str, str]) -> Iterator[str]:
    """Check the arguments, which are fields of the aggregate: two commands may set the same one."""
    fields = read_fields(good.get("fields", ""))
    first: dict[str, Field] = {}
    for command in commands:
        if command.arguments and command.kind != "changes":
            yield f"type {command.name} without arguments, which only commands that change have: type fields instead"
        for argument in command.arguments:
            yield from _field(argument, good)
            yield from _argument(argument, first.setdefault(argument.name, argument), fields)
        yield from _repeated(argument.name for argument in command.arguments)
    every = (*fields, *first.values())
    if len(every) > limits.FIELDS:
        yield f"type at most {limits.FIELDS} fields and arguments, not {len(every)}"
    if (longs := sum(field.type == "longtext" for field in every)) > MOST_LONG_TEXTS:
        yield f"type at most {MOST_LONG_TEXTS} fields and arguments of the type longtext, not {longs}"


def _argument(argument: Field, first: Field, fields: Iterable[Field]) -> Iterator[str]:
    name, types = argument.name, (argument.type, argument.mark)
    if argument.mark not in ("", PERSONAL):
        yield f"type {name}:{argument.type} or {name}:{argument.type}:{PERSONAL}, not {_quote(argument.mark)}"
    elif name in {field.name for field in fields}:
        yield f"type an argument other than {name}, which is a field that the caller gives"
    elif values_of(argument.type) and len(f"    {name}: {argument.marked} | None = None") > LINE:
        yield f"type fewer or shorter values for {name}, and add the others to the model"
    elif types != (first.type, first.mark):
        yield f"type {':'.join((name, first.type, *filter(None, [first.mark])))}, as in the command before"


def _after(command: Command, commands: Sequence[Command]) -> Iterator[str]:
    """Check the statuses from which a command starts."""
    others = [other.status for other in commands if other.kind != "deletes" and other is not command]
    if command.after and command.kind != "changes":
        yield f"type {command.name}:{command.kind}:{command.event}, since only commands that change start from statuses"
        return
    for status in command.after:
        if status not in others:
            yield f"type one of {', '.join(others)} after {command.event}:, not {_quote(status)}"
    yield from _repeated(command.after)


def _pairs(commands: Iterable[Command], key: Callable[[Command], str]) -> Iterator[tuple[Command, Command]]:
    """Yield each command whose key an earlier command of another name has, with that command."""
    first: dict[str, Command] = {}
    for command in commands:
        other = first.setdefault(key(command), command)
        if other.name != command.name and key(command):
            yield command, other


def _shared(commands: Iterable[Command], what: str, key: Callable[[Command], str]) -> Iterator[str]:
    for command, other in _pairs(commands, key):
        yield f"type a name other than {command.name}, since {other.name} has the {what} {key(other)} too"


def _shared_events(commands: Iterable[Command]) -> Iterator[str]:
    for command, other in _pairs(commands, lambda command: snake(command.event)):
        yield (
            f"type an event of its own for {command.name}, not {command.event}, which {other.name} has: "
            "two commands may not share an event"
        )


def _command(
    command: Command, commands: Sequence[Command], good: Mapping[str, str], measures: Iterable[str]
) -> Iterator[str]:
    context = command.context
    example = f"Register{context or 'Payment'}:creates:{context or 'Payment'}Registered"
    word = f"{command.name}:{command.kind}:{command.event}"
    if not (_CAPITALIZED.fullmatch(command.name) and _CAPITALIZED.fullmatch(command.event)):
        yield f"type each command as Name:kind:Event such as {example}, not {_typed(word)}"
    elif command.kind not in KINDS:
        yield f"type one of {', '.join(KINDS)} between the colons, such as {example}, not {_quote(word)}"
    elif context:
        yield from _command_name(command, commands, good)
        yield from _event(command, context, measures)


def _command_name(command: Command, commands: Sequence[Command], good: Mapping[str, str]) -> Iterator[str]:
    if reason := clashes.of_command(command, good.get("plural", "")):
        yield f"type a name other than {command.name}{_instead(command, commands, good)}, since {reason}"
    elif len(command.snake) > _room(good):
        name = _quote(command.snake)
        yield f"type a shorter name than {_quote(command.name)}, {name} may have {_room(good)} characters in AWS names"


def _instead(command: Command, commands: Sequence[Command], good: Mapping[str, str]) -> str:
    """Return an accepted name with the same words, for a sentence: ``ReturnLoan`` for ``Return`` of a loan."""
    plural, others = good.get("plural", ""), {other.snake for other in commands if other is not command}
    for name in _with_same_words(command, plural):
        other = dataclasses.replace(command, name=name)
        is_free = other.snake not in others and len(other.snake) <= _room(good)
        if is_free and not clashes.of_command(other, plural):
            return f", such as {name}"
    return ""


def _with_same_words(command: Command, plural: str) -> Iterator[str]:
    """Yield a command's name with lower-case letters, with the context after its verb, and with another end."""
    context, name = command.context, command.name.capitalize() if command.name.isupper() else command.name
    verb, *more = split_name(command.name.removeprefix(context).removeprefix(plural)) or ["Register"]
    noun = "".join(more)
    yield name
    yield f"{verb}{context}{'' if noun in (context, plural) else noun}"
    yield f"Check{name.removeprefix(verb)}" if verb == clashes.TEST else f"{name}Record"
    yield f"Register{context}"


def _room(good: Mapping[str, str]) -> int:
    """Return how many characters a function's name may have, in snake_case."""
    return limits.PART - len(snake(good.get("context_name", "")))


def _has_lists(good: Mapping[str, str]) -> bool:
    return good.get("lists") != NONE


def _event(command: Command, context: str, measures: Iterable[str]) -> Iterator[str]:
    verb = command.event.removeprefix(context)
    if verb == command.event or not _CAPITALIZED.fullmatch(verb) or verb in reserved.LIST_EVENTS:
        yield f"type {context} and what happened to it, such as {context}Registered, not {command.event}"
    elif command.status in reserved.AMBIGUOUS and command.kind != "deletes":
        yield f"type an event other than {command.event}, since the status {command.status} looks like a digit (E741)"
    elif len(command.status) > limits.STATUS:
        status = _quote(command.status)
        yield f"type a shorter event than {_quote(command.event)}, {status} may have {limits.STATUS} characters in code"
    elif command.event in measures:
        yield f"type an event other than {command.event}, which is the name of a metric of the library or of a field"


def _exactly_one(commands: Iterable[Command], kind: str) -> Iterator[str]:
    count = sum(command.kind == kind for command in commands)
    if count != 1:
        yield f"type exactly one command of the kind {kind}, not {count} (a restore publishes both events)"


def _repeated(names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"type {name} once, not {count} times"


def _verification(name: str, good: Mapping[str, str]) -> Iterator[str]:
    if name != NONE and (reason := _clash_of_step(name, good)):
        known = looked_up(good) if "fields" in good else "VerifySubscription"
        yield f"type {known if known == NONE else f'{known} or {NONE}'}, not {_typed(name)}: {reason}"


def _clash_of_step(name: str, good: Mapping[str, str]) -> str:
    """Return the reason why a verification may not have its name; an empty string if it may."""
    if not _VERIFICATION.fullmatch(name):
        return "the name is Verify and the name of another context in PascalCase"
    noun, context = _noun(name), good.get("context_name", "")
    field = Field(f"{snake(noun)}_id", "str")
    if snake(noun) == snake(context):
        return f"{noun} is this context"
    if snake(noun) in {"list", *reserved.YAML}:
        return f"{noun} is a reserved word"
    if _has_lists(good) and name in reserved.STATES:
        return f"every workflow has a state {name}"
    if snake(name) in {command.snake for command in read_commands(good.get("commands", ""), context)}:
        return f"{name} is a command already"
    if not 2 <= len(snake(noun)) <= limits.REFERENCE:
        return f"the name of the other context has 2 to {limits.REFERENCE} characters, not {len(snake(noun))}"
    if len(snake(name)) > _room(good):
        return f"{snake(name)} may have {_room(good)} characters in AWS names"
    if "fields" in good and field not in read_fields(good["fields"]):
        return f"add {field.name}:str to fields"
    return ""


def _snakes(good: Mapping[str, str]) -> set[str]:
    """Return the functions that the answers name: the commands and the verification."""
    commands = read_commands(good.get("commands", ""), good.get("context_name", ""))
    return {snake(_step(good.get("verification", ""))), *(command.snake for command in commands)}


_DEAD = "-dead-letters"
"""The end of the name of a subscriber's dead-letter queue."""


def _subscribers(text: str, good: Mapping[str, str]) -> Iterator[str]:
    names = read_subscribers(text)
    if NONE in names:
        yield f"type {NONE} alone for no subscriber, or leave it out, not {_quote(text)}"
    room = limits.QUEUE - len(snake(good.get("context_name", "")))
    for name in names:
        if not _SUBSCRIBER.fullmatch(name):
            yield f"type 2 to 32 lower-case letters, digits and dashes such as front-office, not {_typed(name)}"
        elif len(name) > room:
            yield f"type a shorter name than {name}, which may have {room} characters in AWS names"
        elif name in reserved.YAML:
            yield f"type a name other than {name}{_team(name, room)}, since {name} is a reserved word of YAML"
        elif name.removesuffix(_DEAD) in {*names} - {name}:
            yield f"type a name other than {name}, which the dead-letter queue of {name.removesuffix(_DEAD)} has"
        elif name.replace("-", "_") in {"uploads", "unseen", "inbound", *reserved.DEPLOYED, *_snakes(good)}:
            yield f"type a name other than {name}{_team(name, room)}, since the library names a queue or a function so"
    yield from _repeated(names)
    if len(names) > limits.SUBSCRIBERS:
        yield f"type at most {limits.SUBSCRIBERS} names, not {len(names)}"


def _team(name: str, room: int) -> str:
    """Return another name of a subscriber for a sentence; an empty string if it would be too long."""
    return f", such as {name}-team" if len(f"{name}-team") <= min(room, limits.SUBSCRIBER) else ""


def _strategy(name: str, _: Mapping[str, str]) -> Iterator[str]:
    form = _STRATEGY.fullmatch(name) if len(name) <= limits.SHOWN else None
    if form is None:
        own = "or one of your own such as Canary25Percent20Minutes"
        yield f"type one of {', '.join(STRATEGIES)}, {own}, not {_quote(name)}"
    elif name != "AllAtOnce":
        yield from _shifts(int(form["first"] or form["each"]), int(form["once"] or 0), int(form["every"] or 0))


def _shifts(percentage: int, once: int, every: int) -> Iterator[str]:
    if not 1 <= percentage <= 99:
        yield f"type a strategy that shifts 1 to 99 percent at first, not {percentage}"
    elif not 1 <= (minutes := once or every * (99 // percentage)) <= limits.SHIFT:
        yield f"type a strategy that takes 1 to {limits.SHIFT} minutes, not {minutes}"


def _one_of(words: tuple[str, ...]) -> Rule:
    def rule(name: str, _: Mapping[str, str]) -> Iterator[str]:
        if name not in words:
            yield f"type one of {', '.join(words)}, not {_quote(name)}"

    return rule


def _pull_requests(name: str, good: Mapping[str, str]) -> Iterator[str]:
    yield from _one_of(PULL_REQUESTS)(name, good)
    if name == GITHUB and good.get("source") == CODECOMMIT:
        yield f"type {NONE}, not {_quote(name)}, since the sources are in CodeCommit"


def _region(name: str, _: Mapping[str, str]) -> Iterator[str]:
    if name not in reserved.REGIONS:
        closest = next(iter(get_close_matches(name, reserved.REGIONS, 1)), "eu-west-1")
        partitions = ", ".join(reserved.PARTITIONS)
        yield f"type a region of the partitions {partitions}, such as {closest}, not {_quote(name)}"


def _owner(name: str, _: Mapping[str, str]) -> Iterator[str]:
    if not _OWNER.fullmatch(name) or len(name) > limits.OWNER:
        signs = "letters, digits, spaces and . _ : / = + @ -"
        yield f"type a team such as payments-team in at most {limits.OWNER} {signs}, not {_typed(name)}"
    elif name.lower().startswith("aws:"):
        yield f"type a team such as payments-team, not {_quote(name)}, since AWS keeps what begins with aws: for itself"


def _library(way: str, _: Mapping[str, str]) -> Iterator[str]:
    if way == GIT and address() == PLACEHOLDER:
        setting = "[project.urls] of library/runtime/pyproject.toml has the placeholder"
        yield f"type {WHEEL}, or write the template's address into it, since {setting} {PLACEHOLDER}"
    elif way not in (WHEEL, GIT) and not _INDEX.fullmatch(way):
        yield f"type {WHEEL}, {GIT}, or the address of your package index such as {INDEX}, not {_typed(way)}"


RULES: Mapping[str, Rule] = {
    "context_name": _context,
    "plural": _plural,
    "display_name": _display_name,
    "lists": _one_of(LISTS),
    "description": _description,
    "fields": _fields,
    "commands": _commands,
    "verification": _verification,
    "sftp": _one_of(SFTP),
    "api": _one_of(API),
    "subscribers": _subscribers,
    "strategy": _strategy,
    "source": _one_of(SOURCES),
    "pull_requests": _pull_requests,
    "region": _region,
    "owner": _owner,
    "library": _library,
}
"""The questions in their order, each with its rule."""

FORMS: Mapping[str, re.Pattern[str]] = {
    "context_name": _CAPITALIZED,
    "plural": _CAPITALIZED,
    "region": _REGION,
    "owner": _OWNER,
}
"""The pattern of a whole answer, for questions with such a pattern."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "lists": LISTS,
    "sftp": SFTP,
    "api": API,
    "source": SOURCES,
}
"""The questions with a choice of words; the first word is the default."""
