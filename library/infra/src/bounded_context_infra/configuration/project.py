"""The repository that a tool runs in: its folders, its context, the library's list workflow, and the places of errors.

A place is the file, and the line, where a person corrects an error. A repository names its context in its
``pyproject.toml``::

    [tool.bounded-context]
    context = "payment.context:PAYMENT"
"""

import ast
import builtins
import json
import linecache
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from traceback import walk_tb
from typing import Any, Final

from bounded_context.declaration.context import BadContext, Context, named
from bounded_context.declaration.own_routes import own_routes
from bounded_context.domain.aggregate import chain

_PLACEHOLDER: Final = re.compile(r"\$\{\w+\}")
_IMPORTED: Final = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_KEYWORD: Final = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
_VALUES: Final = re.compile(r"the state machine needs values for (\w+)")
_WORKFLOW: Final = "workflow/list_import.asl.json"
_ABSOLUTE: Final = re.compile(r" \(/[^()]*\)")
"""The path of a module in an ImportError, which repeats the module's name."""
_LINE: Final = re.compile(r"\bline (\d+)")
_INCOMPLETE: Final = ("Expecting ',' delimiter", "Expecting property name", "Illegal trailing comma")
"""The faults of JSON at the end of the text before their position."""
_PLACE: Final = re.compile(r"([\w./@-]+)(?::\d+)?: ")
_LENGTH: Final = 500
"""The maximum of characters of an error's text. pydantic quotes whole schemas."""


def placed(error: BaseException, root: Path, unknown: str = "pyproject.toml") -> str:
    """Return an exception as one line: the place in the repository `root`, the fault and the remedy.

    The place is that of `place`. An error of the library is a sentence with its remedy. It ends with a full stop, and
    may begin with its place.
    """
    said = " ".join(_ABSOLUTE.sub("", str(error)).split())[:_LENGTH]
    match = _PLACE.match(said)
    if match and (root / match[1]).is_file():
        return said
    where = place(error, root, unknown)
    if isinstance(error, (BadContext, TypeError)):
        where = _declared(where, root, said)
    elif match := _VALUES.match(said):
        where = _line_in(root, _WORKFLOW, f"${{{match[1]}}}") or where
    return f"{where}: {_sentence(error, said)}"


def _line_in(root: Path, file: str, text: str) -> str:
    """Return the first line of a file with a text, as a place; empty without such a line."""
    lines = (root / file).read_text(encoding="utf-8").splitlines() if (root / file).is_file() else []
    return next((f"{file}:{number}" for number, line in enumerate(lines, 1) if text in line), "")


def _sentence(error: BaseException, said: str) -> str:
    if said.endswith("."):
        return said
    if isinstance(error, SyntaxError):
        if (error.text or "").lstrip().startswith(("<<<<<<< ", "=======", ">>>>>>> ")):
            return "git has left a conflict here: merge both versions, and remove the lines of git."
        return f"{error.msg}: correct this line."
    remedy = f"write {near[0]}" if (near := _known(error)) else "correct this line"
    return f"{type(error).__name__}: {said}".removesuffix(": ") + f": {remedy}."


def _known(error: BaseException) -> list[str]:
    """Return the known name that is most similar to the unknown name of an error."""
    name: str | None = getattr(error, "name", None)
    names: Iterable[str] = ()
    if isinstance(error, AttributeError):
        names = dir(error.obj)
    elif isinstance(error, NameError) and error.__traceback__:
        *_, (frame, _) = walk_tb(error.__traceback__)
        names = {**vars(builtins), **frame.f_globals, **frame.f_locals}
    elif match := _IMPORTED.match(str(error)):
        # The statement has the name of each other import.
        names = {*dir(sys.modules.get(match[2]))} - _imported_with(error)
        name = match[1]
    elif (match := _KEYWORD.match(str(error))) and error.__traceback__:
        *_, (frame, _) = walk_tb(error.__traceback__)
        name, names = match[2], getattr(frame.f_globals.get(match[1]), "__dataclass_fields__", ())
    elif isinstance(error, KeyError) and isinstance((*error.args, None)[0], str) and error.__traceback__:
        *_, (frame, line) = walk_tb(error.__traceback__)
        values = {**frame.f_globals, **frame.f_locals}
        words = re.findall(r"\w+", linecache.getline(frame.f_code.co_filename, line))
        name, each = error.args[0], (values.get(word) for word in words)
        names = [
            str(key) for mapping in each if isinstance(mapping, Mapping) and name not in mapping for key in mapping
        ]
    return get_close_matches(name or "", names, 1)


def _imported_with(error: BaseException) -> set[str]:
    """Return the names in the import statement that raised an error."""
    *_, (frame, line) = walk_tb(error.__traceback__)
    nodes = ast.walk(ast.parse("".join(linecache.getlines(frame.f_code.co_filename))))
    statements = (node for node in nodes if isinstance(node, ast.ImportFrom))
    return {name.name for node in statements if node.lineno <= line <= (node.end_lineno or 0) for name in node.names}


