"""The Jinja extension for cookiecutter: filters that check the answers and derive names from them.

It runs in the user's cookiecutter, so it needs only Jinja and the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context

from . import answers
from .answers import RULES, BadAnswer, Command
from .field_types import field_type
from .library import DISTRIBUTIONS, NAME, REPOSITORY, VERSION, WHEEL, LibraryError, find_uv, origin, sources
from .record import record
from .reserved import LIST_EVENTS
from .schemas import json_schema
from .style import LINE, fitted, imported, sorting_imports, tupled
from .words import display, plural, snake

OLDEST = (2, 6)
"""The first version of cookiecutter that finds a template's folder by the template's own delimiters."""

_QUESTIONS = REPOSITORY / "cookiecutter.json"
_FOLDER = "<<cookiecutter.context_name>>"
_IGNORED = "Invalid default received: "
_NO_SIGNS = "Type answers without << <% and <#, which are the template's own signs, not {!r}."
_SIGN = re.compile("<[<%#]")
_DEFAULTS = {
    str(option)
    for value in json.loads(_QUESTIONS.read_text("utf-8")).values()
    for option in (value if isinstance(value, list) else [value])
}
_OWN = {
    *_DEFAULTS,
    *(path.read_text("utf-8") for path in (REPOSITORY / "hooks").glob("*.py")),
}
"""The template's own strings: the defaults and the hooks. Cookiecutter renders them like answers."""
_PATH = re.compile(f"<<cookiecutter\\.(context_name|__({'|'.join(answers.DERIVED)}))>>")
"""The placeholders in names of files and folders. Cookiecutter renders these names like answers."""


class Names(Extension):
    """The extension: it adds the filters, and prevents that cookiecutter renders answers as templates."""

    def __init__(self, environment: Environment) -> None:
        """Reject versions of cookiecutter that are too old, before they fail with an unclear message."""
        super().__init__(environment)
        _refuse_old_cookiecutter()
        _refuse_ignored_answers()
        environment.filters.update(_FILTERS)
        # pyrefly: ignore[bad-assignment] (not annotated)
        environment.globals |= {
            "version": VERSION,
            "origin": origin(),
            "distribution": NAME,
            "distributions": DISTRIBUTIONS,
        }
        environment.undefined = _NotYet

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Reject strings with Jinja signs other than names of answers; files may use all of Jinja.

        Cookiecutter renders the answers of a command line as templates. It renders the folder's name before the hooks
        run. On a replay, this is the first access to the answers, so they are checked there.
        """
        if name is not None:
            return sorting_imports(source) if name.endswith(".py") else source
        if source == _FOLDER:
            return "<<cookiecutter|folder>>"
        if source not in _OWN and _SIGN.search(_PATH.sub("", source)):
            _refuse(_NO_SIGNS.format(source[:60]))
        # Cookiecutter renders a question's default before it asks the question: check the answers so far at that time.
        return f"<<cookiecutter|judged>>{source}" if source in _DEFAULTS else source


class _NotYet(StrictUndefined):
    """An answer that is used before it exists. Without this class, cookiecutter prints its whole context."""

    def __init__(self, hint: str | None = None, obj: object = None, name: str | None = None, *_: object) -> None:
        super().__init__(hint, obj, name, _refusal())  # pyrefly: ignore[bad-argument-type] (Jinja accepts any exception)

    @property
    def _undefined_message(self) -> str:
        return _NO_SIGNS.format(f"<<cookiecutter.{self._undefined_name}>>")


def _refusal() -> type[Exception]:
    # Cookiecutter's command prints this exception's message and exits with 1; other exceptions print a traceback.
    from cookiecutter.exceptions import FailedHookException

    return FailedHookException


def _refuse(message: object) -> NoReturn:
    raise _refusal()(str(message))


def _refuse_old_cookiecutter() -> None:
    from cookiecutter import __version__ as version

    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        _refuse(f"This template needs cookiecutter 2.6 or newer, and this is {version}: pip install -U cookiecutter")


def _refuse_ignored_answers() -> None:
    """Reject a file of answers with a bad choice: cookiecutter only warns, and ignores the rest of the file."""
    from cookiecutter import generate

    for warned in getattr(generate, "__warningregistry__", {}):
        warning = str(warned[0]) if isinstance(warned, tuple) else ""
        if warning.startswith(_IGNORED):
            _refuse(f"The file of answers: type one of the choices: {warning.removeprefix(_IGNORED)}")


def _refuse_bad(context: Mapping[str, Any]) -> str:
    """Reject bad answers so far; return an empty string."""
    try:
        answers.refuse_bad(context)
    except BadAnswer as error:
        _refuse(error)
    return ""


def _derived(name: str, context: Mapping[str, Any]) -> str:
    _refuse_bad(context)
    try:
        return answers.DERIVED[name](context)
    except KeyError:  # an answer uses a derived name whose answers do not exist yet
        _refuse(_NO_SIGNS.format(f"<<cookiecutter|{name}>>"))


def _folder(context: Mapping[str, Any]) -> str:
    try:
        answers.refuse_unusable(context)
        if context["library"] == WHEEL:
            find_uv()
    except (BadAnswer, LibraryError) as error:
        _refuse(error)
    return str(context["context_name"])


@pass_context
def _commands(context: Context, text: str) -> tuple[Command, ...]:
    return answers.read_commands(text, context["cookiecutter"]["context_name"])


@pass_context
def _creates(context: Context, text: str) -> Command:
    return next(command for command in _commands(context, text) if command.kind == "creates")


@pass_context
def _changes(context: Context, text: str) -> tuple[Command, ...]:
    return tuple(command for command in _commands(context, text) if command.kind == "changes")


@pass_context
def _lasting(context: Context, text: str) -> tuple[Command, ...]:
    """Return the commands that leave an aggregate with a status."""
    return tuple(command for command in _commands(context, text) if command.kind != "deletes")


@pass_context
def _deletes(context: Context, text: str) -> Command:
    return next(command for command in _commands(context, text) if command.kind == "deletes")


@pass_context
def _events(context: Context, text: str) -> tuple[str, ...]:
    answers = context["cookiecutter"]
    raised = (command.event for command in _commands(context, text))
    of_lists = LIST_EVENTS if _is_chosen(answers["lists"]) else ()
    return (*raised, *(f"{answers['context_name']}{event}" for event in of_lists))


@pass_context
def _declared(context: Context, command: Command) -> str:
    """Return the arguments of a command's declaration: class, rule, status after it, event, start statuses."""
    status = () if command.kind == "deletes" else (f"Status.{command.status}",)
    return ", ".join((command.name, command.snake, *status, f'"{command.event}"', *_started(context, command)))


