"""The generated Pulumi programs register the resources of `tests/graphs/golden/`, for one context with each input."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from bounded_context_cli.programs.recording import OF_REPOSITORY, recorded
from bounded_context_cli.programs.shared_cache import FOLDER
from conftest import Baked
from graphs import record
from graphs.compare import differences
from graphs.record import ANSWERS, GOLDEN, PROGRAM, WHOLE, digests, read_digests, record_all

MOST = 40
"""Lines of a difference that are shown."""

RENEW = """
If that is meant, renew them: uv run python -m tests.graphs.record --golden
To see what differs in a resource, record the graphs of both commits whole, and compare:
    uv run python -m tests.graphs.record FOLDER
    uv run python -m tests.graphs.compare BEFORE AFTER"""


@pytest.mark.usefixtures("stored_graphs")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param((WHOLE,), id="the default context"),
        pytest.param((*(name for name in ANSWERS if name != WHOLE),), id="the examples", marks=pytest.mark.slow),
    ],
)
def test_the_programs_register_the_recorded_resources(names: tuple[str, ...], baked: Baked, tmp_path: Path) -> None:
    """The service and the pipeline of every context: a URN that changes is a resource that a deployment replaces."""
    projects = {name: baked(name) for name in names}
    now = digests_of(projects, tmp_path)
    lines = [line for name in names for line in of_context(name, now[name])]
    assert lines == [], "\n".join(["not as in the golden files", *lines[:MOST], RENEW])


@pytest.fixture
def stored_graphs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs are stored between runs, under the digest of their inputs."""
    monkeypatch.setenv(FOLDER, str(request.config.cache.mkdir("graphs")))


def digests_of(projects: Mapping[str, Path], folder: Path) -> dict[str, dict[str, str]]:
    """The digests of the graphs of each context."""

    def make() -> dict[str, dict[str, str]]:
        record_all(projects, folder)
        return {name: read_digests(folder / name, whole=name == WHOLE) for name in projects}

    first, *others = projects.values()
    files = [other / part for other in others for part in OF_REPOSITORY]
    return recorded(f"golden graphs of {[*projects]}", make, first, *files, PROGRAM, Path(record.__file__))


def of_context(context: str, now: dict[str, str]) -> Iterator[str]:
    """The differences of a context's graphs from its golden files."""
    golden = {path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / context).iterdir()}
    for name in sorted({**golden, **now}):
        yield from changed(f"{context}/{name}", golden.get(name, ""), now.get(name, ""))


def changed(name: str, golden: str, now: str) -> Iterator[str]:
    """The name of a file and the resources, without their digests, that are in one text only or differ."""
    old, new = (dict(line.split(" ") for line in text.splitlines()) for text in (golden, now))
    changes = [f"- {urn}" for urn in old.keys() - new.keys()] + [f"+ {urn}" for urn in new.keys() - old.keys()]
    changes += [f"~ {urn}" for urn in old.keys() & new.keys() if old[urn] != new[urn]]
    yield from [name, *sorted(changes)] if changes else []


def graph(**inputs: str) -> dict[str, Any]:
    """A graph of one resource."""
    return {"resources": {"urn::a": {"inputs": inputs, "dependencies": []}}, "outputs": {}}


def test_a_difference_has_its_place() -> None:
    """The place may be within a document."""
    before, after = (
        graph(name="one", policy='{"Action": ["get", "put"]}'),
        graph(name="one", policy='{"Action": ["get"]}'),
    )
    assert list(differences(before, before)) == []
    assert list(differences(before, after)) == ["~ urn::a", '    inputs.policy.Action[1]: "put" -> nothing']
    empty = {"resources": {}, "outputs": {"name": "one"}}
    gone, outputs, name = differences(before, empty)
    assert (gone, outputs.split()[:2], name) == ("- urn::a", ["~", "outputs"], '    name: nothing -> "one"')


def test_a_document_with_other_text_and_the_same_content_differs() -> None:
    """Its text is deployed."""
    resource, difference = differences(graph(policy='{"a": 1, "b": 2}'), graph(policy='{"b": 2, "a": 1}'))
    assert (resource, "same JSON" in difference) == ("~ urn::a", True)


def test_a_digest_contains_every_property_of_a_resource() -> None:
    """And each resource has a line."""
    first, other = digests(graph(name="one"), whole=True), digests(graph(name="two"), whole=True)
    assert first != other
    assert [line.split(" ")[0] for line in first.splitlines()] == ["urn::a", "outputs"]


def test_a_short_digest_holds_options_and_dependencies() -> None:
    """Protection and dependencies of every context are checked, and inputs of one context."""
    first, other = graph(name="one"), graph(name="two")
    assert digests(first, whole=False) == digests(other, whole=False)
    other["resources"]["urn::a"]["dependencies"] = ["urn::b"]
    assert digests(first, whole=False) != digests(other, whole=False)
    protected = {"resources": {"urn::a": {**first["resources"]["urn::a"], "options": {"protect": True}}}, "outputs": {}}
    assert digests(first, whole=False) != digests(protected, whole=False)