def _declared(where: str, root: Path, said: str) -> str:
    """Return the place of the name that a sentence about a declaration mentions, or else `where`, its beginning.

    The name is an attribute of a class, or in the value of the field with which the sentence begins.
    """
    for owner, name in re.findall(r"\b([A-Z]\w+)(?:\.| has a field ')(\w+)", said):
        for file in sorted((root / "src").rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_bytes())):
                if isinstance(node, ast.ClassDef) and node.name == owner:
                    lines = [each.lineno for each in node.body if name in _names_in(each)]
                    return f"{file.relative_to(root)}:{(lines or [node.lineno])[0]}"
    file_name, _, line = where.rpartition(":")
    if not file_name.endswith(".py") or not (root / file_name).is_file():
        return where
    calls = (node for node in ast.walk(ast.parse((root / file_name).read_bytes())) if isinstance(node, ast.Call))
    fields = {field.arg: field.value for call in calls if str(call.lineno) == line for field in call.keywords}
    first, *words = re.findall(r"\w+", said) or [""]
    if match := _KEYWORD.match(said):
        first = match[2]
    if first not in fields:
        return where
    lines = [lineno for word in words if (lineno := _names_in(fields[first]).get(word))]
    return f"{file_name}:{(lines or [fields[first].lineno])[0]}"


def _names_in(tree: ast.AST) -> dict[str, int]:
    """Return the names, the attributes and the texts of a tree, each with its last line."""
    pairs = ((getattr(node, name, None), node) for node in ast.walk(tree) for name in ("id", "attr", "value"))
    return {name: node.lineno for name, node in pairs if isinstance(name, str) and isinstance(node, ast.expr)}


def place(error: BaseException, root: Path, unknown: str) -> str:
    """Return the innermost line in the repository, of the first cause with such a line, or else `unknown`."""
    for each in reversed([*chain(error)]):
        lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(each.__traceback__)]
        if isinstance(each, SyntaxError) and each.filename:
            lines.append((each.filename, each.lineno or 1))
        for file, line in reversed(lines):
            if name := own(file, root):
                return f"{name}:{line}"
    return unknown


@cache
def own(file: str, root: Path) -> str | None:
    """Return a file's path in the repository, or None for the files of packages and of Python."""
    path = Path(file)
    if not path.is_relative_to(root):
        return None
    path = path.relative_to(root)
    return None if path.parts[0] == "build" or any(part.startswith(".") for part in path.parts) else str(path)


def syntax_errors(root: Path, *folders: Path) -> Iterator[str]:
    """Yield the place and the fault of each file below the folders of a repository that is no Python."""
    for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
        try:
            ast.parse(file.read_bytes(), str(file))
        except SyntaxError as error:
            yield placed(error, root)
        except ValueError as error:
            yield f"{file.relative_to(root)}: {error}: correct it."


ORIGINAL: Final = Path(__file__).parents[1] / "data" / "list_import.asl.json"
"""The definition without a context's names."""

_APPROVAL: Final = ORIGINAL.with_name("list_approval.asl.json")
"""The state between verification and import of a context with an approval."""

WAITING_STATE: Final = "AwaitApproval"
"""The state in which a list waits for its approval."""

_DAY: Final = 86400
"""Seconds in which an import ends, without the wait for its approval."""


