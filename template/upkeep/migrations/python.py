"""Python files as libCST trees, which keep comments and formatting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import libcst as cst
from libcst.helpers import get_full_name_for_node

from .files import text, texts
from .import_block import Import, block, order, section
from .layout import WIDTH
from .run import refused

Line = cst.SimpleStatementLine | cst.BaseCompoundStatement


def parsed(repository: Path, path: Path, content: str | None = None, names: Sequence[str] = ()) -> cst.Module:
    """Return the tree of a file, or of its new content. Raises `refused` with ``names`` if it is not valid Python."""
    try:
        return cst.parse_module((text(path) or "") if content is None else content)
    except cst.ParserSyntaxError as error:
        raise refused(repository, path, f"line {error.raw_line}: {error.message}", names) from None


def modules(repository: Path, *words: str) -> Iterator[tuple[Path, cst.Module]]:
    """Yield the trees of the Python files that contain one of the words."""
    for path, content in texts(repository):
        if path.suffix == ".py" and (names := [word for word in words if word in content]):
            yield path, parsed(repository, path, content, names)


def name_of(node: cst.CSTNode | None) -> str:
    """Return the dotted name of a name or attribute; an empty string for other expressions."""
    return get_full_name_for_node(node) or "" if isinstance(node, cst.Name | cst.Attribute) else ""


def dotted(name: str) -> cst.Attribute | cst.Name:
    """Return the expression of a dotted name."""
    expression = cst.parse_expression(name)
    return expression if isinstance(expression, cst.Attribute) else cst.ensure_type(expression, cst.Name)


def imports(module: cst.Module) -> Iterator[tuple[str, str, str]]:
    """Yield the module, the name and the local name of each ``from`` import at the top level.

    The module of a relative import begins with its dots.
    """
    for statement in statements(module.body):
        if isinstance(statement, cst.ImportFrom) and not isinstance(statement.names, cst.ImportStar):
            source = "." * len(statement.relative) + name_of(statement.module)
            for alias in statement.names:
                name = name_of(alias.name)
                yield source, name, alias.evaluated_alias or name


def statements(body: Sequence[cst.CSTNode]) -> Iterator[cst.BaseSmallStatement]:
    """Yield the simple statements of a body; nested bodies are left out."""
    for line in body:
        if isinstance(line, cst.SimpleStatementLine):
            yield from line.body


def replaced(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
    """Return a module with a new node in the place of another."""
    return cst.ensure_type(module.deep_replace(old, new), cst.Module)


def docstring(body: Sequence[cst.CSTNode]) -> str:
    """Return the source of the docstring of a body; an empty string without a docstring."""
    first = next(statements(body[:1]), None)
    expression = first.value if isinstance(first, cst.Expr) else None
    return expression.value if isinstance(expression, cst.SimpleString) else ""


def calls(node: cst.CSTNode, function: str) -> Iterator[cst.Call]:
    """Yield the calls of a function by its name."""
    matches: list[cst.Call] = []

    class _Calls(cst.CSTVisitor):
        def visit_Call(self, node: cst.Call) -> None:
            if name_of(node.func) == function:
                matches.append(node)

    node.visit(_Calls())
    yield from matches


def add_import(module: cst.Module, source: str, *names: str) -> cst.Module:
    """Return a module that imports names. They join an existing import of the source, in the order of isort.

    ``source`` may be relative, such as ``.use_cases``.
    """
    for line in module.body:
        for statement in statements([line]):
            if isinstance(statement, cst.ImportFrom) and _source(statement) == source:
                return replaced(module, statement, _with_names(statement, names))
    added = cst.parse_statement(block(Import(source, name) for name in names))
    places = [number for number, line in enumerate(module.body) if _is_import(line)]
    after = [number for number in places if _key(module.body[number]) > _key(added)]
    place = after[0] if after else max(places, default=-1) + 1
    lines = _separate([*module.body[:place], added, *module.body[place:]], place)
    return module.with_changes(body=lines)


def _key(line: cst.CSTNode) -> tuple[int, int, str]:
    """Return the place of an import: its section, more dots first, and its source."""
    first = next(statements([line]), None)
    if isinstance(first, cst.ImportFrom):
        source = _source(first)
        return section(source), -len(first.relative), source
    name = name_of(first.names[0].name) if isinstance(first, cst.Import) else ""
    return section(name), 0, ""


def _separate(lines: list[Line], place: int) -> list[Line]:
    """Put an empty line between a new import and its neighbours of other sections."""
    empty = cst.EmptyLine(indent=False)
    added, following = lines[place], lines[place + 1 : place + 2]
    own = _key(added)[0]
    if place and _is_import(lines[place - 1]) and _key(lines[place - 1])[0] == own:
        return lines
    blank = [empty] if place else []
    if following and _is_import(following[0]):
        leading = following[0].leading_lines
        blank = [line for line in leading if not line.comment]
        prefix = [*([empty] if _key(following[0])[0] != own else []), *(line for line in leading if line.comment)]
        following = [following[0].with_changes(leading_lines=prefix)]
    return [*lines[:place], added.with_changes(leading_lines=blank), *following, *lines[place + 2 :]]


def remove_imports(module: cst.Module, source: str, *names: str) -> cst.Module:
    """Return a module that does not import the names from a source. The next import takes the place of a whole line."""
    for number, line in enumerate(module.body):
        for statement in statements([line]):
            if isinstance(statement, cst.ImportFrom) and _source(statement) == source:
                rest = [alias for alias in _aliases(statement) if name_of(alias.name) not in names]
                if not rest:
                    following = [*module.body[number + 1 :]]
                    if following and _is_import(following[0]):
                        lines = following[0].leading_lines or line.leading_lines
                        following[0] = following[0].with_changes(leading_lines=lines)
                    return module.with_changes(body=[*module.body[:number], *following])
                if len(rest) < len(_aliases(statement)):
                    return replaced(
                        module, statement, statement.with_changes(names=_separated(rest, like=_aliases(statement)))
                    )
    return module


def _source(statement: cst.ImportFrom) -> str:
    return "." * len(statement.relative) + name_of(statement.module)


def _aliases(statement: cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return [] if isinstance(statement.names, cst.ImportStar) else statement.names


def _with_names(statement: cst.ImportFrom, names: Sequence[str]) -> cst.ImportFrom:
    present = {name_of(alias.name): alias for alias in _aliases(statement)}
    added = {name: cst.ImportAlias(cst.Name(name)) for name in names if name not in present}
    every = sorted({**present, **added}.items(), key=lambda item: order(item[0]))
    joined = statement.with_changes(names=_separated([alias for _, alias in every], like=_aliases(statement)))
    if statement.lpar or len(cst.Module([]).code_for_node(joined)) <= WIDTH:
        return joined
    names_of = (Import(_source(statement), name_of(alias.name), alias.evaluated_alias or "") for _, alias in every)
    [line] = statements([cst.parse_statement(block(names_of))])
    return cst.ensure_type(line, cst.ImportFrom)


def _separated(aliases: Sequence[cst.ImportAlias], like: Sequence[cst.ImportAlias] = ()) -> list[cst.ImportAlias]:
    """Return aliases with the separators of other aliases, so a list with a name in each line remains one."""
    first, last = (like or aliases)[0].comma, (like or aliases)[-1].comma
    between = first if isinstance(first, cst.Comma) and len(like or aliases) > 1 else _SPACED
    return [*(alias.with_changes(comma=between) for alias in aliases[:-1]), aliases[-1].with_changes(comma=last)]


_SPACED = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _is_import(line: cst.BaseStatement) -> bool:
    parts = list(statements([line]))
    return bool(parts) and isinstance(parts[0], cst.Import | cst.ImportFrom)
