"""The Jinja extension that cookiecutter loads: filters that check the answers and give the names made of them.

It runs inside whatever cookiecutter the user has, so it needs nothing but Jinja and the standard library.
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
from .catalog import group, reviewer
from .library import REPOSITORY, VERSION, WHEEL, LibraryError, address, find_uv, source
from .record import record
from .reserved import LIST_EVENTS
from .schemas import json_schema
from .style import fitted, imported, sorting_imports, tupled
from .words import display, plural

OLDEST = (2, 6)
"""The first cookiecutter that finds a template folder by delimiters of its own."""

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
"""The template's own strings: the defaults, and the hooks, which cookiecutter renders like answers."""
_PATH = re.compile(f"<<cookiecutter\\.(context_name|__({'|'.join(answers.DERIVED)}))>>")
"""What names of files and folders hold, which cookiecutter renders like answers too."""


class Names(Extension):
    """Adds the filters, and keeps cookiecutter from running answers as templates."""

    def __init__(self, environment: Environment) -> None:
        """Refuse a cookiecutter that is too old, before it fails in a way nobody understands."""
        super().__init__(environment)
        _refuse_old_cookiecutter()
        _refuse_ignored_answers()
        environment.filters.update(_FILTERS)
        environment.globals |= {"version": VERSION, "address": address()}
        environment.undefined = _NotYet

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Let a string, which may be an answer, name other answers and do nothing else; files may use all of Jinja.

        Cookiecutter renders the answers of a command line as templates. It renders the folder's name before any hook
        runs, and on a replay that is the first we see of the answers: so they are checked there.
        """
        if name is not None:
            return sorting_imports(source) if name.endswith(".py") else source
        if source == _FOLDER:
            return "<<cookiecutter|folder>>"
        if source not in _OWN and _SIGN.search(_PATH.sub("", source)):
            _refuse(_NO_SIGNS.format(source[:60]))
        # Each question's default is rendered before it is asked: the answers so far are judged then, not some later.
        return f"<<cookiecutter|judged>>{source}" if source in _DEFAULTS else source


class _NotYet(StrictUndefined):
    """An answer that is named before it is given; without this, cookiecutter prints all that it knows."""

    def __init__(self, hint: str | None = None, obj: object = None, name: str | None = None, *_: object) -> None:
        super().__init__(hint, obj, name, _refusal())  # pyright: ignore[reportArgumentType]

    @property
    def _undefined_message(self) -> str:
        return _NO_SIGNS.format(f"<<cookiecutter.{self._undefined_name}>>")


def _refusal() -> type[Exception]:
    # Cookiecutter's command prints this exception as it is and exits with 1; other exceptions give a traceback.
    from cookiecutter.exceptions import FailedHookException

    return FailedHookException


def _refuse(message: object) -> NoReturn:
    raise _refusal()(str(message))


def _refuse_old_cookiecutter() -> None:
    from cookiecutter import __version__ as version

    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        _refuse(f"This template needs cookiecutter 2.6 or newer, and this is {version}: pip install -U cookiecutter")


def _refuse_ignored_answers() -> None:
    """Refuse to go on where cookiecutter only warned: that it left out a bad choice of a file, and all after it."""
    from cookiecutter import generate

    for warned in getattr(generate, "__warningregistry__", {}):
        said = str(warned[0]) if isinstance(warned, tuple) else ""
        if said.startswith(_IGNORED):
            _refuse(f"The file of answers: type one of the choices: {said.removeprefix(_IGNORED)}")


def _judged(context: Mapping[str, Any]) -> str:
    """Return nothing, if all answers so far are good."""
    try:
        answers.refuse_bad(context)
    except BadAnswer as error:
        _refuse(error)
    return ""


def _derived(name: str, context: Mapping[str, Any]) -> str:
    _judged(context)
    try:
        return answers.DERIVED[name](context)
    except KeyError:  # an answer that names a derived name, by a default of ours, before that can be derived
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
    """Return the commands after which something is there to have a status."""
    return tuple(command for command in _commands(context, text) if command.kind != "deletes")


@pass_context
def _deletes(context: Context, text: str) -> Command:
    return next(command for command in _commands(context, text) if command.kind == "deletes")


@pass_context
def _events(context: Context, text: str) -> tuple[str, ...]:
    name = context["cookiecutter"]["context_name"]
    raised = (command.event for command in _commands(context, text))
    return (*raised, *(f"{name}{event}" for event in LIST_EVENTS))


@pass_context
def _declared(context: Context, command: Command) -> str:
    """Return what a command's declaration says: its class, the status it leaves, its event, from where it starts."""
    status = () if command.kind == "deletes" else (f"Status.{command.status}",)
    return ", ".join((command.name, *status, f'"{command.event}"', *_started(context, command)))