def _started(context: Context, command: Command) -> tuple[str, ...]:
    if command.kind == "changes":
        statuses = [f"Status.{status}" for status in _before(context, command)]
        return (f"after=({', '.join(statuses)}{',' if len(statuses) == 1 else ''})",)
    return ("after=tuple(Status)",) if command.kind == "deletes" else ()


@pass_context
def _starts(context: Context, command: Command) -> list[str]:
    """Return the nodes where a command's arrows start, in the diagram of the library's contracts/documents.py."""
    lasting = _lasting(context, context["cookiecutter"]["commands"])
    starts = {"creates": lambda: ["[*]"], "changes": lambda: [f"is_{status}" for status in _before(context, command)]}
    return starts.get(command.kind, lambda: [f"is_{before.status}" for before in lasting])()


@pass_context
def _before(context: Context, command: Command) -> tuple[str, ...]:
    """Return the start statuses of a changing command."""
    return answers.starts_of(_commands(context, context["cookiecutter"]["commands"]))[command.name]


@pass_context
def _state(context: Context, text: str) -> tuple[answers.Field, ...]:
    """Return the fields that commands set."""
    return answers.arguments_of(_commands(context, text))


@pass_context
def _stored(context: Context, text: str) -> tuple[answers.Field, ...]:
    """Return the fields of the details, and those that commands set."""
    return answers.read_fields(text) + _state(context, context["cookiecutter"]["commands"])


@pass_context
def _model_names(context: Context, text: str) -> list[str]:
    """Return the library's names that the fields of the model need."""
    base = ["State"] if _state(context, context["cookiecutter"]["commands"]) else []
    return [*answers.model_types_of(_stored(context, text)), *base]


@pass_context
def _state_class(context: Context, text: str) -> list[str]:
    """Return the name of the class of the fields that commands set, or nothing."""
    return [f"{context['cookiecutter']['context_name']}State"] if _state(context, text) else []


@pass_context
def _parameters(context: Context, text: str) -> list[str]:
    """Return the parameters of the aggregate's base class."""
    return [f"{context['cookiecutter']['context_name']}Details", "Status", *_state_class(context, text)]


@pass_context
def _command_types(context: Context, text: str) -> list[str]:
    """Return the library's names that the commands need."""
    return sorted({"Change", *answers.model_types_of(_state(context, text))})


