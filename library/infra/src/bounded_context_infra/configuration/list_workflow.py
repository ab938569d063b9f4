"""The library's definition of the list workflow, in Amazon States Language."""

from pathlib import Path
from typing import Any, Final

from bounded_context.declaration.context import Context

ORIGINAL: Final = Path(__file__).parents[1] / "data" / "list_import.asl.json"
"""The definition without a context's names."""


def list_workflow(context: Context[Any]) -> str:
    """Return the definition with a context's verification, and the type and schema of the event of an imported list.

    The placeholders of resources remain: `bounded_context_infra.Workflow` fills them.
    """
    imported, text = context.list_events[0], ORIGINAL.read_text(encoding="utf-8")
    names = {
        "verification": "".join(word.capitalize() for word in context.verification_step.split("_")),
        "source": context.name,
        "list_imported": imported,
        "list_imported_schema": context.schema_of(imported),
    }
    for placeholder, name in names.items():
        text = text.replace(f"${{{placeholder}}}", name)
    return text
