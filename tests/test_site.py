"""The site of the pages: it is whole, its links hold, and a reader's browser loads nothing from elsewhere."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from axe import findings
from bounded_context_cli import docs
from bounded_context_cli.command.commands import GROUPS
from bounded_context_cli.testing import browser

from template import cli as template_cli
from template.library import PLACEHOLDER, REPOSITORY_OF_LIBRARY, address
from template.names import REPOSITORY
from template.processes import environment

SITE = REPOSITORY / "library" / "docs"
RECORDS = SITE / "explanation" / "decisions"
SCREEN = 40
PUBLIC = REPOSITORY / "library" / "tests" / "public_names.txt"
LOADED = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src", "object": "data"}


def module(name: str) -> ModuleType:
    """One of the modules that build the site, which no package has."""
    spec = spec_from_file_location(name, SITE / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's pages, as `CONTRIBUTING.md` says how they are built, in an environment of their own."""
    folder = tmp_path_factory.mktemp("site")
    result = run("library/docs/build.py", str(folder))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    return folder / "html"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python that has the site's packages."""
    command = ["uv", "run", "--quiet", "--isolated", "--no-default-groups", "--group", "docs", "python", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False)


class Loads(HTMLParser):
    """What a browser fetches with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address of what is loaded; what `rel` says to be another page is no part of this one."""
        said = dict(attrs)
        if said.get("rel") not in ("next", "prev", "index", "search", "canonical"):
            self.addresses += [address for address in [said.get(LOADED.get(tag, ""))] if address]


def loads(page: Path) -> list[str]:
    """The addresses that a page makes a browser fetch."""
    reader = Loads()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.addresses


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_page_of_the_library_is_in_the_site(built: Path) -> None:
    """What `context docs` prints is what the site shows."""
    pages = {page.stem for kind in ("how-to", "reference", "explanation") for page in (built / kind).glob("*.html")}
    assert set(docs.pages()) <= pages


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_public_name_command_and_answer_is_in_the_reference(built: Path) -> None:
    """Names have an anchor of their own."""
    reference = "".join(page.read_text(encoding="utf-8") for page in (built / "reference").glob("*.html"))
    for line in PUBLIC.read_text(encoding="utf-8").splitlines():
        name = line.partition("(")[0]
        if name.count(".") <= 2 and name.rpartition(".")[2] != "access_log":
            assert f'id="{name}"' in reference, name
    for command in (*named("context", GROUPS), *named("template", template_cli.GROUPS)):
        assert f"<h3>{command}<" in reference, command
    for answer in json.loads((REPOSITORY / "cookiecutter.json").read_text(encoding="utf-8"))["__prompts__"]:
        assert f'<span class="pre">{answer}</span></code></dt>' in reference, answer


