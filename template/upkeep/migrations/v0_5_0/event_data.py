"""The data of events: the library derives them from the details, so an ``events.py`` that repeats these is removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..files import edit, text, texts, write
from ..python import parsed, remove_imports

_ARGUMENT = re.compile(r"^    data=(?P<name>\w+),\n", re.MULTILINE)
_DETAILS = re.compile(r"^class \w+\(Details\):\n(?:    .*\n|\n(?=    ))*", re.MULTILINE)
_FIELD = re.compile(r"^    (\w+: .+)$", re.MULTILINE)
_IMPORTED = re.compile(r"^(?:from|import) |^    \w+,$|^\)$")
_PERSONAL = re.compile(r"Annotated\[(.+?), Personal\]")
_STANDING = 3
"""The last fields of the events' data: status, version and list."""
_USES = re.compile(r"^\s*(?:from|import) .*\bevents\b", re.MULTILINE)


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Delete the file, and its name in the declaration. A file with more than the details stays, and continues to work.

    It also stays if another module than the declaration imports it.
    """
    for events in repository.glob("src/*/events.py"):
        declaration, baked = events.with_name("context.py"), template / events.relative_to(repository)
        name = _ARGUMENT.search(_read(declaration))
        users = {path for path, content in texts(repository) if path.suffix == ".py" and _USES.search(content)}
        if (
            name
            and users <= {declaration}
            and _repeats(_read(events), _read(events.with_name("model.py")), _read(baked))
        ):
            module = remove_imports(parsed(repository, declaration), ".events", name["name"])
            write(declaration, _ARGUMENT.sub("", module.code))
            events.unlink()
            module_name = re.escape(f"{events.parent.name}.events")
            edit(repository / "pyproject.toml", lambda rules, name=module_name: _without(rules, name))
    return iter(())


def _without(rules: str, module: str) -> str:
    """Return the settings whose import rules do not name the module, which import-linter would not find."""
    return re.sub(rf' "{module}",', "", rules).replace('"commands | events"', '"commands"')


def _read(path: Path) -> str:
    return (text(path) or "") if path.is_file() else ""


def _repeats(events: str, model: str, baked: str) -> bool:
    """Whether the events' data have the fields of the details, and the other lines of the bake."""
    details = _DETAILS.search(_PERSONAL.sub(r"\1", model))
    expected = [*_FIELD.findall(details[0] if details else ""), *_FIELD.findall(baked)[-_STANDING:]]
    return _FIELD.findall(events) == expected and _others(events) == _others(baked)


def _others(content: str) -> list[str]:
    lines = (line for line in content.splitlines() if line.strip())
    return [line for line in lines if not _FIELD.match(line) and not _IMPORTED.match(line)]
