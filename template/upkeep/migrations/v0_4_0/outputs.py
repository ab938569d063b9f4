"""The program of a stack: its last line exports the outputs, which `Observability` exported before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from ..files import write
from ..layout import EQUAL
from ..python import add_import, imports, modules, name_of, replaced, statements

PROGRAM = "infra/service/__main__.py"
_CLASS, _EXPORT, _NAME = "Observability", "export_outputs", "observability"
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
                f"{PROGRAM}: it has no statement with {_CLASS}(...): call {_EXPORT}(...) of bounded_context.infra "
                "in its last line."
            )


def _call(statement: cst.BaseSmallStatement) -> cst.Call | None:
    """Return the call of Observability that a statement evaluates or assigns to a name."""
    value = statement.value if isinstance(statement, cst.Expr | cst.Assign) else None
    return value if isinstance(value, cst.Call) and name_of(value.func).split(".")[-1] == _CLASS else None


def _exported(module: cst.Module, statement: cst.BaseSmallStatement, call: cst.Call) -> cst.Module:
    name = name_of(statement.targets[0].target) if isinstance(statement, cst.Assign) else _NAME
    assigned = cst.Assign([cst.AssignTarget(cst.Name(name))], call)
    changed = module if isinstance(statement, cst.Assign) else replaced(module, statement, assigned)
    changed = add_import(changed, "bounded_context.infra", _EXPORT)
    return changed.with_changes(body=[*changed.body, _last_line(call, name)])


def _last_line(call: cst.Call, name: str) -> cst.SimpleStatementLine:
    """Return the export with the arguments of Observability, and the observability itself."""
    given = [argument.with_changes(comma=cst.MaybeSentinel.DEFAULT) for argument in call.args]
    keyword = cst.Name(_NAME) if given and given[-1].keyword else None
    last = cst.Arg(cst.Name(name), keyword=keyword, equal=EQUAL if keyword else cst.MaybeSentinel.DEFAULT)
    arguments = [*given, last]
    line = cst.SimpleStatementLine([cst.Expr(cst.Call(cst.Name(_EXPORT), arguments))])
    return line.with_changes(leading_lines=[cst.EmptyLine(comment=cst.Comment(_COMMENT))])
