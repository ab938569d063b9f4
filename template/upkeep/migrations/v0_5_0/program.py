"""The program of a stack: `finish` replaces its three last statements, which continue to work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..files import text, write
from ..python import add_import, parsed, remove_imports

PROGRAM = "infra/service/__main__.py"
_LIBRARY = "bounded_context.infra"
_OLD = re.compile(
    r"^components = Components\((?P<arguments>[^()]*)\)\n"
    r"(?P<before>(?:.*\n)*?)observability = Observability\(components\)\n"
    r"(?P<after>(?:.*\n)*?)(?:# The last line: .*\n)?export_outputs\(components, observability\)\n",
    re.MULTILINE,
)
_NEW = (
    "# The last line: alarms, dashboards, and the outputs that `context rollout`, `context redrive` and other stacks "
    "read.\n"
)
_NAMES = re.compile(r"^[^#\n]*\b(components|observability)\b", re.MULTILINE)


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Replace the statements, unless the program uses their names elsewhere."""
    path = repository / PROGRAM
    before = (text(path) or "") if path.is_file() else ""
    after = _OLD.sub(_finished, before)
    if after != before and not _NAMES.search(after):
        module = add_import(parsed(repository, path, after), _LIBRARY, "finish")
        write(path, remove_imports(module, _LIBRARY, "Components", "Observability", "export_outputs").code)
    return iter(())


def _finished(old: re.Match[str]) -> str:
    return f"{old['before']}{old['after']}{_NEW}finish({old['arguments']})\n"