def named(script: str, groups: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The commands of a console script, those below another command too."""
    for name, entry in (item for entries in groups.values() for item in entries.items()):
        yield f"{script} {name}"
        words = entry.functions if entry.is_group else ()
        yield from (f"{script} {name} {word.strip('_').replace('_', '-')}" for word in words)


@pytest.mark.nightly
@pytest.mark.e2e
def test_pages_load_no_external_resources_and_contain_no_local_paths(built: Path) -> None:
    """Scripts, styles, fonts and pictures are the site's own; nobody learns where it was built."""
    for page in built.rglob("*.html"):
        assert [address for address in loads(page) if re.match(r"(https?:)?//", address)] == [], page
        text = page.read_text(encoding="utf-8")
        assert str(REPOSITORY) not in text
        assert str(built.parent) not in text
    for style in built.rglob("*.css"):
        assert (
            re.findall(r"""(?:url\(|@import)\s*['"]?(?:https?:)?//[^)]+""", style.read_text(encoding="utf-8")) == []
        ), style


@pytest.mark.nightly
@pytest.mark.e2e
def test_each_page_ends_with_the_holder_of_the_licence(built: Path) -> None:
    """As LICENSE names the holder."""
    [holder] = re.findall(r"^Copyright \(c\) (.+)$", (REPOSITORY / "LICENSE").read_text(encoding="utf-8"), re.MULTILINE)
    for page in built.rglob("*.html"):
        assert f"Copyright &#169; {holder}" in page.read_text(encoding="utf-8"), page


@pytest.mark.nightly
@pytest.mark.e2e
@pytest.mark.parametrize("name", ["how-to/runbook", "explanation/proof", "template/readme"])
def test_tables_fit_a_phone(name: str, built: Path, tmp_path: Path) -> None:
    """The pages with the most columns and the longest words."""
    seen = browser.look(browser.found_or_skip(), built / f"{name}.html", tmp_path)
    assert [(view.sideways, view.cut) for view in seen.shown if view.cut or view.sideways > 0] == []


@pytest.mark.nightly
@pytest.mark.e2e
def test_no_page_has_a_serious_finding_of_axe(built: Path, tmp_path: Path) -> None:
    """Of the decisions, which have one form, a few."""
    decisions = sorted(built.glob("explanation/decisions/*.html"))
    pages = sorted({*built.rglob("*.html")} - {*decisions[3:]})
    assert len(pages) > 50
    assert findings(pages, tmp_path) == []


@pytest.mark.nightly
@pytest.mark.e2e
def test_axe_detects_planted_faults(tmp_path: Path) -> None:
    """A picture without a text, a faint text, and a region that scrolls without the keyboard."""
    page = tmp_path / "page.html"
    region = '<pre style="overflow: auto; width: 90px">' + "long " * 40 + "</pre>"
    text = f'<p style="color: #bbb">faint</p><img src="none.png">{region}'
    page.write_text(f"<!doctype html><html lang=en><title>Page</title><main><h1>Page</h1>{text}</main></html>")
    assert {finding.rule for finding in findings([page], tmp_path)} == {
        *("color-contrast", "image-alt", "scrollable-region-focusable"),
    }


@pytest.mark.e2e
def test_links_that_lead_nowhere_fail_the_build(tmp_path: Path) -> None:
    """To a page or to a section, each is named with its line."""
    links = "[one](how-to/runbook.md#nowhere)\n\n[other](neverthere.md)\n"
    (tmp_path / "index.md").write_text(f"# Start\n\n{links}\n```{{toctree}}\nhow-to/runbook\n```\n", encoding="utf-8")
    (tmp_path / "how-to").mkdir()
    (tmp_path / "how-to" / "runbook.md").write_text("# Runbook\n", encoding="utf-8")
    strict = ["--quiet", "--fail-on-warning", "--keep-going"]
    result = run("-m", "sphinx", *strict, "-c", str(SITE), str(tmp_path), str(tmp_path / "html"))
    assert result.returncode == 1
    assert re.search(r"index.md:3: .*nowhere", result.stderr)
    assert re.search(r"index.md:5: .*neverthere", result.stderr)


def test_the_how_to_index_has_each_page_of_the_folder_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of the package is a how-to, unless the site places it elsewhere."""
    monkeypatch.syspath_prepend(str(SITE))
    placed = [place for place in module("sources")._places(REPOSITORY).values() if place.startswith("how-to/")]
    index = (SITE / "how-to" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(\w+)$", "".join(re.findall(r"```\{toctree\}(.*?)```", index, re.DOTALL)), re.MULTILINE)
    assert sorted(["index", *listed]) == sorted(Path(place).stem for place in placed)


def test_pages_are_gathered_with_links_to_the_published_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are no page of the site have the address of the template. Without one they have no link."""
    monkeypatch.syspath_prepend(str(SITE))
    page = tmp_path / "source" / "template" / "contributing.md"
    module("sources").gather(REPOSITORY, tmp_path / "source")
    assert f"[`conftest.py`]({address()}/blob/HEAD/conftest.py)" in page.read_text(encoding="utf-8")
    monkeypatch.delenv(REPOSITORY_OF_LIBRARY)
    module("sources").gather(REPOSITORY, tmp_path / "source")
    assert "in `conftest.py`." in " ".join(page.read_text(encoding="utf-8").split())
    pages = [path for path in page.parents[1].rglob("*.md") if PLACEHOLDER in path.read_text(encoding="utf-8")]
    assert {path.name for path in pages} <= {"changelog.md"}


def test_a_link_to_a_file_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site is not built. The error names the page and the file."""
    monkeypatch.syspath_prepend(str(SITE))
    gathering = module("sources")
    places = {"README.md": "template/readme.md", "library/docs/tutorial.md": "tutorial.md"}
    (tmp_path / "LICENSE").touch()

    def linked(to: str) -> str:
        return gathering._relinked(f"[a]({to})", tmp_path, "README.md", places, "https://example.com/t")

    assert linked("library/docs/tutorial.md#b") == "[a](../tutorial.md#b)"
    assert linked("LICENSE") == "[a](https://example.com/t/blob/HEAD/LICENSE)"
    with pytest.raises(gathering.NoSuchFile, match=r"^README\.md .* gone\.md"):
        linked("gone.md")


@pytest.mark.parametrize("record", sorted(RECORDS.glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_is_a_short_record(record: Path) -> None:
    """A screen, in three parts, that the index names by its title."""
    title, *lines = record.read_text(encoding="utf-8").splitlines()
    assert re.findall(r"^\*\*(\w+)\.\*\* ", "\n".join(lines), re.MULTILINE) == ["Context", "Decision", "Consequence"]
    assert len(lines) <= SCREEN
    index = (SITE / "explanation" / "index.md").read_text(encoding="utf-8")
    assert f"- [{title.removeprefix('# ')}](decisions/{record.name})\n" in index


def test_a_flowchart_is_drawn_with_its_boxes_arrows_and_frames(tmp_path: Path) -> None:
    """A browser needs no script for it."""
    diagrams = module("diagrams")
    framed = 'subgraph f ["A frame"]\n        b["Two, too"] -. why .-> d[(Four)]\n    end'
    chart = f"flowchart LR\n    a([One]) --> b & c\n    {framed}\n"
    text = diagrams.draw(f"# Page\n\n```mermaid\n{chart}```\n", tmp_path / "page.md")
    [picture] = tmp_path.glob("page-*.svg")
    assert text == f"# Page\n\n[![Page]({picture.name})]({picture.name})\n"
    drawn = picture.read_text(encoding="utf-8")
    assert set(re.findall(r'data-key="(\w+)"', drawn)) == {"a", "b", "c", "d"}
    assert set(re.findall(r'data-source="(\w+)" data-target="(\w+)"', drawn)) == {("a", "b"), ("a", "c"), ("b", "d")}
    for said in ("One", "Two, too", "why", "A frame", "Four"):
        assert f">{said}<" in drawn
