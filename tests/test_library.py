"""How a repository gets the library, and what it remembers of its bake."""

import json
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from bounded_context_infra.configuration.project import DISTRIBUTION
from conftest import VAT_RETURN, Cookiecutter
from cookiecutter.exceptions import FailedHookException

from template import library
from template.answers import RULES, check
from template.bake import bake, files
from template.library import (
    DISTRIBUTIONS,
    FOLDERS,
    INDEX,
    NAME,
    PLACEHOLDER,
    REPOSITORY_OF_LIBRARY,
    SOURCES,
    VERSION,
    WAYS,
    LibraryError,
    address,
    vendor,
)
from template.names import REPOSITORY
from template.processes import environment
from template.record import digest

WHEELS = [f"{name.replace('-', '_')}-{VERSION}-py3-none-any.whl" for name in DISTRIBUTIONS]
FOLDERS_OF_PROJECTS = [REPOSITORY, *(SOURCES / folder for folder in FOLDERS)]
NO_UV = "This needs uv, which is not on the PATH: pipx install uv, or pip install uv"


def test_template_and_library_have_one_name_for_the_distribution() -> None:
    """A platform that publishes under its own name changes both."""
    assert DISTRIBUTION == NAME


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The default context, baked for each answer."""
    return {way: bake(tmp_path_factory.mktemp("way"), {"library": way}) for way in WAYS}


def test_library_and_template_have_one_version() -> None:
    """They are released together, by one tag."""
    projects = [tomllib.loads((folder / "pyproject.toml").read_text())["project"] for folder in FOLDERS_OF_PROJECTS]
    assert {project["version"] for project in projects} == {VERSION}
    pins = [pin for project in projects for pin in project["dependencies"] if pin.startswith(NAME)]
    assert {pin.partition("==")[2] for pin in pins} == {VERSION}


@pytest.mark.slow
def test_only_the_source_differs(ways: Mapping[str, Path]) -> None:
    """The repository's other lines are the same, whichever way it takes."""
    texts = {way: set((project / "pyproject.toml").read_text().splitlines()) for way, project in ways.items()}
    shared = set.intersection(*texts.values())
    built = {"no-build = true", 'no-build-isolation-package = ["payment"]'}
    assert {way: lines - shared for way, lines in texts.items()} == {
        "wheel": {
            *built,
            *(f'{name} = {{ path = "vendor/{wheel}" }}' for name, wheel in zip(DISTRIBUTIONS, WHEELS, strict=True)),
        },
        INDEX: {
            *built,
            "[[tool.uv.index]]",
            'name = "bounded-context"',
            f'url = "{INDEX}"',
            "explicit = true",
            *(f'{name} = {{ index = "bounded-context" }}' for name in DISTRIBUTIONS),
        },
        "git": {
            *("no-build-isolation-package = [", "]", *(f'    "{name}",' for name in (*DISTRIBUTIONS, "payment"))),
            *(
                f'{name} = {{ git = "{address()}", tag = "v{VERSION}", subdirectory = "library/{folder}" }}'
                for name, folder in DISTRIBUTIONS.items()
            ),
        },
    }


def test_the_wheel_is_there_only_if_it_is_the_source(ways: Mapping[str, Path]) -> None:
    """Under the name that the source says."""
    wheels = {way: {path.name for path in project.glob("vendor/*")} for way, project in ways.items()}
    assert wheels == {"wheel": {*WHEELS}, INDEX: set(), "git": set()}


def test_git_takes_the_wheel(ways: Mapping[str, Path]) -> None:
    """Nothing that ignores files does so with it: another machine gets it by a clone."""
    subprocess.run(["git", "init", "--quiet"], cwd=ways["wheel"], check=True)
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "vendor"]
    said = subprocess.run(command, cwd=ways["wheel"], check=True, capture_output=True, text=True)
    assert said.stdout.splitlines() == sorted(f"vendor/{wheel}" for wheel in WHEELS)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bake that shares nothing with others builds the wheel itself."""
    monkeypatch.delenv(library.BUILT)


@pytest.mark.usefixtures("alone")
def test_each_bake_builds_the_same_bytes(payment: Path, tmp_path: Path) -> None:
    """So a bake that changes nothing changes no hash of a lock, and needs no network."""
    assert all(wheel.read_bytes() == (payment / "vendor" / wheel.name).read_bytes() for wheel in vendor(tmp_path))


@pytest.mark.usefixtures("alone")
def test_a_wheel_of_another_version_is_removed_and_other_wheels_stay(tmp_path: Path) -> None:
    """A repository may have wheels of its own there."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "bounded_context-0.1.9-py3-none-any.whl").touch()
    (folder / "ours-1-py3-none-any.whl").touch()
    vendor(tmp_path)
    assert {path.name for path in folder.iterdir()} == {*WHEELS, "ours-1-py3-none-any.whl"}


def test_bakes_of_one_run_share_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They need no uv, then: one of them built it for all."""
    built = library.build(tmp_path / "once")
    monkeypatch.setenv(library.BUILT, str(built))
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    assert [wheel.read_bytes() for wheel in vendor(tmp_path)] == [(built / name).read_bytes() for name in WHEELS]


@pytest.mark.usefixtures("alone")
def test_a_failed_build_has_the_error_of_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the missing folder."""
    monkeypatch.setattr(library, "SOURCES", tmp_path / "nothing")
    with pytest.raises(LibraryError, match=r"(?s): .*nothing"):
        vendor(tmp_path)


