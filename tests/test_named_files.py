"""Pages that describe the code name files and folders that exist."""

import re
from pathlib import Path

import pytest

from template.names import REPOSITORY

PAGES = ("architecture.md", "hand-written.md")
EXPLANATION = REPOSITORY / "library" / "docs" / "explanation"
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
    return any((root / path).exists() for root in (REPOSITORY / "library" / "src" / "bounded_context", REPOSITORY))


@pytest.mark.parametrize("page", PAGES)
def test_every_named_file_exists(page: str) -> None:
    """In the library, the example or the repository."""
    paths = named((EXPLANATION / page).read_text(encoding="utf-8"))
    assert len(paths) > 15
    assert [path for path in paths if not exists(path)] == []


def test_a_file_that_is_gone_is_found() -> None:
    """The check detects a planted fault."""
    assert [path for path in named("see `tools/rollout/gone.py` and `aws.py`") if not exists(path)] == [
        "tools/rollout/gone.py"
    ]


def test_every_folder_of_the_library_is_on_the_architecture_page() -> None:
    """Also a folder that is added later."""
    text = (EXPLANATION / "architecture.md").read_text(encoding="utf-8")
    package = REPOSITORY / "library" / "src" / "bounded_context"
    folders = [folder for root in (package, package / "tools", package / "infra") for folder in _folders(root)]
    assert [str(folder) for folder in folders if f"`{folder.relative_to(package)}/`" not in text] == []


def _folders(root: Path) -> list[Path]:
    return [folder for folder in root.iterdir() if (folder / "__init__.py").exists()]
