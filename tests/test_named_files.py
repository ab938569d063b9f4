"""Pages that describe the code name files and folders that exist."""

import re
from pathlib import Path

import pytest

from template.library import CODE
from template.names import REPOSITORY

PAGES = ("architecture.md", "hand-written.md")
EXPLANATION = REPOSITORY / "library" / "docs" / "explanation"
SOURCES_OF_LIBRARY = [folder.parent for folder in CODE.values()]
PREFIXES = {"payment/": REPOSITORY / "examples" / "payment"}
_NAMED = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]+\.py)`")


def named(text: str) -> list[str]:
    """Return the paths in backticks."""
    return _NAMED.findall(text)


def exists(path: str) -> bool:
    """Whether a path exists below the library's package, the example, or the root."""
    for prefix, folder in PREFIXES.items():
        if path.startswith(prefix):
            return (folder / path.removeprefix(prefix)).exists()
    return any((root / path).exists() for root in (*SOURCES_OF_LIBRARY, REPOSITORY))


@pytest.mark.parametrize("page", PAGES)
def test_every_named_file_exists(page: str) -> None:
    """In the library, the example or the repository."""
    folders = {f"{folder.name}/" for package in CODE.values() for folder in _folders(package)}
    paths = [path for path in named((EXPLANATION / page).read_text(encoding="utf-8")) if path not in folders]
    assert len(paths) > 15
    assert [path for path in paths if not exists(path)] == []


def test_a_file_that_is_gone_is_found() -> None:
    """The check detects a planted fault."""
    assert [
        path
        for path in named("see `bounded_context_cli/release/gone.py` and `bounded_context/aws.py`")
        if not exists(path)
    ] == ["bounded_context_cli/release/gone.py"]


def test_every_folder_of_the_library_is_on_the_architecture_page() -> None:
    """Also a folder that is added later."""
    text = (EXPLANATION / "architecture.md").read_text(encoding="utf-8")
    folders = [folder for package in CODE.values() for folder in _folders(package)]
    assert [str(folder) for folder in folders if f"`{folder.name}/`" not in text] == []


def _folders(root: Path) -> list[Path]:
    return [folder for folder in root.iterdir() if (folder / "__init__.py").exists()]
