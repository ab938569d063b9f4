"""Pages that describe the code name files and folders that exist, and their sizes are true."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from screens.record import written

from template.library import CODE
from template.names import REPOSITORY

PAGES = ("alternatives.md", "architecture.md", "hand-written.md")
EXPLANATION = REPOSITORY / "library" / "docs" / "explanation"
SOURCES_OF_LIBRARY = [folder.parent for folder in CODE.values()]
PREFIXES = {"payment/": REPOSITORY / "examples" / "payment"}
_NAMED = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]+\.py)`")


def named(text: str) -> list[str]:
    """Return the paths in backticks."""
    return _NAMED.findall(text)


def exists(path: str) -> bool:
    """Whether a path exists below a source folder or a package of the library, the example, or the root."""
    for prefix, folder in PREFIXES.items():
        if path.startswith(prefix):
            return (folder / path.removeprefix(prefix)).exists()
    return any((root / path).exists() for root in (*SOURCES_OF_LIBRARY, *CODE.values(), REPOSITORY))


@pytest.mark.parametrize("page", PAGES)
def test_every_named_file_exists(page: str) -> None:
    """In the library, the example or the repository."""
    folders = {f"{folder.name}/" for package in CODE.values() for folder in _folders(package)}
    paths = [path for path in named((EXPLANATION / page).read_text(encoding="utf-8")) if path not in folders]
    assert len(paths) > 4
    assert [path for path in paths if not exists(path)] == []


def unchecked(text: str) -> list[str]:
    """Return the rows of a page's tables whose last cell names no link, file or command."""
    rows = re.findall(r"^\| (?!fact |---).*\|$", text, re.MULTILINE)
    return [row for row in rows if not re.search(r"\]\(|`[\w/.-]+[ /].*`", row.split(" | ")[-1])]


def test_each_row_about_alternatives_names_its_check() -> None:
    """A row without one is detected. The number of resources is that of the recorded demo."""
    page = (EXPLANATION / "alternatives.md").read_text(encoding="utf-8")
    assert page.count("\n| ") > 15
    assert unchecked(page) == []
    assert unchecked("| It is faster. | because |\n") != []
    [stated] = re.findall(r"prints the number of resources: more than (\d+)", page)
    [resources] = re.findall(r"(\d+)\s+resources", written((REPOSITORY / "examples" / "demo.svg").read_text("utf-8")))
    assert int(stated) < int(resources)


def test_a_missing_file_is_reported() -> None:
    """The check detects a planted fault."""
    assert [
        path
        for path in named("see `bounded_context_operations/release/gone.py` and `bounded_context/aws.py`")
        if not exists(path)
    ] == ["bounded_context_operations/release/gone.py"]


def test_every_folder_of_the_library_is_on_the_architecture_page() -> None:
    """Also a folder that is added later."""
    text = (EXPLANATION / "architecture.md").read_text(encoding="utf-8")
    folders = [folder for package in CODE.values() for folder in _folders(package)]
    assert [str(folder) for folder in folders if f"`{folder.name}/`" not in text] == []


def _folders(root: Path) -> list[Path]:
    return [folder for folder in root.iterdir() if (folder / "__init__.py").exists()]


SHARE = 0.3
"""The largest share of the library's lines in a folder."""

SCREEN = 60
"""The lines of a screen."""


@cache
def lines() -> Counter[str]:
    """The lines of Python in each distribution, such as `cli`, and in each folder below it, such as `cli/release`."""
    counted = Counter[str]()
    for package in CODE.values():
        for path in package.rglob("*.py"):
            folders = (package.parents[1].name, *path.relative_to(package).parts[:-1])
            number = len(path.read_text(encoding="utf-8").splitlines())
            counted.update({"/".join(folders[:count]): number for count in range(1, len(folders) + 1)})
    return counted


def differs(readme: str, number: int) -> bool:
    """Whether the size in a README differs from the number of lines by more than 5 %."""
    [size] = re.findall(r"^- Size: about ([\d,]+) lines of Python\.$", readme, re.MULTILINE)
    return abs(int(size.replace(",", "")) - number) > 0.05 * number


@pytest.mark.parametrize("distribution", sorted({package.parents[1].name for package in CODE.values()}))
def test_the_size_in_the_readme_of_a_distribution_is_true(distribution: str) -> None:
    """Correct the number in the README. A planted change by a tenth is detected."""
    readme = (REPOSITORY / "library" / distribution / "README.md").read_text(encoding="utf-8")
    number = lines()[distribution]
    assert not differs(readme, number), f"library/{distribution}/README.md: write about {round(number, -2):,} lines."
    assert differs(readme, number * 9 // 10 - 1)
    assert differs(readme, number * 11 // 10 + 1)


def test_no_folder_contains_most_of_the_library() -> None:
    """Neither a distribution nor a folder of its package."""
    total = sum(number for folder, number in lines().items() if "/" not in folder)
    assert {folder for folder, number in lines().items() if number > SHARE * total} == set()


def test_the_map_of_the_library_is_a_screen_long() -> None:
    """The page names the folders, and then follows three paths."""
    assert len((EXPLANATION / "architecture.md").read_text(encoding="utf-8").splitlines()) <= SCREEN
