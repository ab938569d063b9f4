"""What the options leave out, and what they put in its place."""

import os
import re
from itertools import combinations
from pathlib import Path

import pytest
from conftest import NOTHING, VAT_RETURN, sources
from test_bake import TREE, assert_in_style, assert_parses

from template.answers import DERIVED
from template.bake import bake, files
from template.options import OPTIONS, Option, choose, remember

NAMES = {name: f"<<cookiecutter.{name}>>" for name in ("context_name", *(f"__{name}" for name in DERIVED))}
"""The derived names as the template's tree has them."""

option_by_name = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)


def named(option: Option) -> set[str]:
    """The files that an option drops, those in its folders too."""
    dropped = [TREE / path for path in option.dropped(NAMES)]
    inside = [name for path in dropped if path.is_dir() for name in path.rglob("*")]
    return {str(path.relative_to(TREE)) for path in (*dropped, *inside) if "__pycache__" not in path.parts}


@option_by_name
def test_an_option_drops_existing_paths(option: Option) -> None:
    """A path that is not there would never be dropped."""
    dropped = option.dropped(NAMES)
    assert [path for path in dropped if not (TREE / path).exists()] == []


@pytest.mark.parametrize(("first", "other"), list(combinations(OPTIONS, 2)), ids=lambda option: option.name)
def test_options_never_meet_in_a_file(first: Option, other: Option) -> None:
    """Else the order would decide, and what they are together had to be written, too."""
    assert named(first) & named(other) == set()


@pytest.mark.parametrize(
    "left_out",
    [
        pytest.param(chosen, id="+".join(chosen), marks=() if number in {1, len(NOTHING)} else pytest.mark.nightly)
        for number in range(1, len(NOTHING) + 1)
        for chosen in combinations(NOTHING, number)
    ],
)
def test_a_context_without_an_option_is_whole(left_out: tuple[str, ...], tmp_path: Path) -> None:
    """Each answer of "none" alone, any two, and all of them: the rest is whole, and in style."""
    answers = VAT_RETURN | {question: NOTHING[question] for question in left_out}
    project = bake(tmp_path, answers)
    derived = answers | {f"__{name}": derive(answers) for name, derive in DERIVED.items()}
    for option in OPTIONS:
        if option.chosen(answers):
            assert not [path for path in option.dropped(derived) if (project / path).exists()]
    assert [path for path in project.rglob("*") if path.is_dir() and not any(path.iterdir())] == []
    assert not (project / ".before.json").exists()
    assert_parses(project)
    assert_in_style(project)


def test_without_a_verification_no_reference_is_looked_up(tmp_path: Path) -> None:
    """No field is needed for it, the context refers to nothing, and no code speaks of what it would be known by."""
    project = bake(tmp_path, VAT_RETURN | {"verification": "none", "fields": "total:int"})
    declared = (project / "src" / "vat_return" / "context.py").read_text()
    assert '    references={},\n    verification="verify_list",\n' in declared
    assert "aws.obeys(VAT_RETURN)" in (project / "src" / "vat_return" / "list_steps.py").read_text()
    for name in files(project / "src", ()):
        text = (project / "src" / name).read_text(encoding="utf-8").lower().replace("references={}", "")
        assert not re.search(r"aws\.known|unknown|reference|referred", text), name


OF_API = re.compile(r"http api|openapi|api ?gateway|execute-api|curl|\bapi[_-](?!key)|sigv4", re.IGNORECASE)


def of_api(project: Path) -> list[str]:
    """What a repository says of an HTTP API."""
    return [
        f"{name}: {line}"
        for name in sources(project)
        for line in (name, *(project / name).read_text(encoding="utf-8").splitlines())
        if OF_API.search(line)
    ]


def test_without_an_api_no_file_mentions_an_api(tmp_path: Path) -> None:
    """Neither code nor documents; a link would lead nowhere, a section would tell of an alarm that nobody has."""
    assert of_api(bake(tmp_path, VAT_RETURN | {"api": "none"})) == []


def test_lines_about_an_api_are_detected(payment: Path) -> None:
    """In each of the places where it can be."""
    places = {line.partition(": ")[0].partition("/")[0] for line in of_api(payment)}
    assert places >= {"README.md", "docs"}


OF_LISTS = re.compile(
    r"uploads?\b|sftp|partner|inbox|list_(import|steps)|workflow/|\b(of|no) lists?\b",
    re.IGNORECASE,
)


def of_lists(project: Path) -> set[str]:
    """The files of a repository that speak of lists, but for the answers and the contract's field `list_id`."""
    names = (name for name in sources(project) if not name.endswith((".json", "index.html")))
    return {name for name in names if OF_LISTS.search((project / name).read_text(encoding="utf-8"))}


def test_without_lists_no_file_mentions_lists(tmp_path: Path, payment: Path) -> None:
    """Neither code nor documents, but for the declaration, which says that there are none; with lists, many do."""
    assert of_lists(bake(tmp_path, VAT_RETURN | {"lists": "none"})) == {"src/vat_return/context.py"}
    assert of_lists(payment) >= {"README.md", "docs/lists.md", "infra/service/Pulumi.prod.yaml"}


WORKFLOW = ".github/workflows/check.yml"


def test_options_keep_the_files_that_the_bake_skips(tmp_path: Path) -> None:
    """Cookiecutter's --skip-if-file-exists: the files of the repository that was there stay, whatever is chosen."""
    mine = {name: tmp_path / name for name in ("docs/api/openapi.json", "options/mine.txt", WORKFLOW)}
    for path in mine.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    remember(tmp_path)
    choose(tmp_path, NOTHING | NAMES)
    assert {path.read_text() for path in mine.values()} == {"mine"}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(mine.values())


def test_a_dropped_folder_keeps_earlier_files(tmp_path: Path) -> None:
    """All of it, if all of it is the bake's."""
    mine = tmp_path / "docs" / "api" / "mine.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    remember(tmp_path)
    mine.with_name("index.html").write_text("the default's")
    choose(tmp_path, NOTHING | NAMES)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


def test_an_overwritten_file_is_dropped(tmp_path: Path) -> None:
    """Cookiecutter's --overwrite-if-exists."""
    target = tmp_path / "docs/api/openapi.json"
    target.parent.mkdir(parents=True)
    target.write_text("of an earlier bake")
    remember(tmp_path)
    target.write_text("the default's")
    os.utime(target, (1, 1))
    choose(tmp_path, NOTHING | NAMES)
    assert list(tmp_path.iterdir()) == []
