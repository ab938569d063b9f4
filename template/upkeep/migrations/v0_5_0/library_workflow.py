"""The state machine and four steps of lists, which the library supplies. Edited parts stay, as ejected parts.

Each edited part is recorded with the digest of its original in 0.4.0: a promise reports later changes of the original.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import libcst as cst

from ..files import edit, text, texts, write
from ..import_block import Import, block
from ..python import calls, imports, name_of, parsed, replaced, statements

WORKFLOW, STEPS, PROGRAM = "workflow/list_import.asl.json", "list_steps.py", "infra/service/__main__.py"
ORIGINALS = {
    "workflow": "b0759d7211eaf235",
    "step register_list": "6034bad67800ff33",
    "step validate_list": "743023f481ae2823",
    "step import_list": "e0f2830c57ccae34",
    "step compensate_error": "aeebe9eddd52f432",
}
"""The digests of the parts in 0.4.0, as `context eject` records them."""

_TABLE = "[tool.bounded-context.ejected]\n"
_VERSION = re.compile(r"(?<=ListImported:)\d+\.\d+")
_END = "Each is a Lambda function, which may run again after a failure."
_BEFORE = f"The steps of the list workflow, in their order. {_END}"
_AFTER = "The verification of lists, a step of their workflow: a Lambda function, which may run again after a failure."


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Remove the unedited definition and steps, and the definition's path from the program; record edited parts."""
    edited = [*_definition(repository / WORKFLOW, template / WORKFLOW)]
    for path in sorted(repository.glob(f"src/*/{STEPS}")):
        removed, own = _steps(repository, path, template / path.relative_to(repository))
        edited += [f"step {name}" for name in own]
        yield from _uses(repository, path, removed)
    path = repository / PROGRAM
    if path.is_file() and "Workflow" in (text(path) or ""):
        write(path, _program(parsed(repository, path)).code)
    edit(repository / "pyproject.toml", lambda content: _recorded(content, edited))


def _definition(path: Path, original: Path) -> Iterator[str]:
    """Remove the definition if nothing or only `context contracts` edited it; otherwise yield its name."""
    if path.is_file() and original.is_file():
        own, before = (_VERSION.sub("", text(file) or "").replace("\r\n", "\n") for file in (path, original))
        if own != before:
            yield "workflow"
            return
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _steps(repository: Path, path: Path, original: Path) -> tuple[list[str], list[str]]:
    """Remove the unedited steps of a module; return the names of the removed and of the edited steps."""
    module, before = parsed(repository, path), cst.parse_module(text(original) or "" if original.is_file() else "")
    names = [name for key in ORIGINALS if (name := key.partition(" ")[2]) and _code(module, name)]
    removed = [name for name in names if _code(module, name) == _code(before, name)]
    if removed:
        body = [line for line in module.body if not (isinstance(line, cst.FunctionDef) and line.name.value in removed)]
        write(path, _imported(module.with_changes(body=body)).code.replace(_BEFORE, _AFTER))
    return removed, [name for name in names if name not in removed]


def _code(module: cst.Module, name: str) -> str:
    functions = [line for line in module.body if isinstance(line, cst.FunctionDef) and line.name.value == name]
    return cst.Module(functions).code.replace("\r\n", "\n").strip()


def _imported(module: cst.Module) -> cst.Module:
    """Return a module without the imports that it does not use. Imports with a comment stay."""
    rest = cst.Module([line for line in module.body if not [*imports(cst.Module([line]))]]).code
    for line in module.body:
        line_imports = [
            Import(source, name, "" if name == local else local) for source, name, local in imports(cst.Module([line]))
        ]
        used = [imported for imported in line_imports if re.search(rf"\b{imported.local}\b", rest)]
        if len(used) < len(line_imports) and "#" not in cst.Module([line]).code:
            new = [cst.parse_statement(block(used)).with_changes(leading_lines=_leading(line))] if used else []
            module = module.with_changes(
                body=[after for old in module.body for after in (new if old is line else [old])]
            )
    return module


def _leading(line: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    return line.leading_lines if isinstance(line, cst.SimpleStatementLine) else ()


def _uses(repository: Path, steps: Path, removed: Sequence[str]) -> Iterator[str]:
    """Yield a note for each other module that uses a removed step."""
    for path, content in texts(repository):
        used = [name for name in removed if re.search(rf"\b{name}\b", content)]
        if path.suffix == ".py" and path != steps and steps.stem in content and used:
            name = path.relative_to(repository).as_posix()
            remedy = "call the function by its name, or run `context eject step`"
            yield f"{name}: the library has {', '.join(used)} now: {remedy}."


def _program(module: cst.Module) -> cst.Module:
    """Return a program whose workflow has the library's definition, or its own as the argument `definition`."""
    paths = [line for line in module.body if _is_path(line)]
    names = [name_of(target.target) for statement in statements(paths) for target in getattr(statement, "targets", ())]
    while call := next((call for call in calls(module, "Workflow") if _has_definition(call)), None):
        definition = call.args[2]
        own = [] if name_of(definition.value) in names else [_keyword(definition)]
        module = replaced(module, call, call.with_changes(args=[*call.args[:2], *call.args[3:], *own]))
    module = _unless_used(module, names, _is_path)
    return _unless_used(module, ["Path"], lambda line: [*imports(cst.Module([line]))] == [("pathlib", "Path", "Path")])


def _has_definition(call: cst.Call) -> bool:
    return sum(argument.keyword is None for argument in call.args) > 3


def _is_path(line: cst.CSTNode) -> bool:
    return f'"{WORKFLOW.rpartition("/")[2]}"' in cst.Module([]).code_for_node(line)


def _keyword(argument: cst.Arg) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(argument.value, cst.Name("definition"), equal=equal)


def _unless_used(
    module: cst.Module,
    names: Sequence[str],
    defines: Callable[[cst.SimpleStatementLine | cst.BaseCompoundStatement], bool],
) -> cst.Module:
    """Return a module without the lines that define names, if no other line uses one of them."""
    others = [line for line in module.body if not defines(line)]
    code = cst.Module(others).code
    return module if any(re.search(rf"\b{name}\b", code) for name in names) else module.with_changes(body=others)


def _recorded(content: str, edited: Sequence[str]) -> str:
    """Return a pyproject.toml with the digests of the originals of edited parts."""
    end = "\r\n" if "\r\n" in content else "\n"
    lines = [f'"{name}" = "{ORIGINALS[name]}"' for name in edited if f'"{name}" =' not in content]
    if not lines:
        return content
    table = _TABLE.replace("\n", end)
    head, separator, rest = content.partition(table)
    new = end.join((*lines, ""))
    return f"{head}{table}{new}{rest}" if separator else f"{content.rstrip()}{end}{end}{table}{new}"
