"""The validation and the verification of lists: functions that also process a range of a file, or a part of a list."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m


@dataclass(frozen=True)
class _Form:
    """The names of a step that processes pieces of a list: its call, its event, the piece, and the piece's call."""

    call: str
    event: str
    piece: str
    of_piece: str


FORMS = (
    _Form("validate", "ValidationEvent", "range", "validate_range"),
    _Form("verify", "VerificationEvent", "part", "verify_part"),
)
_EARLIER = "StepEvent"


def parallel(body: cst.BaseSuite, event: str) -> tuple[cst.BaseSuite, str]:
    """Return the body and the event of a step in the form that processes pieces in parallel.

    A step with statements of its own stays as it is: it processes the whole list in one call.
    """
    for form in FORMS:
        if event == _EARLIER and (call := _only_call(body, form.call)):
            return _with_piece(body, call, form), form.event
    return body, event


def _only_call(body: cst.BaseSuite, name: str) -> cst.Call | None:
    """Return the call if the body is a docstring and the return of the call, with three arguments."""
    wanted = m.Call(func=m.Attribute(m.Name("steps"), m.Name(name)), args=[m.Arg(keyword=None)] * 3)
    if len(body.body) != 2 or not m.matches(body.body[1], m.SimpleStatementLine([m.Return(wanted)])):
        return None
    returned = cst.ensure_type(cst.ensure_type(body.body[1], cst.SimpleStatementLine).body[0], cst.Return)
    return cst.ensure_type(returned.value, cst.Call)


def _with_piece(body: cst.BaseSuite, call: cst.Call, form: _Form) -> cst.BaseSuite:
    code = [cst.Module([]).code_for_node(argument.value) for argument in call.args]
    # The tolerance is no matter of a piece.
    own = ", ".join((code[0], f"event.{form.piece}", code[2]))
    lines = (
        f"if event.{form.piece}:\n    return steps.{form.of_piece}({own})\n",
        f"return steps.{form.call}({', '.join(code)}, event.outcome)\n",
    )
    return body.with_changes(body=[body.body[0], *map(cst.parse_statement, lines)])
