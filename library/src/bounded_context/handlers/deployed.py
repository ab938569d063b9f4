"""Whether a repository's entry points and its context's functions are the same."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from ..context import Context

OF_THE_LIBRARY: Final = ("relay_events", "measure_lists", "watch_lists", "pre_traffic", "post_traffic")
"""The functions whose entry points are modules of this package."""


def entry_point_of(context: Context[Any], function: str) -> str:
    """Return what Lambda calls of a context's function: ``payment.handlers.verify_payment.lambda_handler``."""
    package = __name__.partition(".")[0] if function in OF_THE_LIBRARY else context.name
    return f"{package}.handlers.{function}.lambda_handler"


def undeployed(context: Context[Any], folder: Path, own: Collection[str] = ()) -> Iterator[str]:
    """Yield a sentence for each entry point in ``folder`` that no function has, and for each function without one.

    ``own`` are functions of the repository's own, which its program deploys beside those of the context.
    """
    functions = {*context.functions, *own} - {*OF_THE_LIBRARY}
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    for name in sorted(modules - functions):
        yield f"handlers/{name}.py is deployed by no function: declare what it is for, or remove it."
    for name in sorted(functions - modules):
        yield f"handlers/{name}.py is missing: it is the entry point of the function {name}."
