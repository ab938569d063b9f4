"""The partners' page ``docs/lists.md``: the format of the lists, from the model, the declaration and the stack prod."""

import json
from pathlib import Path
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.faults import LIST_CODES, ROW_CODES, Fault, remedy_of
from bounded_context.domain.fields import description_of
from bounded_context_infra.configuration.project import Project

from ..programs.graph import PRODUCTION
from ..programs.stack_settings import settings_of
from ..views.pages.lists import Column, ListFormat, markdown
from .values import examples

NAME: Final = Path("docs", "lists.md")


def list_format(project: Project, stack: str = PRODUCTION) -> ListFormat:
    """Return the format of the lists that a stack accepts.

    Raises:
        ProjectError: the stack has no file, or a bad setting.
    """
    context, settings = project.context, settings_of(project, stack)
    return ListFormat(
        context.display_name,
        _columns(context),
        _row_codes(context),
        LIST_CODES,
        settings.max_list_mb,
        settings.tolerated_share,
        settings.temporary_names,
    )


def page(project: Project) -> str:
    """Return the expected text of the page. Raises ProjectError."""
    return markdown(list_format(project))


def _columns(context: Context[Any]) -> list[Column]:
    shown, defaults = examples(context.details), context.rows.defaults
    return [
        Column(
            name,
            description_of(field) or "",
            _text(shown.get(name)),
            _text(defaults[name]) if name in defaults else None,
        )
        for name, field in context.details.model_fields.items()
    ]


def _text(value: object) -> str:
    """Return a JSON value as the text of a cell: a text as it is, and None as an empty cell."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _row_codes(context: Context[Any]) -> dict[str, tuple[str, str]]:
    own = {error.code: (f"{error.title.rstrip('.')}.", remedy_of(error.code)) for error in context.errors}
    known = {code: texts for code, texts in ROW_CODES.items() if code != Fault.UNKNOWN or context.references}
    return {**known, **own}
