"""The answers of a bake, derived from the code of a repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Final

from ..answers import API, GITHUB, KINDS, LISTS, NONE, PERSONAL, RULES, SFTP, STEP_WITHOUT_REFERENCES
from ..field_types import TYPES
from ..library import GIT, NAME, WHEEL
from ..upkeep.errors import CannotTell
from ..words import plural, snake
from .code import Code

_ANSWER_OF = {known.name: answer for answer, known in TYPES.items()}
_SOURCE = re.compile(r"Delivery\([^)]*\bsource=\"(\w+)\"")
_SERVICE, _PRODUCTION, _PIPELINE = "infra/service/Pulumi.*.yaml", "infra/service/Pulumi.prod.yaml", "infra/pipeline"


def derive(code: Code, given: Mapping[str, str]) -> dict[str, str]:
    """Return the answers: those that are given, and those that follow from the code.

    Raises:
        CannotTell: an answer does not follow from the code; the message has a line with the remedy for each.
    """
    found = {question: given.get(question) or _DERIVED[question][0](code) for question in RULES}
    missing = [question for question, answer in found.items() if answer is None]
    if missing:
        raise CannotTell("\n".join(_remedy(code, question) for question in missing))
    return {question: str(answer) for question, answer in found.items()}


def _remedy(code: Code, question: str) -> str:
    place = _DERIVED[question][1].format(declaration=code.declaration, package=code.package)
    return (
        f"{question}: {place} does not have it in the form of a bake: write the answer of the bake below "
        "`default_context:` into a file of answers, and name the file with --answers."
    )


def _context_name(code: Code) -> str | None:
    name, aggregate = code.literal("name"), code.declared.get("aggregate")
    if isinstance(aggregate, ast.Name) and snake(aggregate.id) == name:
        return aggregate.id
    return code.pascal(name) if isinstance(name, str) else None


def _plural(code: Code) -> str | None:
    declared, regular = code.literal("plural"), plural(_context_name(code) or "")
    if not isinstance(declared, str):
        return None
    return regular if snake(regular) == declared else code.pascal(declared)


def _text(name: str) -> Callable[[Code], str | None]:
    def derived(code: Code) -> str | None:
        found = code.literal(name)
        return found if isinstance(found, str) else None

    return derived


def _has_lists(code: Code) -> bool:
    return code.literal("verification") is not None


def _fields(code: Code) -> str | None:
    details = f"{_context_name(code)}Details"
    classes = (node for node in code.tree(_MODEL.format(package=code.package)).body if isinstance(node, ast.ClassDef))
    found = next((node for node in classes if node.name == details), None)
    lines = [line for line in found.body if isinstance(line, ast.AnnAssign)] if found else []
    # The bake writes no field with a default: a team adds fields in this form.
    baked = [line for line in lines if line.value is None and ast.unparse(line.target) != f"{code.package}_id"]
    fields = list(map(_field, baked))
    return " ".join(field for field in fields if field) if fields and all(fields) else None


def _field(line: ast.AnnAssign) -> str | None:
    annotation, mark = line.annotation, ""
    match annotation:
        case ast.Subscript(ast.Name("Annotated"), ast.Tuple([inner, ast.Name("Personal")])):
            annotation, mark = inner, f":{PERSONAL}"
        case _:
            pass
    kind = _type(annotation)
    return f"{ast.unparse(line.target)}:{kind}{mark}" if kind else None


def _type(annotation: ast.expr) -> str | None:
    match annotation:
        case ast.Name(name):
            return _ANSWER_OF.get(name)
        case ast.Subscript(ast.Name("Literal"), ast.Tuple(values)):
            return "|".join(str(value.value) for value in values if isinstance(value, ast.Constant))
        case _:
            return None


def _commands(code: Code) -> str | None:
    declared = code.declared.get("commands")
    commands = list(map(_command, declared.elts)) if isinstance(declared, ast.Tuple) else []
    return " ".join(command for command in commands if command) if commands and all(commands) else None


def _command(call: ast.expr) -> str | None:
    """Return a command of the declaration: its class is the first argument, and its event the only text."""
    match call:
        case ast.Call(ast.Attribute(ast.Name("Command"), kind), [ast.Name(name), *more]) if kind in KINDS:
            events = [str(word.value) for word in more if isinstance(word, ast.Constant)]
            return f"{name}:{kind}:{events[0]}" if events else None
        case _:
            return None


def _verification(code: Code) -> str | None:
    step, references = code.literal("verification"), code.literal("references")
    if isinstance(step, str):
        noun = step.removeprefix("verify_")
        return NONE if step == snake(STEP_WITHOUT_REFERENCES) else f"Verify{code.pascal(noun)}"
    if not isinstance(references, dict):
        return None
    return next((f"Verify{code.pascal(str(name))}" for name in references.values()), NONE)


def _sftp(code: Code) -> str | None:
    # Without lists, the bake has no place for this answer, and no file depends on it.
    return code.setting(f"{code.package}:sftp", _PRODUCTION) if _has_lists(code) else SFTP[1]


def _api(code: Code) -> str | None:
    found = code.literal("api")
    return API[0 if found else 1] if isinstance(found, bool) else None


def _subscribers(code: Code) -> str | None:
    found = code.literal("subscribers")
    return (" ".join(map(str, found)) or NONE) if isinstance(found, tuple | list) else None


def _pipeline(code: Code) -> str | None:
    found = _SOURCE.search(code.text(f"{_PIPELINE}/__main__.py"))
    return found[1] if found else None


def _library(code: Code) -> str | None:
    settings = code.project["tool"].get("uv", {})
    source = settings.get("sources", {}).get(NAME, {})
    if not source:
        return "index"  # the answer before 0.4.0 for the index of the other packages
    indexes = (index["url"] for index in settings.get("index", ()) if index.get("name") == source.get("index"))
    return next((way for key, way in (("path", WHEEL), ("git", GIT)) if key in source), next(indexes, None))


_MODEL: Final = "src/{package}/model.py"
_DERIVED: Final[Mapping[str, tuple[Callable[[Code], str | None], str]]] = {
    "context_name": (_context_name, "{declaration}"),
    "plural": (_plural, "{declaration}"),
    "display_name": (_text("display_name"), "{declaration}"),
    "lists": (lambda code: LISTS[0] if _has_lists(code) else NONE, "{declaration}"),
    "description": (lambda code: code.project.get("project", {}).get("description"), "pyproject.toml"),
    "fields": (_fields, _MODEL),
    "commands": (_commands, "{declaration}"),
    "verification": (_verification, "{declaration}"),
    "sftp": (_sftp, _PRODUCTION),
    "api": (_api, "{declaration}"),
    "subscribers": (_subscribers, "{declaration}"),
    "strategy": (lambda code: code.setting(f"{code.package}:rollout_strategy", _PRODUCTION), _PRODUCTION),
    "source": (_pipeline, f"{_PIPELINE}/__main__.py"),
    "pull_requests": (
        lambda code: GITHUB if (code.folder / ".github/workflows/check.yml").exists() else NONE,
        ".github/workflows/check.yml",
    ),
    "region": (lambda code: code.setting("aws:region", _SERVICE), _SERVICE),
    "owner": (_text("owner"), "{declaration}"),
    "library": (_library, "pyproject.toml"),
}
"""How each answer follows from the code, and the file that has it."""
