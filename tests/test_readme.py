"""The commands that the documents tell people to run exist."""

import re
import tomllib
from pathlib import Path

import pytest

from template.answers import RULES
from template.names import REPOSITORY

DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
LINE = re.compile(r"^(?:\$ )?((?:uv run|uvx|cookiecutter|python3?|bash|pip)\b.*)$", re.MULTILINE)
TOOLS = {"template", "pytest", "ruff", "pyrefly", "cookiecutter", "context", "python"}


def commands(path: Path) -> list[str]:
    """The command lines of a document's code blocks, without comments."""
    blocks = re.findall(r"```\w*\n(?s:(.*?))```|((?:^    .*\n)+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    text = "\n".join(line.strip() for block in blocks for line in "".join(block).splitlines())
    return [re.split(r"\s+#|\s{2,}", line)[0] for line in LINE.findall(text)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_of_the_documents_exist(document: str) -> None:
    """A tool of this repository, or a file. Its words are parsed by `test_command_lines`."""
    page_commands = commands(REPOSITORY / document)
    assert page_commands
    for command in page_commands:
        words = re.sub(r"^uv run (--(group|directory) [\w/]+ )?", "", command).split()
        assert words[0] in TOOLS | {"uvx", "bash", "pip"} or words[0].endswith(".py"), command
        for word in words:
            if re.fullmatch(r"[\w./-]+\.(py|sh)|\.ci/run", word):
                assert (REPOSITORY / word).exists(), command


def test_the_package_is_described_where_it_is_published() -> None:
    """The command that the README names is the one that is installed."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"template": "template.cli:main"}


def test_the_readme_is_short_and_names_every_answer() -> None:
    """One reads it in some minutes, and bakes."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert tuple(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == tuple(RULES)
