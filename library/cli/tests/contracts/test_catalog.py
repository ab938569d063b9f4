"""The catalogue's file: valid by Backstage's schemas, what the declaration says, and what a team adds to it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bounded_context import Context, Reaction
from bounded_context_cli.contracts.catalog_form import as_text, entities, group
from bounded_context_cli.contracts.compatibility import RefusedChange
from bounded_context_cli.contracts.documents import CATALOG, is_current, write
from tests.contexts import CONTEXTS, INVOICE, ORDER, PARCEL, PAYMENT
from tests.event_schemas import REPOSITORY
from tests.infra.contexts import LARGE
from tests.published import NAME as NAMES
from tests.published import faults

over_all = pytest.mark.parametrize("context", [*CONTEXTS, PARCEL, LARGE], ids=lambda context: context.name)

_PYPROJECT = '[project]\nname = "order"\nversion = "0.1.0"\ndescription = "Sends \'orders\': 100%, #1."\n'
_CONSUMES = (
    "config:\n  order:consumes:\n    {}:\n      topic: /customer/prod/topic-arn\n      created_by: [CustomerMoved]\n"
)

Entity = dict[str, Any]
Change = Callable[[dict[tuple[str, str], Entity]], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository without a file of the catalogue."""
    (tmp_path / "infra" / "service").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(_PYPROJECT)
    return tmp_path


def _read(root: Path) -> dict[tuple[str, str], Entity]:
    catalogue = yaml.safe_load_all((root / CATALOG).read_text(encoding="utf-8"))
    return {(entity["kind"], entity["metadata"]["name"]): entity for entity in catalogue}


def _changed(root: Path, change: Change) -> None:
    catalogue = _read(root)
    change(catalogue)
    (root / CATALOG).write_text(yaml.safe_dump_all(catalogue.values(), sort_keys=True), encoding="utf-8")


def _placed(entity: Entity) -> Entity:
    """As Backstage takes it: with the texts of files in the places that name them."""
    definition = entity["spec"].get("definition")
    return entity if definition is None else entity | {"spec": entity["spec"] | {"definition": str(definition)}}


def test_the_bake_writes_the_file_of_the_declaration(tmp_path: Path) -> None:
    """Both files have the same bytes. The command prints a line with the file's name."""
    (tmp_path / "pyproject.toml").write_bytes((REPOSITORY / "pyproject.toml").read_bytes())
    [line] = write(PAYMENT, tmp_path)
    assert line.startswith(f"{CATALOG} ")
    assert (tmp_path / CATALOG).read_bytes() == (REPOSITORY / CATALOG).read_bytes()
    assert is_current(PAYMENT, tmp_path)


def test_its_definitions_are_there() -> None:
    """Backstage reads each file from where the catalogue's lies."""
    for entity in _read(REPOSITORY).values():
        for file in entity["spec"].get("definition", {}).values():
            assert (REPOSITORY / file).is_file()


@over_all
def test_it_is_valid_by_the_published_schemas(context: Context[Any], root: Path) -> None:
    """Each entity by that of its kind."""
    list(write(context, root))
    catalogue = _read(root)
    assert {kind for kind, _ in catalogue} == {"System", "Component", "API"}
    assert [fault for entity in catalogue.values() for fault in faults(_placed(entity))] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"spec": {"type": "service", "lifecycle": "experimental"}},
        {"spec": {"type": "service", "lifecycle": "experimental", "owner": ""}},
        {"metadata": {"name": "a name"}},
        {"metadata": {"name": "x" * 64}},
        {"metadata": {"name": "order", "annotations": {"a": 1}}},
        {"apiVersion": "backstage.io/v1alpha1", "kind": "API"},
    ],
)
def test_the_schemas_refuse_invalid_entities(wrong: Mapping[str, Any], root: Path) -> None:
    """Or they would prove nothing."""
    list(write(ORDER, root))
    assert faults({**_read(root)["Component", "order"], **wrong})


def test_the_entities_equal_the_declaration(root: Path) -> None:
    """Its names for people and for machines, its owner, and how it is asked and heard."""
    list(write(ORDER, root))
    component = _read(root)["Component", "order"]
    assert component["metadata"]["title"] == "Bestellung"
    assert component["metadata"]["description"] == "Sends 'orders': 100%, #1."
    assert component["metadata"]["annotations"] == {"aws.amazon.com/aws-codepipeline-tags": "context=order"}
    assert component["spec"]["owner"] == "orders-team"
    assert component["spec"]["providesApis"] == ["order-http", "order-events"]
    assert component["spec"]["consumesApis"] == []


def test_without_an_api_the_catalogue_has_no_api_entity(root: Path) -> None:
    """But that of the events. And one that is gone is gone."""
    list(write(INVOICE, root))
    assert [name for kind, name in _read(root) if kind == "API"] == ["sales-invoice-events"]
    list(write(ORDER, root))
    without = replace(
        ORDER, api=False, deprecated={}, commands=tuple(replace(command, route=None) for command in ORDER.commands)
    )
    assert not is_current(without, root)
    list(write(without, root))
    assert ("API", "order-http") not in _read(root)
    assert _read(root)["Component", "order"]["spec"]["providesApis"] == ["order-events"]


