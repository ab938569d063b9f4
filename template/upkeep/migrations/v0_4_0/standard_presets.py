"""The library's presets in ``infra/service/functions.py``: a call of ``standard_presets`` replaces them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from ..files import write
from ..import_block import Import, block
from ..python import add_import, imports, name_of, parsed, remove_imports, replaced, statements
from .presets import FILE, after, joined, presets_of

_NAME, _SOURCE = "standard_presets", "bounded_context.infra"
_BY_TEXT = {
    "register_list": "REGISTER_LIST",
    "validate_list": "VALIDATE_LIST",
    "import_list": "IMPORT_LIST",
    "compensate_error": "COMPENSATE_ERROR",
    "on_event": "ON_EVENT",
}
_BY_ATTRIBUTE = {"get_function": "GET", "list_function": "LIST", "verification": "VERIFY_LIST"}


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Replace the library's presets by the call. Keep the team's own and changed presets, and lines with a comment."""
    path = repository / FILE
    module = parsed(repository, path) if path.is_file() else cst.Module([])
    presets = presets_of(module)
    context = next((local for source, _, local in imports(module) if source.endswith(".context")), "")
    if presets is not None and _NAME not in module.code:
        own = [one for one in presets.elements if _has_comment(presets, one) or not _is_standard(one, context)]
        if len(own) < len(presets.elements):
            call = cst.StarredDictElement(cst.Call(cst.Name(_NAME), [cst.Arg(cst.Name(context))]))
            write(path, _imported(replaced(module, presets, joined(presets, [call, *own]))).code)
    return iter(())


def _has_comment(presets: cst.Dict, element: cst.BaseDictElement) -> bool:
    space = after(presets, element) or cst.SimpleWhitespace("")
    return any("#" in cst.Module([]).code_for_node(node) for node in (element, space))


def _is_standard(element: cst.BaseDictElement, context: str) -> bool:
    code = cst.Module([]).code_for_node(element)
    if isinstance(element, cst.StarredDictElement):
        return code.startswith(f"**dict.fromkeys({context}.command_functions, COMMAND)")
    if not isinstance(element, cst.DictElement):
        return False
    if isinstance(element.key, cst.SimpleString):
        return _BY_TEXT.get(str(element.key.evaluated_value)) == name_of(element.value)
    owner, _, attribute = name_of(element.key).rpartition(".")
    return owner == context and _BY_ATTRIBUTE.get(attribute) == name_of(element.value)


def _imported(module: cst.Module) -> cst.Module:
    """Return the module with the import of the call, and without the imports of presets that it no longer names."""
    rest = cst.Module([line for line in module.body if not _imports_presets(line)]).code
    names = {name for source, name, _ in imports(module) if source == _SOURCE and name.isupper()}
    unused = (name for name in names if not re.search(rf"\b{name}\b", rest))
    module = add_import(remove_imports(module, _SOURCE, *unused), _SOURCE, _NAME)
    [line] = [line for line in module.body if _imports_presets(line)]
    if "#" in cst.Module([]).code_for_node(line):
        return module
    found = (Import(source, name, local) for source, name, local in imports(module) if source == _SOURCE)
    formatted = block(Import(one.source, one.name, "" if one.local == one.name else one.local) for one in found)
    return replaced(module, line, cst.parse_statement(formatted).with_changes(leading_lines=line.leading_lines))


def _imports_presets(line: cst.CSTNode) -> bool:
    return any(
        isinstance(statement, cst.ImportFrom) and name_of(statement.module) == _SOURCE
        for statement in statements([line])
    )
