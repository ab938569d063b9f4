"""Where platform teams live: the catalogue, reviews, updates and the dev container, each as its service reads it."""

import json
import runpy
import subprocess
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from bounded_context_cli.optional.files import texts
from bounded_context_infra.configuration.defaults import PYTHON
from conftest import EXAMPLES, LONGEST, NOTHING, SHORTEST, VAT_RETURN

from template.answers import CODECOMMIT
from template.bake import bake
from template.library import CODE, FOLDERS, SOURCES, WAYS, WHEEL, vendor
from template.names import REPOSITORY
from template.reviewers import NAME, expand

PUBLISHED: dict[str, Any] = runpy.run_path(str(SOURCES / "cli" / "tests" / "published" / "__init__.py"))
"""Backstage's schemas, which the library's tests have."""

CONTEXTS = {"vat_return": VAT_RETURN, "shortest": SHORTEST, "longest": LONGEST, "nothing": VAT_RETURN | NOTHING}
DEVCONTAINER = {"name", "image", "containerEnv", "postCreateCommand", "customizations"}
"""Of the members that the schema knows (containers.dev, devContainer.base.schema.json) those that are used."""


def catalogue(project: Path) -> list[dict[str, Any]]:
    """The entities of a repository, with the texts of files in the places that name them, as Backstage reads them."""
    entities = list(yaml.safe_load_all((project / "catalog-info.yaml").read_text(encoding="utf-8")))
    for entity in entities:
        if "definition" in entity["spec"]:
            [(key, file)] = entity["spec"]["definition"].items()
            assert key == "$text"
            entity["spec"]["definition"] = (project / file).read_text(encoding="utf-8")
    return entities


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_catalogue_accepts_a_context_of_any_answers(context: str, tmp_path: Path) -> None:
    """By Backstage's published schemas, and with definitions that are the documents beside it."""
    answers = CONTEXTS[context]
    entities = catalogue(bake(tmp_path, answers))
    assert [fault for entity in entities for fault in PUBLISHED["faults"](entity)] == []
    [system, component, *apis] = entities
    assert {entity["metadata"]["title"] for entity in (system, component)} == {answers["display_name"]}
    assert component["metadata"]["description"] == answers["description"]
    assert [api["metadata"]["name"] for api in apis] == component["spec"]["providesApis"]
    kinds = [api["spec"]["type"] for api in apis]
    assert kinds == (["asyncapi"] if answers["api"] == "none" else ["openapi", "asyncapi"])
    assert all(json.loads(api["spec"]["definition"])[api["spec"]["type"]] for api in apis)


def test_a_catalogue_that_is_there_is_kept(tmp_path: Path) -> None:
    """Cookiecutter's --skip-if-file-exists promises that for every file."""
    from template import catalog

    (tmp_path / catalog.NAME).write_text("mine")
    catalog.expand(tmp_path, VAT_RETURN, "vat_return")
    assert (tmp_path / catalog.NAME).read_text() == "mine"


@pytest.mark.parametrize(
    ("owner", "line"),
    [
        ("acme/payments", "* @acme/payments"),
        ("payments@acme.example", "* payments@acme.example"),
    ],
)
def test_an_owner_that_a_service_knows_reviews_changes(owner: str, line: str, tmp_path: Path) -> None:
    """A team of an organisation, or an address."""
    project = bake(tmp_path, {"owner": owner})
    assert (project / NAME).read_text(encoding="utf-8").splitlines()[-1] == line


@pytest.mark.parametrize(
    "answers",
    [{"owner": "payments-team"}, {"owner": "renewals / team 7"}, {"owner": "acme/payments", "source": CODECOMMIT}],
    ids=["a name", "a name with a slash", "codecommit"],
)
def test_other_owners_have_no_file_of_reviewers(answers: dict[str, str], tmp_path: Path) -> None:
    """A service takes an unknown team for an error, and CodeCommit does not read the file."""
    expand(tmp_path, {"source": "codeconnections", **answers})
    assert not (tmp_path / NAME).exists()


def test_reviewers_that_are_there_are_kept(tmp_path: Path) -> None:
    """The team's own file stays."""
    (tmp_path / NAME).write_text("* @mine\n")
    expand(tmp_path, {"source": "codeconnections", "owner": "acme/payments"})
    assert (tmp_path / NAME).read_text() == "* @mine\n"


def refused(*settings: Path) -> bool:
    """Whether Renovate's published schema has something against any of these files."""
    command = ["check-jsonschema", "--builtin-schema", "vendor.renovate", *map(str, settings)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), result.stderr
    return result.returncode == 1


@pytest.mark.slow
def test_renovate_accepts_its_settings(tmp_path: Path) -> None:
    """Those of a repository, whichever way it gets the library, and the template's. Not any would be taken."""
    paths = [REPOSITORY / "renovate.json", *(tmp_path / f"{way == WHEEL}.json" for way in WAYS)]
    for path, way in zip(paths[1:], WAYS, strict=True):
        [(_, text)] = texts("renovate", wheel=way == WHEEL)
        path.write_text(text)
    assert not refused(*paths)
    wrong = json.loads(paths[0].read_text(encoding="utf-8")) | {"packageRules": [{"groupName": 1}]}
    (tmp_path / "renovate.json").write_text(json.dumps(wrong))
    assert refused(tmp_path / "renovate.json")
    libraries = [json.loads(path.read_text(encoding="utf-8"))["packageRules"][0] for path in paths[1:]]
    assert {library["matchPackageNames"][0] for library in libraries} == {"bounded-context"}
    # A wheel that a bake builds is in no index: nobody can propose another.
    assert [library.get("enabled", True) for library in libraries] == [way != WHEEL for way in WAYS]


def test_the_dev_container_has_the_tools_of_the_pipelines_builds(payment: Path) -> None:
    """The same Python, and uv by its hash; its image by a tag that is not moved."""
    [(_, text)] = texts("devcontainer")
    container: Mapping[str, Any] = json.loads(text)
    build = yaml.safe_load((CODE["infra"] / "pipeline/buildspecs/build.yml").read_text())
    setup = yaml.safe_load((payment / ".github" / "actions" / "setup" / "action.yml").read_text())
    assert set(container) == DEVCONTAINER
    image, _, tag = container["image"].rpartition(":")
    assert image
    assert tag.split("-") == ["3.0.7", PYTHON, "trixie"]
    [python] = [step["with"] for step in setup["runs"]["steps"] if "python" in step.get("uses", "")]
    assert python == {"python-version": PYTHON}
    installs = [command.replace(" --quiet", "") for command in build["phases"]["install"]["commands"]]
    assert container["postCreateCommand"] == " && ".join(installs)


def test_all_distributions_have_the_licence(tmp_path: Path) -> None:
    """And a repository's own wheel of the library too: an audit reads it there."""
    projects = [REPOSITORY, *(SOURCES / folder for folder in FOLDERS)]
    texts = [(folder / "LICENSE").read_text() for folder in projects]
    assert len({*texts}) == 1
    assert texts[0].startswith("MIT License\n")
    for folder in projects:
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    for wheel in vendor(tmp_path):
        names = zipfile.ZipFile(wheel).namelist()
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_an_example_belongs_to_the_team_of_its_answers_in_the_catalogue(tmp_path: Path) -> None:
    """As the owner of all that it is."""
    entities = catalogue(bake(tmp_path, EXAMPLES["order"]))
    assert {entity["spec"]["owner"] for entity in entities} == {EXAMPLES["order"]["owner"]}