def original_workflow(context: Context[Any]) -> str:
    """Return the definition without a context's names; with the state that waits, if the context has an approval."""
    text = ORIGINAL.read_text(encoding="utf-8")
    if context.approval is None:
        return text
    seconds = _DAY * context.approval.days
    waiting = _APPROVAL.read_text(encoding="utf-8").replace("${approval_seconds}", str(seconds))
    changes = {
        f'"TimeoutSeconds": {_DAY}': f'"TimeoutSeconds": {_DAY + seconds}',
        '"StringEquals": "VERIFIED", "Next": "ImportList"': f'"StringEquals": "VERIFIED", "Next": "{WAITING_STATE}"',
        '"SplitAgain": {': f'{waiting}"SplitAgain": {{',
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def list_workflow(context: Context[Any]) -> str:
    """Return the definition with a context's verification, and the type and schema of the event of an imported list.

    The placeholders of resources remain: `bounded_context_infra.Workflow` fills them.
    """
    imported, text = context.list_events[0], original_workflow(context)
    names = {
        "verification": "".join(word.capitalize() for word in context.verification_step.split("_")),
        "source": context.name,
        "list_imported": imported,
        "list_imported_schema": context.schema_of(imported),
    }
    for placeholder, name in names.items():
        text = text.replace(f"${{{placeholder}}}", name)
    return text


def own_workflow(file: Path, root: Path) -> str:
    """Return the text of a repository's definition. Raises ProjectError with its line if it is not JSON."""
    text = file.read_text(encoding="utf-8")
    try:
        json.loads(_PLACEHOLDER.sub("0", text))
    except ValueError as error:
        raise ProjectError(unreadable(file, root, error)) from error
    return text


def unreadable(file: Path, root: Path, error: Exception) -> str:
    """Return the place and the fault of a file that is not JSON, YAML or TOML."""
    mark = getattr(error, "problem_mark", None)
    line: Any = mark.line + 1 if mark else getattr(error, "lineno", None) or "".join(_LINE.findall(str(error)))
    if isinstance(error, json.JSONDecodeError) and error.msg.startswith(_INCOMPLETE):
        line = error.doc.count("\n", 0, len(error.doc[: error.pos].rstrip())) + 1
    file = file.resolve()
    name = file.relative_to(root) if file.is_relative_to(root) else file
    return f"{name}{f':{line}' if line else ''}: {fault_of(error)}: correct this line."


def fault_of(error: Exception) -> str:
    """Return the fault that a reader of JSON, YAML or TOML reports, without its position."""
    said = str(getattr(error, "problem", None) or getattr(error, "msg", None) or error)
    return " ".join(said.partition(" (at line")[0].partition(' in "')[0].split())


VARIABLE: Final = "BOUNDED_CONTEXT_PROJECT"
"""The environment variable with the repository's folder. Without it, the current folder or a parent is used."""

DISTRIBUTION: Final = "bounded-context"
"""The name under which a platform publishes this library, as in its `pyproject.toml`."""

_TABLE: Final = "bounded-context"


class ProjectError(RuntimeError):
    """A fault of the repository that stops a command; the message is a sentence with the reason."""


class NoProject(ProjectError):
    """A missing repository of a context, or a repository that names no context; the message contains the remedy."""


@dataclass(frozen=True)
class Project:
    """A repository of a context: its folder, and the ``[tool.bounded-context]`` of its ``pyproject.toml``."""

    root: Path
    settings: dict[str, Any]

    @cached_property
    def context(self) -> Context[Any]:
        """The declared context, with its own routes. Raises NoProject."""
        reference = str(self.settings.get("context", ""))
        if not reference:
            raise NoProject('pyproject.toml: [tool.bounded-context] has no context: write context = "MODULE:CONSTANT".')
        try:
            context = named(reference)
            own_routes(context)
            return context
        except Exception as error:  # the declaration may raise any
            where = _line_in(self.root, "pyproject.toml", f'"{reference}"')
            raise NoProject(placed(error, self.root, where or "pyproject.toml")) from error

    @property
    def package(self) -> str:
        """The name of the package that declares the context."""
        return self.context.name

    @property
    def sources(self) -> Path:
        """The folder of the package."""
        return self.root / "src" / self.package

    @property
    def service(self) -> Path:
        """The folder of the Pulumi program that deploys the context."""
        return self.root / "infra" / "service"

    @property
    def pipeline(self) -> Path:
        """The folder of the Pulumi program that deploys the delivery pipeline."""
        return self.root / "infra" / "pipeline"

    @property
    def account(self) -> Path:
        """The folder of the Pulumi program that makes the roles of deployments in an account."""
        return self.root / "infra" / "account"

    @property
    def workflow(self) -> Path:
        """The repository's own definition of the list workflow, which `context eject workflow` writes."""
        return self.root / _WORKFLOW

    def list_workflow(self, context: Context[Any]) -> str:
        """Return the definition of the list workflow: the repository's own, or else the library's for a context.

        Raises ProjectError if the repository's own is not JSON.
        """
        return own_workflow(self.workflow, self.root) if self.workflow.is_file() else list_workflow(context)

    @property
    def events(self) -> Path:
        """The folder of the events' schemas."""
        return self.root / "events"

    @property
    def build(self) -> Path:
        """The folder of build outputs; git ignores it."""
        return self.root / "build"


def current() -> Project:
    """Return the repository of the current folder, or of its nearest parent that is a repository.

    Raises:
        NoProject: no ``pyproject.toml`` with a ``[tool.bounded-context]`` was found.
    """
    return at(Path(os.environ.get(VARIABLE) or Path.cwd()))


def at(folder: Path) -> Project:
    """Return the repository of `folder`, or of its nearest parent that is a repository. Raises NoProject."""
    return _project_at(folder.resolve())


@cache
def _project_at(start: Path) -> Project:
    for folder in (start, *start.parents):
        settings = _settings(folder / "pyproject.toml")
        if settings is not None:
            return Project(folder, settings)
    raise NoProject(f"{start} is in no context's repository: a pyproject.toml with [tool.{_TABLE}] is missing.")


def _settings(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get(_TABLE)
    except ValueError as error:
        raise NoProject(unreadable(file, file.parent, error)) from error
