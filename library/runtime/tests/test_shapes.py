"""A field of a declaration whose value is of another type: a comma that is missing, a list, or None."""

from dataclasses import fields, replace
from typing import Any, Final

import pytest

from bounded_context import Archive, BadContext, Context
from bounded_context.domain.reactions import Copy, copied
from tests.contexts import ORDER, over_contexts

_VALUES: Final[tuple[Any, ...]] = (
    None,
    7,
    "text",
    [],
    ["text"],
    (None,),
    (7,),
    {None: None},
    {"text": 7},
    True,
    object,
)
_FREE: Final = {"display_name", "owner"}
"""The fields for which any text is right."""


@pytest.mark.parametrize("field", [field.name for field in fields(Context)])
@over_contexts
def test_a_value_of_another_type_is_refused(context: Context[Any], field: str):
    """By a sentence that begins with the field, and never by the error of a check that expects the type."""
    for value in _VALUES:
        try:
            replace(context, **{field: value})
        except BadContext as refused:
            assert str(refused).startswith(field) or (field, value) == ("verification", None)
        else:
            assert value is getattr(context, field) or (field, type(value)) in {*_right(context)}, (field, value)


def _right(context: Context[Any]) -> Any:
    yield from ((field, str) for field in _FREE)
    yield from ((field, bool) for field in ("api", "times"))
    yield from ((field, type(None)) for field in ("verification", "approval", "previous_version"))
    yield from ((field, str) for field in ("plural", "verification"))


def test_texts_with_members_are_texts():
    """An archive is a subscriber, and a copy is a reference."""
    context = replace(
        ORDER, subscribers=("bi", Archive("lake")), references={"customer_id": Copy("customer", fields=("a",))}
    )
    assert context.archives["lake"].days == 730
    assert copied(context.references) == {"customer": ("a",)}
