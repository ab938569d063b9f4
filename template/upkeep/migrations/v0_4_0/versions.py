"""The versions of events: `VERSIONS` leaves events.py, and the declaration has the versions that are not 1.0."""

from __future__ import annotations

import re
from pathlib import Path

import libcst as cst
import libcst.matchers as m

from ..files import texts, write
from ..python import docstring, name_of, parsed, remove_imports, statements

_NAME, _FIRST = "VERSIONS", "1.0"


def with_versions(repository: Path, folder: Path, context: cst.Module) -> cst.Module:
    """Return the declaration with the versions themselves, and remove ``VERSIONS`` from ``events.py``.

    Both remain if other modules use ``VERSIONS``, or if it is not a dictionary of strings.
    """
    path = folder / "events.py"
    events = parsed(repository, path) if path.is_file() else cst.Module([])
    versions = _versions(events)
    if versions is None or _is_used_elsewhere(repository, folder) or f"versions={_NAME}" not in context.code:
        return context
    write(path, _without(events).code)
    raised = {name: version for name, version in versions.items() if version != _FIRST}
    return cst.ensure_type(remove_imports(context, ".events", _NAME).visit(_Versions(raised)), cst.Module)


def _versions(events: cst.Module) -> dict[str, str] | None:
    for statement in statements(events.body):
        if isinstance(statement, cst.AnnAssign | cst.Assign) and _is_versions(statement):
            elements = statement.value.elements if isinstance(statement.value, cst.Dict) else ()
            items = [found for found in elements if isinstance(found, cst.DictElement)]
            pairs = [(_string(found.key), _string(found.value)) for found in items]
            return dict(pairs) if pairs and all(name and version for name, version in pairs) else None
    return None


def _is_versions(statement: cst.AnnAssign | cst.Assign) -> bool:
    target = statement.target if isinstance(statement, cst.AnnAssign) else statement.targets[0].target
    return name_of(target) == _NAME


def _string(node: cst.BaseExpression) -> str:
    return str(node.evaluated_value) if isinstance(node, cst.SimpleString) else ""


def _is_used_elsewhere(repository: Path, folder: Path) -> bool:
    own = (folder / "events.py", folder / "context.py")
    found = (content for path, content in texts(repository) if path.suffix == ".py" and path not in own)
    return any(re.search(rf"import[^#]*\b{_NAME}\b|events\.{_NAME}\b", content) for content in found)


def _without(events: cst.Module) -> cst.Module:
    """Return the module without the dictionary, its docstring, and the import of Final if nothing else uses it."""
    body: list[cst.BaseStatement] = []
    removed = False
    for line in events.body:
        first = next(statements([line]), None)
        if isinstance(first, cst.AnnAssign | cst.Assign) and _is_versions(first):
            removed = True
        elif not (removed and docstring([line])):
            body.append(line)
            removed = False
    changed = events.with_changes(body=body)
    used = any(m.findall(line, m.Name("Final")) for line in body if not _is_import(line))
    return changed if used else _without_final(changed)


def _without_final(events: cst.Module) -> cst.Module:
    changed = remove_imports(events, "typing", "Final")
    if changed is events:
        return events
    # The first import keeps the empty line after the module's docstring, and gets no second one.
    lines = [number for number, line in enumerate(changed.body) if _is_import(line)]
    if lines and lines[0] <= 1:
        first = changed.body[lines[0]]
        kept = [line for line in first.leading_lines if line.comment]
        body = list(changed.body)
        body[lines[0]] = first.with_changes(leading_lines=[cst.EmptyLine(indent=False), *kept])
        return changed.with_changes(body=body)
    return changed


def _is_import(line: cst.BaseStatement) -> bool:
    return isinstance(next(statements([line]), None), cst.Import | cst.ImportFrom)


class _Versions(cst.CSTTransformer):
    """Replaces ``versions=VERSIONS`` by the raised versions, or removes it."""

    def __init__(self, raised: dict[str, str]) -> None:
        super().__init__()
        self._raised = raised

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg | cst.RemovalSentinel:
        if not updated_node.keyword or updated_node.keyword.value != "versions" or name_of(updated_node.value) != _NAME:
            return updated_node
        if not self._raised:
            return cst.RemoveFromParent()
        lines = "".join(f'        "{name}": "{version}",\n' for name, version in self._raised.items())
        return updated_node.with_changes(value=cst.parse_expression(f"{{\n{lines}    }}"))