@pass_context
def _moved(context: Context, command: Command) -> list[str]:
    """Return the lines of a rule that make the changed aggregate."""
    current = f"expected(command, {snake(context['cookiecutter']['plural'])})"
    if not command.arguments:
        return [f"changed = {current}.moved_to(Status.{command.status})"]
    values = ", ".join(f"{field.name}=command.{field.name}" for field in command.arguments)
    made = (f"state = current.state.having({values})", f"changed = current.moved_to(Status.{command.status}, state)")
    return [f"current = {current}", *made]


@pass_context
def _sample(context: Context, command: Command) -> str:
    """Return a call that makes a command for the sample."""
    identity = f"{snake(context['cookiecutter']['context_name'])}_id"
    if not command.arguments:
        return f"{command.name}({identity}=SAMPLE.id)"
    return f'{command.name}.model_validate({{"{identity}": SAMPLE.id, **values}})'


def _values(command: Command) -> list[str]:
    """Return the lines that assign the values of a command's arguments, or nothing."""
    if not command.arguments:
        return []
    members = [f'"{field.name}": {_literal(field_type(field.type).value)}' for field in command.arguments]
    line = f"values = {{{', '.join(members)}}}"
    return [line] if len(line) <= LINE - 4 else ["values = {", *(f"    {member}," for member in members), "}"]


def _set_values(command: Command) -> list[str]:
    """Return the name of the values that a command has set, or nothing."""
    return ["values"] if command.arguments else []


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


@pass_context
def _refusals(context: Context, text: str) -> list[str]:
    """Return the library's exceptions that the tests of the rules expect."""
    moved = ["IllegalMove"] if _changes(context, text) else []
    return ["AlreadyExists", *moved, "NotFound", "VersionConflict"]


def _referred(verification: str) -> str:
    """Return the fields with ids of other contexts, each with the aggregate's name, as a Python literal."""
    return json.dumps({f"{name}_id": name for name in answers.references_of(verification)})


def _is_chosen(answer: str) -> bool:
    return answer != answers.NONE


def _kebab(name: str) -> str:
    """Return a name in kebab-case, as in the names of resources."""
    return name.replace("_", "-")


def _underscored(name: str) -> str:
    """Return a name as an id in the README's diagram: ``front-office`` becomes ``front_office``."""
    return name.replace("-", "_")


def _camel(name: str) -> str:
    """Return a function's name as a label in the README's diagram: ``get_vat_return`` becomes ``GetVatReturn``."""
    return "".join(word.capitalize() for word in name.split("_"))


def _quoted(text: str) -> str:
    """Return text in double quotes; JSON, TOML, YAML and Python read it in the same way."""
    return json.dumps(text, ensure_ascii=False)


def _located(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context with the template's folder, for hooks, which run in another folder than cookiecutter."""
    return {**context, "_repo_dir": str(REPOSITORY)}


def _provenance(context: Mapping[str, Any]) -> str:
    """Return the answers and the version of a bake as JSON, which cookiecutter reads as a file of answers."""
    return record({question: context[question] for question in RULES})


_FILTERS: dict[str, Any] = {
    "fields": answers.read_fields,
    "types": answers.types_of,
    "model_typing": answers.model_typing_of,
    "typing": answers.typing_of,
    "commands": _commands,
    "creates": _creates,
    "camel": _camel,
    "changes": _changes,
    "deletes": _deletes,
    "events": _events,
    "before": _before,
    "starts": _starts,
    "state": _state,
    "state_class": _state_class,
    "stored": _stored,
    "model_names": _model_names,
    "parameters": _parameters,
    "command_types": _command_types,
    "moved": _moved,
    "sample": _sample,
    "set_values": _set_values,
    "values": _values,
    "lasting": _lasting,
    "chosen": _is_chosen,
    "declared": _declared,
    "fitted": fitted,
    "imported": imported,
    "judged": _refuse_bad,
    "json_schema": json_schema,
    "kebab": _kebab,
    "referred": _referred,
    "refusals": _refusals,
    "tupled": tupled,
    "subscribers": answers.read_subscribers,
    "underscored": _underscored,
    "looked_up": answers.looked_up,
    "purpose": answers.purpose,
    "merged_on": answers.merged_on,
    "quoted": _quoted,
    "plural": plural,
    "display": display,
    "folder": _folder,
    "located": _located,
    "sources": sources,
    "provenance": _provenance,
    **{name: (lambda context, name=name: _derived(name, context)) for name in answers.DERIVED},
}
