"""The commands that the documents tell people to run exist."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from template.answers import RULES
from template.library import CLONE, PLACEHOLDER, PROJECTS, REPOSITORY_OF_LIBRARY, VERSION, address, origin
from template.names import REPOSITORY
from template.processes import environment
from template.upkeep.releases import OLDEST

DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
LINE = re.compile(r"^(?:\$ )?((?:uv run|uvx|cookiecutter|python3?|bash|pipx?)\b.*)$", re.MULTILINE)
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
        assert words[0] in TOOLS | {"uvx", "bash", "pip", "pipx"} or words[0].endswith(".py"), command
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


README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROOFS = re.compile(r"emulator|simulation|model|stand-in|engine|interpreter|account")
"""The kinds of proof."""


def claims(text: str) -> list[str]:
    """Return the bullets and the rows about releases, alarms and the pipeline."""
    lines = [line for line in text.splitlines() if re.match(r"[-|] ", line)]
    return [line for line in lines if re.search(r"rollback|traffic shifting|[Aa]larm\b(?! of| in)", line)]


def test_claims_of_releases_and_alarms_name_their_kind_of_proof() -> None:
    """A claim without a proof is detected."""
    section = README.partition("## See it run")[0]
    assert len(claims(section)) > 3
    assert [line for line in claims(section) if not PROOFS.search(line) and "runbook" not in line] == []
    [planted] = claims("- Automatic rollback.\n- An API.\n")
    assert not PROOFS.search(planted)


def test_the_status_answers_the_questions_of_a_decision_in_ten_lines() -> None:
    """Proofs, gaps, limits, versions, maintainers, licence, the way out, and alternatives."""
    section = README.partition("## Status and limits\n\n")[2].partition("\n\n")[0]
    assert len(section.splitlines()) <= 10
    for part in (
        "proof.md)",
        "proof.md#not-proved-by-a-run",
        "account.md",
        "SECURITY.md",
        "MIT",
        "leaving.md",
        "alternatives.md",
    ):
        assert part in section
    minor = VERSION.rpartition(".")[0]
    assert f"The newest, {minor}. Its template updates repositories since {OLDEST.rpartition('.')[0]}." in section


def test_the_first_command_works_without_pip() -> None:
    """Debian's Python refuses pip. The commands with pip are named too."""
    first, *_ = re.findall(r"^pip.*$", README, re.MULTILINE)
    assert first == "pipx install uv && uv run template demo"
    for command in ("pip install uv && uv run template demo", "pip install uv && uv run pytest"):
        assert re.search(rf"(^|`){command}\b", README, re.MULTILINE)


@pytest.mark.e2e
@pytest.mark.nightly
def test_pipx_installs_a_uv_that_runs_the_template(tmp_path: Path) -> None:
    """In an empty home folder."""
    folders = {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    variables = {**environment(), **folders}
    subprocess.run(["uvx", "pipx==1.8.0", "install", "uv"], env=variables, check=True, capture_output=True)
    variables |= {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{variables['PATH']}"}
    command = 'test "$(command -v uv)" = "$PIPX_BIN_DIR/uv" && uv run --quiet template demo --help'
    result = subprocess.run(["bash", "-c", command], env=variables, cwd=REPOSITORY, capture_output=True, text=True)
    assert (result.returncode, "Usage: template demo" in result.stdout) == (0, True), result.stderr


def test_the_address_is_a_single_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page repeats it. An unpublished template names a clone."""
    places = ("*.md", "library/**/*.md", "examples/**/*.md", "<<cookiecutter.context_name>>/**/*.md")
    pages = [page for place in places for page in REPOSITORY.glob(place) if page.name != "CHANGELOG.md"]
    assert len(pages) > 60
    monkeypatch.setenv(REPOSITORY_OF_LIBRARY, "https://git.example.com/acme/template")
    assert origin() == f"git+{address()}" == "git+https://git.example.com/acme/template"
    monkeypatch.delenv(REPOSITORY_OF_LIBRARY)
    assert address() == PROJECTS["runtime"]["urls"]["Repository"]
    copies = {
        page.name
        for page in pages
        for text in (PLACEHOLDER, "org/template", address())
        if text in page.read_text("utf-8")
    }
    assert copies <= ({"README.md"} if origin() != CLONE else set())
