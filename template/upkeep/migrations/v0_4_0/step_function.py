"""A step of lists: the function ``lambda_handler`` of its module becomes a function of ``list_steps.py``."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from ..python import calls, docstring, name_of
from .parallel_steps import parallel

_DOCSTRINGS = {
    "RegisterEvent": "Record an uploaded file, pinned to its object version, as a list.",
    "ValidationSettings": (
        "Split a file's valid rows into parts, and report the rejected rows. Ranges of a large file run in parallel."
    ),
    "VerificationSettings": (
        "Check the rows of a part. Parts are checked in parallel. Without a part, decide whether the list is imported."
    ),
    "PartEvent": "Import a part of a list. Parts are imported in parallel.",
    "ErrorEvent": (
        "Undo a part; without a part, undo the rest of the list and report the reason. Other lists' rows remain."
    ),
}
"""The template's docstring of each step, by the type of its event or settings."""


def step_function(name: str, function: cst.FunctionDef, step: cst.Call, old_docstring: str) -> cst.FunctionDef:
    """Return the step in its new form. A docstring that is the template's becomes the new docstring."""
    event, *more = function.params.params
    settings = next((found for found in more if _is_used(function, found.name.value)), None)
    body, kind = parallel(_with_steps(function.body), _annotation(event))
    types = [kind, *(_annotation(found) for found in (settings,) if found)]
    if docstring(function.body.body) == old_docstring:
        body = _documented(body, next((_DOCSTRINGS[kind] for kind in _kinds(function) if kind in _DOCSTRINGS), ""))
    named = zip((event, settings), types, strict=False)
    parameters = ", ".join(f"{found.name.value}: {kind}" for found, kind in named if found)
    header = f"@step({', '.join([name_of(step.args[0].value), *types, *_needs(step)])})\n"
    returns = f" -> {_code(function.returns.annotation)}" if function.returns else ""
    signature = f"{header}def {name}({parameters}, steps: ListImport){returns}: ...\n"
    made = cst.ensure_type(cst.parse_statement(signature), cst.FunctionDef)
    own = [found for found in function.decorators if found.decorator is not step]
    return made.with_changes(body=body, decorators=[*own, *made.decorators], leading_lines=function.leading_lines)


def checks_function(function: cst.FunctionDef, old_docstring: str) -> cst.FunctionDef:
    """Return the function with the checks of rows: the business rule is one of them, without arguments."""
    [known] = [*calls(function, "aws.known")][:1] or [None]
    changed = cst.ensure_type(function.visit(_Checks(bool([*calls(function, "aws.obeys")]))), cst.FunctionDef)
    if docstring(function.body.body) != old_docstring:
        return changed
    reference = f"a known {_reference(known)}, " if known else ""
    body = _documented(changed.body, f"Return the checks of rows: {reference}a new identity, and the business rule.")
    return changed.with_changes(body=body)


class _Checks(cst.CSTTransformer):
    """Removes the arguments of ``aws.obeys``; adds the call after the library's other checks if it is missing."""

    def __init__(self, obeys: bool) -> None:
        super().__init__()
        self._obeys = obeys

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if name_of(updated_node.func) != "aws.obeys":
            return updated_node
        first = updated_node.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return cst.Call(updated_node.func, [first])

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        found = updated_node.value
        if self._obeys or not isinstance(found, cst.List):
            return updated_node
        places = [place for place, element in enumerate(found.elements) if m.matches(element.value, _LIBRARYS)]
        if not places:
            return updated_node
        last = found.elements[places[-1]]
        context = cst.ensure_type(last.value, cst.Call).args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        obeys = cst.Call(cst.parse_expression("aws.obeys"), [context])
        # The new version has a line for each element. Lines that are there keep their comments.
        lines = found if not found.lbracket.whitespace_after.empty else _in_lines(found)
        place, last = places[-1] + 1, lines.elements[places[-1]]
        separator = cst.Comma(whitespace_after=lines.lbracket.whitespace_after)
        added = [last.with_changes(comma=separator), cst.Element(obeys, cst.ensure_type(last, cst.Element).comma)]
        elements = [*lines.elements[: place - 1], *added, *lines.elements[place:]]
        return updated_node.with_changes(value=lines.with_changes(elements=elements))


def _in_lines(found: cst.List) -> cst.List:
    """Return a list of one line with a line for each element."""
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    outer = cst.ParenthesizedWhitespace(indent=True)
    lines = [element.with_changes(comma=cst.Comma(whitespace_after=inner)) for element in found.elements]
    lines[-1] = lines[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return found.with_changes(lbracket=found.lbracket.with_changes(whitespace_after=inner), elements=lines)


_LIBRARYS = m.Call(func=m.Attribute(value=m.Name("aws"), attr=m.Name("known") | m.Name("not_taken")))


def _reference(known: cst.Call) -> str:
    column = known.args[1].value if len(known.args) > 1 else None
    name = column.evaluated_value if isinstance(column, cst.SimpleString) else ""
    return str(name).removesuffix("_id").replace("_", " ")


def _is_used(function: cst.FunctionDef, name: str) -> bool:
    return bool(m.findall(function.body, m.Name(name)))


def _kinds(function: cst.FunctionDef) -> list[str]:
    return [_annotation(found) for found in reversed(function.params.params)]


def _annotation(parameter: cst.Param) -> str:
    return _code(parameter.annotation.annotation) if parameter.annotation else ""


def _needs(step: cst.Call) -> list[str]:
    """Return the argument ``needs``: what the decorator builds besides the list import."""
    needed = [_code(argument.value) for argument in step.args[2:] if argument.keyword is None]
    return [f"needs=({', '.join(needed)}{',' if len(needed) == 1 else ''})"] if needed else []


def _with_steps(body: cst.BaseSuite) -> cst.BaseSuite:
    """Replace ``list_import()`` by the parameter ``steps``, and remove its assignment. The undo gets the error."""
    changed = body.visit(_Steps())
    return changed if isinstance(changed, cst.BaseSuite) else body


_COMPENSATION = m.Call(
    func=m.Attribute(attr=m.Name("compensate")),
    args=[m.Arg(m.Attribute(m.Name("event"), m.Name("list_id")))],
)
_CAUGHT = cst.Arg(cst.parse_expression("event.name"))
"""The name of the error that Step Functions caught: a part of the cause of a failed list."""


class _Steps(cst.CSTTransformer):
    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if name_of(updated_node.func) == "list_import":
            return cst.Name("steps")
        if m.matches(updated_node, _COMPENSATION):
            return updated_node.with_changes(args=[*updated_node.args, _CAUGHT])
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        same = m.Assign(targets=[m.AssignTarget(m.Name("steps"))], value=m.Name("steps"))
        return cst.RemoveFromParent() if m.matches(updated_node.body[0], same) else updated_node


def _documented(body: cst.BaseSuite, words: str) -> cst.BaseSuite:
    if not words:
        return body
    [first, *rest] = body.body
    line = first.with_changes(body=[cst.Expr(cst.SimpleString(f'"""{words}"""'))])
    return body.with_changes(body=[line, *rest])


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
