"""The program of a stack: `Components` for `Observability`, and the outputs, which a last line exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from ..files import write
from ..python import add_import, imports, modules, name_of, statements

PROGRAM = "infra/service/__main__.py"
_CLASS, _EXPORT, _NAME = "Observability", "export_outputs", "observability"
_MADE, _COMPONENTS = cst.Name("Components"), "components"
_COMMENT = (
    "# The last line: outputs for `context rollout`, `context redrive` and other stacks, "
    "of everything that is made above."
)


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Add the export to the program, unless it has one."""
    for path, module in modules(repository / "infra/service", "bounded_context"):
        if path != repository / PROGRAM or any(name == _EXPORT for _, name, _ in imports(module)):
            continue
        found = [(statement, call) for statement in statements(module.body) if (call := _call(statement))]
        if len(found) == 1:
            write(path, _exported(module, *found[0]).code)
        else:
            yield (
                f"{PROGRAM}: it has no statement with {_CLASS}(...): call {_EXPORT}({_MADE.value}(...), ...) of "
                "bounded_context.infra in its last line."
            )


def _call(statement: cst.BaseSmallStatement) -> cst.Call | None:
    """Return the call of Observability that a statement evaluates or assigns to a name."""
    value = statement.value if isinstance(statement, cst.Expr | cst.Assign) else None
    return value if isinstance(value, cst.Call) and name_of(value.func).split(".")[-1] == _CLASS else None


def _exported(module: cst.Module, statement: cst.BaseSmallStatement, call: cst.Call) -> cst.Module:
    name = name_of(statement.targets[0].target) if isinstance(statement, cst.Assign) else _NAME
    components = cst.parse_statement(f"{_COMPONENTS} = {cst.Module([]).code_for_node(call.with_changes(func=_MADE))}")
    observed = cst.parse_statement(f"{name} = {name_of(call.func)}({_COMPONENTS})")
    [line] = [line for line in module.body if statement in statements([line])]
    lines = [_with_comments(components, line, "leading_lines"), _with_comments(observed, line, "trailing_whitespace")]
    place = module.body.index(line)
    changed = module.with_changes(body=[*module.body[:place], *lines, *module.body[place + 1 :]])
    changed = add_import(changed, "bounded_context.infra", _MADE.value, _EXPORT)
    last = cst.parse_statement(f"{_EXPORT}({_COMPONENTS}, {name})")
    comment = cst.EmptyLine(comment=cst.Comment(_COMMENT))
    return changed.with_changes(body=[*changed.body, last.with_changes(leading_lines=[comment])])


def _with_comments(line: cst.BaseStatement, old: cst.CSTNode, part: str) -> cst.BaseStatement:
    """Return a line with the comments before, or at the end, of an old line."""
    return line.with_changes(**{part: getattr(old, part)})