def _started(context: Context, command: Command) -> tuple[str, ...]:
    if command.kind == "changes":
        return (f"after=(Status.{_before(context, command)},)",)
    return ("after=tuple(Status)",) if command.kind == "deletes" else ()


@pass_context
def _starts(context: Context, command: Command) -> list[str]:
    """Return where the arrows of a command begin, in the diagram of the library's contracts/statuses.py."""
    lasting = _lasting(context, context["cookiecutter"]["commands"])
    starts = {"creates": lambda: ["[*]"], "changes": lambda: [f"is_{_before(context, command)}"]}
    return starts.get(command.kind, lambda: [f"is_{one.status}" for one in lasting])()


@pass_context
def _before(context: Context, command: Command) -> str:
    """Return the status from which a changing command starts: that which the one before it leaves."""
    return answers.starts_of(_commands(context, context["cookiecutter"]["commands"]))[command.name]


@pass_context
def _refusals(context: Context, text: str) -> list[str]:
    """Return the library's refusals that the rules' tests meet."""
    moved = ["IllegalMove"] if _changes(context, text) else []
    return ["AlreadyExists", *moved, "NotFound", "VersionConflict"]


def _referred(verification: str) -> str:
    """Return the fields that hold an id of another context, with what it is an id of, as Python writes it."""
    return json.dumps({f"{thing}_id": thing for thing in answers.references_of(verification)})


def _chosen(answer: str) -> bool:
    return answer != answers.NONE


def _kebab(name: str) -> str:
    """Return a name as infrastructure writes it into the names of resources."""
    return name.replace("_", "-")


def _underscored(name: str) -> str:
    """A name with hyphens as an id of the README's picture has it: ``front-office`` becomes ``front_office``."""
    return name.replace("-", "_")


def _camel(name: str) -> str:
    """The name of a function as the README's picture has it: ``get_vat_return`` becomes ``GetVatReturn``."""
    return "".join(word.capitalize() for word in name.split("_"))


def _quoted(text: str) -> str:
    """Return text between double quotes, as JSON, TOML, YAML and Python all read it."""
    return json.dumps(text, ensure_ascii=False)


def _located(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context for a hook, which runs in a folder other than cookiecutter's: with where the template lies."""
    return {**context, "_repo_dir": str(REPOSITORY)}


def _provenance(context: Mapping[str, Any]) -> str:
    """Return what a repository was baked of, as JSON that cookiecutter takes for the answers of another bake."""
    return record({question: context[question] for question in RULES})


_FILTERS: dict[str, Any] = {
    "fields": answers.read_fields,
    "types": answers.types_of,
    "commands": _commands,
    "creates": _creates,
    "camel": _camel,
    "changes": _changes,
    "deletes": _deletes,
    "before": _before,
    "starts": _starts,
    "lasting": _lasting,
    "events": _events,
    "chosen": _chosen,
    "declared": _declared,
    "fitted": fitted,
    "imported": imported,
    "judged": _judged,
    "json_schema": json_schema,
    "kebab": _kebab,
    "referred": _referred,
    "refusals": _refusals,
    "tupled": tupled,
    "subscribers": answers.read_subscribers,
    "underscored": _underscored,
    "looked_up": answers.looked_up,
    "merged_on": answers.merged_on,
    "quoted": _quoted,
    "plural": plural,
    "display": display,
    "folder": _folder,
    "group": group,
    "reviewer": reviewer,
    "located": _located,
    "source": source,
    "provenance": _provenance,
    **{name: (lambda context, name=name: _derived(name, context)) for name in answers.DERIVED},
}
