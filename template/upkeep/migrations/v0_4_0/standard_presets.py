"""The library's presets in ``infra/service/functions.py``: a call of ``standard_presets`` replaces them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst

from ..files import write
from ..import_block import Import, block
from ..python import add_import, imports, name_of, parsed, remove_imports, replaced, statements
from .presets import FILE, presets_of

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
        own = [element for element in presets.elements if not _is_standard(element, context)]
        if len(own) < len(presets.elements):
            write(path, _imported(replaced(module, presets, _called(presets, context, own))).code)
    return iter(())


def _is_standard(element: cst.BaseDictElement, context: str) -> bool:
    code = cst.Module([]).code_for_node(element)
    if isinstance(element, cst.StarredDictElement):
        return code.startswith(f"**dict.fromkeys({context}.command_functions, COMMAND)") and "#" not in code
    if not isinstance(element, cst.DictElement) or "#" in code:
        return False
    if isinstance(element.key, cst.SimpleString):
        return _BY_TEXT.get(str(element.key.evaluated_value)) == name_of(element.value)
    owner, _, attribute = name_of(element.key).rpartition(".")
    return owner == context and _BY_ATTRIBUTE.get(attribute) == name_of(element.value)


def _called(presets: cst.Dict, context: str, own: Sequence[cst.BaseDictElement]) -> cst.Dict:
    """Return the presets with the call in the first line. The last line has the separator of the last line before."""
    call = cst.StarredDictElement(cst.Call(cst.Name(_NAME), [cst.Arg(cst.Name(context))]), presets.elements[0].comma)
    *others, last = [call, *own]
    return presets.with_changes(elements=[*others, last.with_changes(comma=presets.elements[-1].comma)])


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
