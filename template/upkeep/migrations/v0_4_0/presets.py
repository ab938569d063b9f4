"""The presets in ``infra/service/functions.py``: the functions with an entry point of the team name it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst

from ..files import write
from ..layout import EQUAL
from ..python import add_import, name_of, parsed, replaced, statements
from .handler_modules import FOLDER, HANDLER

FILE = "infra/service/functions.py"
_NAME = "FUNCTIONS"
_KEYS = {"get_": ".get_function", "list_": ".list_function"}


def named(repository: Path, folder: Path, functions: Sequence[str]) -> Iterator[str]:
    """Name the entry points of functions in their presets. Yields a note if the presets have another form."""
    if not functions:
        return
    path = repository / FILE
    module = parsed(repository, path) if path.is_file() else cst.Module([])
    presets = presets_of(module)
    points = {name: _entry_point(folder, name) for name in functions}
    missing = {name: point for name, point in points.items() if point not in module.code}
    if presets is None:
        for name, point in missing.items():
            yield f"{FILE}: the preset of {name} needs handler={point}."
        return
    if missing:
        changed = presets
        for name, point in missing.items():
            changed = _with(changed, name, point)
        edited = replaced(module, presets, changed)
        write(path, add_import(edited, "dataclasses", "replace").code)


def _entry_point(folder: Path, function: str) -> str:
    """Return the dotted name of an entry point in quotes: in the package, or in ``handlers`` if it could not move."""
    stayed = (folder / FOLDER / f"{function}.py").exists()
    package = f"{folder.name}.{FOLDER}" if stayed else folder.name
    return f'"{package}.{function}.{HANDLER}"'


def presets_of(module: cst.Module) -> cst.Dict | None:
    """Return the dictionary of the presets, or None if the presets have another form."""
    for statement in statements(module.body):
        target = statement.target if isinstance(statement, cst.AnnAssign) else None
        target = statement.targets[0].target if isinstance(statement, cst.Assign) else target
        value = statement.value if isinstance(statement, cst.AnnAssign | cst.Assign) else None
        if name_of(target) == _NAME and isinstance(value, cst.Dict) and value.elements:
            return value
    return None


def _with(presets: cst.Dict, function: str, entry_point: str) -> cst.Dict:
    """Return the presets with the entry point of a function, in its own item or in a new one at the end."""
    handler = cst.Arg(cst.parse_expression(entry_point), keyword=cst.Name("handler"), equal=EQUAL)
    for number, element in enumerate(presets.elements):
        if isinstance(element, cst.DictElement) and _is_key(element.key, function):
            item = element.with_changes(value=_varied(element.value, handler))
            return presets.with_changes(elements=[*presets.elements[:number], item, *presets.elements[number + 1 :]])
    key = cst.SimpleString(f'"{function}"')
    return joined(presets, [*presets.elements, cst.DictElement(key, _varied(cst.Name("COMMAND"), handler))])


def joined(presets: cst.Dict, elements: Sequence[cst.BaseDictElement]) -> cst.Dict:
    """Return the presets with other elements. The comments after an element remain after it."""
    start, end, comma = presets.lbrace.whitespace_after, presets.rbrace.whitespace_before, presets.elements[-1].comma
    *others, last = elements
    spaces = (_spaced(after(presets, element), start, cst.SimpleWhitespace(" ")) for element in others)
    several = [
        element.with_changes(comma=cst.Comma(whitespace_after=space))
        for element, space in zip(others, spaces, strict=True)
    ]
    closing = presets.rbrace.with_changes(whitespace_before=_spaced(after(presets, last), end, end))
    return presets.with_changes(elements=[*several, last.with_changes(comma=comma)], rbrace=closing)


def after(presets: cst.Dict, element: cst.BaseDictElement) -> cst.BaseParenthesizableWhitespace | None:
    """Return the space after an element and its comma, with its comments; None for a new element."""
    if element is presets.elements[-1]:
        return presets.rbrace.whitespace_before
    return element.comma.whitespace_after if isinstance(element.comma, cst.Comma) else None


def _spaced(
    space: cst.BaseParenthesizableWhitespace | None,
    lines: cst.BaseParenthesizableWhitespace,
    otherwise: cst.BaseParenthesizableWhitespace,
) -> cst.BaseParenthesizableWhitespace:
    """Return a space with its comments and the indentation of ``lines``; ``otherwise`` if both are in one line."""
    several = lines if isinstance(lines, cst.ParenthesizedWhitespace) else None
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(last_line=several.last_line if several else cst.SimpleWhitespace(""))
    return cst.ParenthesizedWhitespace(indent=True, last_line=several.last_line) if several else otherwise


def _is_key(key: cst.BaseExpression, function: str) -> bool:
    if isinstance(key, cst.SimpleString):
        return key.evaluated_value == function
    query = next((ending for start, ending in _KEYS.items() if function.startswith(start)), None)
    return bool(query) and name_of(key).endswith(str(query))


def _varied(preset: cst.BaseExpression, handler: cst.Arg) -> cst.Call:
    """Return a preset with an entry point: ``replace(PRESET, handler=...)``, or one more argument of its call."""
    if isinstance(preset, cst.Call):
        return preset.with_changes(args=[*preset.args, handler])
    return cst.Call(cst.Name("replace"), [cst.Arg(preset), handler])
