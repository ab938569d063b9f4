"""The steps of lists: from a module each in ``handlers/`` to the module ``list_steps.py``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst
import libcst.matchers as m

from ...errors import CannotTell
from ..files import text, write
from ..import_block import Import, block
from ..layout import fitted_function
from ..python import docstring, name_of, statements
from .handler_modules import HANDLER, HandlerModule, handler_modules, in_template, package
from .parallel_steps import FORMS
from .step_function import checks_function, step_function

FILE = "list_steps.py"
_TITLE = (
    "The steps of the list workflow, in their order. Each is a Lambda function, which may run again after a failure."
)
_ORDER = ("RegisterEvent", "ValidationSettings", "VerificationSettings", "PartEvent", "ErrorEvent")

Line = cst.SimpleStatementLine | cst.BaseCompoundStatement


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Write ``list_steps.py``, and remove the modules that it replaces. An existing ``list_steps.py`` stays."""
    folder = package(repository)
    if folder is None or (folder / FILE).exists():
        return
    steps = sorted((found for found in handler_modules(repository) if found.step), key=_place)
    if steps:
        parts = [_Part(found, _template(repository, template, found)) for found in steps]
        _check_names(repository, parts)
        code = _code(parts)
        write(folder / FILE, code.replace("\n", "\r\n") if "\r\n" in (text(steps[0].path) or "") else code)
    for found in steps:
        found.path.unlink()
    yield from ()


def _place(found: HandlerModule) -> tuple[int, str]:
    kinds = {name.value for name in m.findall(found.module, m.Name()) if isinstance(name, cst.Name)}
    return next((place for place, kind in enumerate(_ORDER) if kind in kinds), len(_ORDER)), found.name


def _template(repository: Path, template: Path, found: HandlerModule) -> HandlerModule | None:
    path = in_template(repository, template, found.path)
    return HandlerModule(path, cst.parse_module(text(path) or "")) if path.is_file() else None


class _Part:
    """The imports and the statements of a step's module in their new form."""

    def __init__(self, found: HandlerModule, template: HandlerModule | None) -> None:
        self.found = found
        self.body = [_converted(found, line, _docstring(template, line)) for line in found.module.body if _stays(line)]
        comments = [*_comments(found, template), *(line for line in found.module.header if line.comment)]
        if comments and self.body:
            lines = [*comments, *(line for line in self.body[0].leading_lines if line.comment)]
            self.body[0] = self.body[0].with_changes(leading_lines=lines)
        self.footer = [line for line in found.module.footer if line.comment]

    @property
    def names(self) -> list[str]:
        """The names that the part defines."""
        found: list[str] = []
        for line in self.body:
            if isinstance(line, cst.FunctionDef | cst.ClassDef):
                found.append(line.name.value)
            found += [name_of(target.target) for one in statements([line]) for target in _targets(one)]
        return found

    @property
    def imports(self) -> Iterator[Import]:
        """The imports that the part uses."""
        used = {name.value for line in self.body for name in m.findall(line, m.Name()) if isinstance(name, cst.Name)}
        new = [Import("bounded_context.handlers", form.event) for form in FORMS]
        every = [*_imports(self.found.module), Import("bounded_context.lists", "ListImport"), *new]
        return (found for found in every if found.local in used)

    @property
    def code(self) -> str:
        """The code of the statements."""
        return cst.Module(body=self.body, footer=self.footer).code.strip("\n")


def _stays(line: Line) -> bool:
    first = next(statements([line]), None)
    return not isinstance(first, cst.Import | cst.ImportFrom) and not docstring([line])


def _converted(found: HandlerModule, line: Line, old: str) -> Line:
    if not isinstance(line, cst.FunctionDef):
        return line
    if line.name.value == HANDLER and found.step:
        return fitted_function(step_function(found.name, line, found.step, old))
    return checks_function(line, old) if line.name.value == "checks" else line


def _docstring(template: HandlerModule | None, line: Line) -> str:
    """Return the docstring of the template's function with the same name; empty without one."""
    for other in template.module.body if template else ():
        if _name(line) and _name(line) == _name(other):
            return docstring(cst.ensure_type(other, cst.FunctionDef).body.body)
    return ""


def _name(line: Line) -> str:
    return line.name.value if isinstance(line, cst.FunctionDef) else ""


def _comments(found: HandlerModule, template: HandlerModule | None) -> list[cst.EmptyLine]:
    """Return a docstring of the module that the team wrote, as comments."""
    if not found.docstring or (template and template.docstring == found.docstring):
        return []
    lines = found.docstring.strip("\"'").strip().splitlines()
    return [cst.EmptyLine(indent=False, comment=cst.Comment(f"# {line.strip()}".rstrip())) for line in lines]


def _targets(statement: cst.BaseSmallStatement) -> Sequence[cst.AssignTarget | cst.AnnAssign]:
    if isinstance(statement, cst.AnnAssign):
        return [statement]
    return statement.targets if isinstance(statement, cst.Assign) else []


def _imports(module: cst.Module) -> Iterator[Import]:
    for statement in statements(module.body):
        if isinstance(statement, cst.ImportFrom) and not isinstance(statement.names, cst.ImportStar):
            source = _raised(len(statement.relative), name_of(statement.module))
            yield from (Import(source, name_of(found.name), found.evaluated_alias or "") for found in statement.names)
        elif isinstance(statement, cst.Import):
            yield from (Import(name_of(found.name), "", found.evaluated_alias or "") for found in statement.names)


def _raised(dots: int, module: str) -> str:
    """Return the source of a relative import from the folder above, to which all modules move."""
    return "." * max(dots - 1, 1) + module if dots else module


def _check_names(repository: Path, parts: Sequence[_Part]) -> None:
    """Raise CannotTell if two modules define a name in different ways."""
    seen: dict[str, _Part] = {}
    for part in parts:
        for name in part.names:
            if name in seen:
                both = (found.found.path.relative_to(repository).as_posix() for found in (seen[name], part))
                raise CannotTell(f"{' and '.join(both)} become one module, and both define {name}: rename one of them.")
            seen[name] = part


def _code(parts: Sequence[_Part]) -> str:
    imports = [found for part in parts for found in part.imports]
    return f'"""{_TITLE}"""\n\n{block(imports)}\n\n\n' + "\n\n\n".join(part.code for part in parts) + "\n"
