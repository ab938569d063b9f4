"""The layout of long calls and signatures, as ruff formats them."""

from __future__ import annotations

import libcst as cst

WIDTH = 120
_NONE = cst.SimpleWhitespace("")
_NO_COMMA = cst.MaybeSentinel.DEFAULT
EQUAL = cst.AssignEqual(_NONE, _NONE)
"""The equals sign of an argument with a keyword."""


def fitted_call(call: cst.Call, indent: str) -> cst.Call:
    """Return a call with its arguments in one indented line, or in a line each. ``indent`` is the call's own."""
    inner, several = _spaces(indent)
    between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    first, last = [arg.with_changes(comma=between) for arg in call.args[:-1]], call.args[-1]
    line = [*first, last.with_changes(comma=_NO_COMMA, whitespace_after_arg=_outer(indent))]
    if len(indent) + 4 + len(", ".join(_code(arg.with_changes(comma=_NO_COMMA)) for arg in line).strip()) <= WIDTH:
        return call.with_changes(args=line, whitespace_before_args=inner)
    each = [arg.with_changes(comma=several) for arg in call.args[:-1]]
    end = last.with_changes(comma=cst.Comma(whitespace_after=_outer(indent)), whitespace_after_arg=_NONE)
    return call.with_changes(args=[*each, end], whitespace_before_args=inner)


def fitted_function(function: cst.FunctionDef) -> cst.FunctionDef:
    """Return a function at the top level; a long signature is broken as `fitted_call` breaks a call."""
    first = next(line for line in _code(function).splitlines() if line.startswith("def "))
    if len(first) <= WIDTH:
        return function
    inner, several = _spaces("")
    params = function.params.params
    joined = ", ".join(_code(parameter.with_changes(comma=_NO_COMMA)) for parameter in params)
    between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if len(joined) + 4 <= WIDTH else several
    end = params[-1].with_changes(comma=cst.Comma(whitespace_after=_outer("")) if between is several else _NO_COMMA)
    if between is not several:
        end = end.with_changes(whitespace_after_param=_outer(""))
    parameters = [*(parameter.with_changes(comma=between) for parameter in params[:-1]), end]
    return function.with_changes(params=cst.Parameters(parameters), whitespace_before_params=inner)


def _spaces(indent: str) -> tuple[cst.ParenthesizedWhitespace, cst.Comma]:
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(f"{indent}    "))
    return inner, cst.Comma(whitespace_after=inner)


def _outer(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
