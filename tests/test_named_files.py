"""Pages, comments and docstrings name files and folders that exist, and the sizes on pages are true."""

import ast
import io
import re
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
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


PROTOCOLS = {
    *("http.client.HTTPConnection", "http.server.BaseHTTPRequestHandler", "struct.pack", "struct.unpack"),
    *("xml.etree.ElementTree.Element", "xml.parsers.expat.ParserCreate", "zipfile.BadZipFile"),
}
"""Names of the standard library with which a module reads, writes or serves a format or a protocol itself."""


def speaks(code: str) -> bool:
    """Whether code of 150 lines or more imports one of the names."""
    imports = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom))
    names = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return code.count("\n") >= 150 and not PROTOCOLS.isdisjoint(names)


def test_each_module_that_speaks_a_protocol_names_its_alternative() -> None:
    """In the table of the hand-written parts: the module or its folder. A module that is left out is detected."""
    rows = re.findall(r"^\| `([^`]+)`", (EXPLANATION / "hand-written.md").read_text(encoding="utf-8"), re.MULTILINE)
    modules = {
        str(path.relative_to(package.parent))
        for package in CODE.values()
        for path in package.rglob("*.py")
        if speaks(path.read_text(encoding="utf-8"))
    }
    assert len(modules) > 5
    assert sorted(module for module in modules if not module.startswith(tuple(rows))) == []
    assert speaks("from zipfile import BadZipFile\n" * 150)


_FILE = re.compile(r"(?<![\w/<{:.$*-])((?:[\w.-]+/)+[\w-]+\.(?:py|md|toml|ya?ml|json|cfg))\b")
ELSEWHERE = {
    *("src/a/b.py", "DIR/cookiecutter.json", "tests/test_promises.py"),
    *("awscli/handlers.py", "awscli/customizations/argrename.py"),
}
"""Paths in examples, in repositories that are not generated here, and in AWS's CLI."""


@cache
def ends() -> set[str]:
    """The paths of the repository's files, and their ends: comments name a file by the end of its path."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=REPOSITORY, text=True, check=True, stdout=subprocess.PIPE).stdout.splitlines()
    parts = (file.split("/") for file in files if (REPOSITORY / file).exists())
    return {"/".join(path[start:]) for path in parts for start in range(len(path))}


def remarks(code: str) -> Iterator[str]:
    """Yield the comments, and the texts that stand alone: docstrings of modules, functions and constants."""
    yield from (k.string for k in tokenize.generate_tokens(io.StringIO(code).readline) if k.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def gone(code: str) -> list[str]:
    """Return the paths in comments and docstrings that are neither in the repository nor in an installed package."""
    paths = (path for text in remarks(code) for path in _FILE.findall(text))
    return [p for p in paths if p not in ends() | ELSEWHERE and find_spec(p.partition("/")[0]) is None]


def test_comments_and_docstrings_name_files_that_exist() -> None:
    """In each Python file of the repository. A path that is gone is detected in a comment and in a docstring."""
    files = [path for path in sorted(ends()) if path.endswith(".py") and not path.startswith("<<")]
    code = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in files if (REPOSITORY / path).is_file()}
    assert len(code) > 500
    assert {path: found for path, text in code.items() if (found := gone(text))} == {}
    assert gone('"""See `wiring/gone.py`, wiring/functions.py."""\n# in parts/gone.md') == [
        "parts/gone.md",
        "wiring/gone.py",
    ]


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