def test_a_bake_without_uv_is_refused_and_leaves_no_files(
    cookiecutter: Cookiecutter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written."""
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    result = cookiecutter("--no-input")
    assert result.returncode == 1
    assert (result.stdout, result.stderr) == (f"{NO_UV}\n", "")
    assert list((tmp_path / "here" / "there").iterdir()) == []


def test_a_bake_with_the_library_from_an_index_needs_no_uv(
    cookiecutter: Cookiecutter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to build then."""
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    assert cookiecutter("--no-input", f"library={INDEX}").returncode == 0
    assert not (tmp_path / "here" / "there" / "Payment" / "vendor").exists()


def test_a_repository_records_its_version_and_answers(vat_return: Path) -> None:
    """The version and the answers, and nothing of the machine."""
    said = json.loads((vat_return / ".template.json").read_text(encoding="utf-8"))
    assert said == {"template": VERSION, "digest": digest(VAT_RETURN), "default_context": VAT_RETURN}
    assert list(said["default_context"]) == list(RULES)


def test_the_same_can_be_baked_again_from_it(cookiecutter: Cookiecutter, vat_return: Path, tmp_path: Path) -> None:
    """Cookiecutter takes the file for the answers: what an upgrade is compared with."""
    assert cookiecutter("--no-input", "--config-file", str(vat_return / ".template.json")).returncode == 0
    again = tmp_path / "here" / "there" / "VATReturn"
    names = list(files(vat_return, ()))
    assert list(files(again, ())) == names
    assert [name for name in names if (again / name).read_bytes() != (vat_return / name).read_bytes()] == []


@pytest.mark.slow
@pytest.mark.parametrize("way", ["wheel", pytest.param("git", marks=pytest.mark.e2e)])
def test_another_machine_gets_the_library(way: str, ways: Mapping[str, Path], tmp_path: Path) -> None:
    """From what git holds of the repository, or the template's repository at its tag."""
    published = {"wheel": lambda: {}, "git": lambda: tagged(tmp_path)}
    _commit(ways[way])
    elsewhere = tmp_path / "elsewhere"
    subprocess.run(["git", "clone", "--quiet", str(ways[way]), str(elsewhere)], check=True)
    variables = environment() | published[way]()
    command = ["uv", "run", "--quiet", "python", "-c", "import payment.context; print('it works')"]
    result = subprocess.run(command, cwd=elsewhere, env=variables, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "it works\n"), result.stderr


@pytest.mark.slow
def test_only_the_index_of_the_answer_supplies_the_library(tmp_path: Path) -> None:
    """Another index has the library's name and version, and comes before the index of the other packages."""
    with _index(tmp_path / "own") as own, _index(tmp_path / "other") as other:
        project = bake(tmp_path, {"library": own})
        command, variables = ["uv", "lock", "--quiet"], environment() | {"UV_INDEX": other}
        subprocess.run(command, cwd=project, env=variables, check=True)
    locked = tomllib.loads((project / "uv.lock").read_text())["package"]
    assert [package["source"] for package in locked if package["name"] == NAME] == [{"registry": own}]


@contextmanager
def _index(folder: Path) -> Iterator[str]:
    """Serve the library's wheel by a package index of this machine, and yield its address."""
    folder.mkdir()
    for name, wheel in zip(DISTRIBUTIONS, vendor(folder), strict=True):
        pages = folder / "index" / name
        pages.mkdir(parents=True)
        shutil.copy(wheel, pages)
    with served(partial(SimpleHTTPRequestHandler, directory=folder)) as url:
        yield url


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve a package index on a free port of this machine, and yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index"
        server.shutdown()


def test_the_placeholder_of_the_address_is_refused_for_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another person could register it. The template's own sources have the placeholder."""
    assert check({"library": "git"}) == []
    monkeypatch.delenv(REPOSITORY_OF_LIBRARY)
    [sentence] = check({"library": "git"})
    assert address() == PLACEHOLDER
    assert all(word in sentence for word in ("library: ", "wheel", "library/runtime/pyproject.toml", PLACEHOLDER))


@pytest.mark.parametrize(
    "index",
    [
        *("index", "registry", "python.example.com/index", "http://python.example.com/index", "https://example.com"),
        *("https://name:secret@example.com/index", "file:///srv/wheels", "https://example.com/index?a=b"),
    ],
)
def test_an_unknown_index_is_refused_with_an_example(index: str, tmp_path: Path) -> None:
    """Nothing is written."""
    [sentence] = check({"library": index})
    assert INDEX in sentence
    with pytest.raises(FailedHookException, match=r"^library: "):
        bake(tmp_path, {"library": index})
    assert list(tmp_path.iterdir()) == []


def tagged(folder: Path) -> dict[str, str]:
    """Publish the template's repository, as far as it counts here, and let git find it under its address."""
    template = folder / "template"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCES, template / "library", ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", template)
    _commit(template)
    subprocess.run(["git", "tag", f"v{VERSION}"], cwd=template, check=True)
    rule = {"GIT_CONFIG_KEY_0": f"url.file://{template}.insteadOf", "GIT_CONFIG_VALUE_0": address()}
    return {"GIT_CONFIG_COUNT": "1", **rule}


def _commit(folder: Path) -> None:
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "All of it"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