def test_the_events_that_a_stack_on_aws_consumes_are_in_the_catalogue(root: Path) -> None:
    """Of each context that any stack names; the emulator's stack speaks for contexts that may not even be there."""
    service = root / "infra" / "service"
    (service / "Pulumi.prod.yaml").write_text(_CONSUMES.format("customer"))
    (service / "Pulumi.dev.yaml").write_text(_CONSUMES.format("price_list"))
    (service / "Pulumi.test.yaml").write_text("")
    (service / "Pulumi.local.yaml").write_text(_CONSUMES.format("stand_in"))
    (service / "Pulumi.emulated.yaml").write_text(_CONSUMES.format("stand_in") + "  aws:endpoints: []\n")
    list(write(ORDER, root))
    assert _read(root)["Component", "order"]["spec"]["consumesApis"] == ["customer-events", "price-list-events"]
    (service / "Pulumi.dev.yaml").unlink()
    assert not is_current(ORDER, root)
    list(write(ORDER, root))
    assert _read(root)["Component", "order"]["spec"]["consumesApis"] == ["customer-events"]
    reaction: Reaction[Any] = Reaction("price_list", "PriceSet", lambda *_: None, by="order_id")
    list(write(replace(ORDER, reactions=(reaction,)), root))
    assert _read(root)["Component", "order"]["spec"]["consumesApis"] == ["customer-events", "price-list-events"]


ADDED: Mapping[str, Change] = {
    "an annotation": lambda entities: entities["Component", "order"]["metadata"]["annotations"].update({"a.b/c": "d"}),
    "a link": lambda entities: entities["API", "order-http"]["metadata"].update(links=[{"url": "https://example.org"}]),
    "a lifecycle": lambda entities: entities["Component", "order"]["spec"].update(lifecycle="production"),
    "an API that it calls": lambda entities: entities["Component", "order"]["spec"].update(consumesApis=["stock-http"]),
    "an API of its own": lambda entities: entities["Component", "order"]["spec"]["providesApis"].insert(
        0, "order-files"
    ),
    "an entity": lambda entities: entities.update({("Resource", "r"): {"kind": "Resource", "metadata": {"name": "r"}}}),
    "a day": lambda entities: entities["System", "order"]["metadata"].update(since="2026-01-31"),
}


@pytest.mark.parametrize("added", ADDED)
def test_entries_of_the_team_are_kept(added: str, root: Path) -> None:
    """It breaks no promise, and what the declaration says later is written beside it."""
    list(write(ORDER, root))
    _changed(root, ADDED[added])
    before = _read(root)
    assert is_current(ORDER, root)
    assert list(write(ORDER, root)) == []
    list(write(replace(ORDER, owner="others"), root))
    after = _read(root)
    assert after != before
    for entity in (entity for entity in after.values() if "owner" in entity.get("spec", {})):
        assert entity["spec"]["owner"] == "others"
        entity["spec"]["owner"] = "orders-team"
    assert after == before


def test_a_component_of_a_larger_system_has_no_system_of_its_own(root: Path) -> None:
    """The team says which, and takes its own away."""

    def move(entities: dict[tuple[str, str], Entity]) -> None:
        entities.pop(("System", "order"))
        for entity in entities.values():
            entity["spec"]["system"] = "shop"

    list(write(ORDER, root))
    _changed(root, move)
    assert is_current(ORDER, root)


LOST: Mapping[str, Change] = {
    "the owner": lambda entities: entities["API", "order-events"]["spec"].pop("owner"),
    "the API": lambda entities: entities.pop(("API", "order-http")),
    "where it is": lambda entities: entities["API", "order-http"]["spec"].update(
        definition={"$text": "./elsewhere.json"}
    ),
    "that it provides it": lambda entities: entities["Component", "order"]["spec"]["providesApis"].remove(
        "order-events"
    ),
    "its title": lambda entities: entities["System", "order"]["metadata"].update(title="Order"),
}


@pytest.mark.parametrize("lost", LOST)
def test_a_fact_that_is_lost_is_noticed_and_written_again(lost: str, root: Path) -> None:
    """The repository's own check notices it, and the command writes it."""
    list(write(ORDER, root))
    before = _read(root)
    _changed(root, LOST[lost])
    assert not is_current(ORDER, root)
    assert len(list(write(ORDER, root))) == 1
    assert _read(root) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is not YAML"),
        ("- a\n", "has a part "),
        ("kind: API\n", "has a part "),
    ],
)
def test_an_unreadable_file_is_refused_and_kept(text: str, said: str, root: Path) -> None:
    """The refusal is one line that names the file."""
    (root / CATALOG).write_text(text)
    with pytest.raises(RefusedChange, match=rf"^{CATALOG} {said}[^\n]*$"):
        list(write(ORDER, root))
    assert (root / CATALOG).read_text() == text


@pytest.mark.parametrize(
    ("owner", "entity"),
    [
        ("payments-team", "payments-team"),
        ("Team.7_b", "Team.7_b"),
        ("group:money/payments-team", "group:money/payments-team"),
        ("user:jane", "user:jane"),
        ("organisation/payments", "payments"),
        ("insurance renewals / team 7", "insurance-renewals-team-7"),
        ("jane@example.org", "jane-example-org"),
        ("a:b:c=d+e", "a-b-c-d-e"),
    ],
)
def test_the_owner_is_an_entity(owner: str, entity: str) -> None:
    """Whatever text a tag has."""
    assert group(owner) == entity


@given(st.text("aZ09 ._:/=+@-", max_size=58))
def test_every_owner_that_an_answer_may_name_is_one(inner: str) -> None:
    """A name, with a kind and a namespace or without."""
    owner = f"a{inner}9"
    assert NAMES.fullmatch(group(owner).rpartition(":")[2].rpartition("/")[2])


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\u0085\ufeff"), min_size=1)
)
def test_any_words_are_read_as_they_are_written(words: str) -> None:
    """Also those that mean something in YAML."""
    [system, *_] = yaml.safe_load_all(as_text(entities("order", words, words, "team")))
    assert (system["metadata"]["title"], system["metadata"]["description"]) == (words, words)
