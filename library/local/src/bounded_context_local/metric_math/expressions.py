"""Evaluation of metric math. Its syntax is close to Python's, so Python's parser reads it.

Unsupported expressions raise NotCalculated, which the widget displays.
"""

import ast
import operator
from collections.abc import Callable, Sequence

from . import search
from .arithmetic import AGGREGATES, Operation, Value, aggregate, choose, divide, each, fill
from .metric_lines import Line, Metric
from .series import NotCalculated, Recorded, Series

OPERATORS: dict[type[ast.operator], Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: divide,
}
COMPARISONS: dict[type[ast.cmpop], Operation] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def tree(expression: str) -> ast.expr:
    """Return an expression's syntax tree. Raises NotCalculated for other syntax, such as a Metrics Insights query."""
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise NotCalculated(expression) from error


class Calculator:
    """A calculator for the lines of a widget. `period` converts a line's period to seconds of this run."""

    def __init__(self, lines: Sequence[Line], recorded: Recorded, period: Callable[[int], int]) -> None:
        self._recorded = recorded
        self._period = period
        self._lines = lines
        self._named = {line.id: line for line in lines if line.id}
        self._calculating: list[Line] = []

    def of(self, line: Line) -> Series | list[Series]:
        """Return the series of a line: one, or all results of its search. Raises NotCalculated."""
        value = self._of(line)
        if isinstance(value, Series | list):
            return value
        raise NotCalculated("a number, not a series")

    def _of(self, line: Line) -> Value:
        if line.metric:
            return self._series(line, line.metric)
        if line in self._calculating:
            raise NotCalculated(f"{line.id}, which refers to itself")
        self._calculating.append(line)
        try:
            return self._value(tree(line.expression))
        finally:
            self._calculating.pop()

    def _series(self, line: Line, metric: Metric) -> Series:
        return self._recorded.series(metric, line.stat, self._period(line.period))

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._named:
                return self._of(self._named[name])
            case ast.List(elts=items):
                return [series for item in items for series in self._listed(item)]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return each(operator.mul, self._value(operand), -1.0)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return each(OPERATORS[type(op)], self._value(left), self._value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                return each(COMPARISONS[type(op)], self._value(left), self._value(right))
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                return self._call(function, arguments)
        raise NotCalculated(ast.unparse(node))

    def _listed(self, node: ast.expr) -> list[Series]:
        value = self._value(node)
        if isinstance(value, Series):
            return [value]
        if isinstance(value, list):
            return value
        raise NotCalculated(ast.unparse(node))

    def _call(self, function: str, arguments: Sequence[ast.expr]) -> Value:
        match function, arguments:
            case "METRICS", []:
                return self._all("")
            case "METRICS", [ast.Constant(value=str(part))]:
                return self._all(part)
            case "SEARCH", [ast.Constant(value=str(query)), ast.Constant(value=str(stat)), *period]:
                return self._search(query, stat, period)
            case "FILL", [filled, ast.Constant(value=int() | float() as filling)]:
                return fill(self._value(filled), filling, self._recorded.seconds)
            case "IF", [condition, then, otherwise]:
                return choose(self._value(condition), self._value(then), self._value(otherwise))
            case "REMOVE_EMPTY", [listed]:
                return [series for series in self._listed(listed) if series.points]
            case name, [argument] if name in AGGREGATES:
                return aggregate(name, self._value(argument))
        raise NotCalculated(f"{function}(...)")

    def _all(self, part: str) -> list[Series]:
        """Return the widget's metrics whose id contains `part`."""
        return [self._series(line, line.metric) for line in self._lines if line.metric and part in line.id]

    def _search(self, query: str, stat: str, period: Sequence[ast.expr]) -> list[Series]:
        match period:
            case []:
                seconds = self._calculating[-1].period
            case [ast.Constant(value=int(seconds))]:
                pass
            case _:
                raise NotCalculated("a calculated period")
        try:
            found = search.read(query)
        except search.Unreadable as error:
            raise NotCalculated(f"the search {query}") from error
        metrics = filter(found.finds, self._recorded.metrics)
        return [self._recorded.series(metric, stat, self._period(seconds)) for metric in metrics]
