"""What may change between two minor versions of a schema, and what may not."""

import copy
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from bounded_context_cli.contracts.compatibility import breaks
from bounded_context_cli.contracts.published import of_model
from tests.event_schemas import faults_of


class Address(BaseModel):
    street: str


class Old(BaseModel):
    """As it was."""

    name: str
    kind: Literal["a", "b"]
    count: Annotated[int, Field(ge=0)]
    note: str | None = None
    address: Address
    others: list[Address]
    tag: str = ""


OLD = of_model(Old)
Change = Callable[[dict[str, Any]], object]


def _field(name: str, **more: Any) -> Change:
    return lambda schema: schema["properties"].setdefault(name, {}).update(more)


FINE: dict[str, Change] = {
    "nothing": dict,
    "an optional field comes": _field("more", type="string"),
    "a field is described": _field("name", description="how it is called", examples=["x"]),
    "the schema has another title": lambda schema: schema.update(title="Renamed"),
    "an optional field comes to an inner object": lambda schema: schema["$defs"]["Address"]["properties"].update(
        city={"type": "string"}
    ),
    "an inner object is defined": lambda schema: schema["$defs"].update(City={"type": "object"}),
    "the order of what must be there": lambda schema: schema["required"].reverse(),
}
BROKEN: dict[str, tuple[Change, str]] = {
    "a field goes": (
        lambda schema: (schema["properties"].pop("name"), schema["required"].remove("name")),
        "name is gone",
    ),
    "an optional field goes": (lambda schema: schema["properties"].pop("note"), "note is gone"),
    "a field is renamed": (
        lambda schema: schema["properties"].update(title=schema["properties"].pop("note")),
        "note is gone",
    ),
    "a field has another type": (_field("count", type="string"), "count has another type"),
    "a number may be a fraction": (_field("count", type="number"), "count has another type"),
    "a new field must be there": (
        lambda schema: (_field("more", type="string")(schema), schema["required"].append("more")),
        "more is required",
    ),
    "a field must be there now": (
        lambda schema: schema["required"].append("tag"),
        "tag is required",
    ),
    "a field need no longer be there": (
        lambda schema: schema["required"].remove("name"),
        "name is no longer required",
    ),
    "a value comes": (_field("kind", enum=["a", "b", "c"]), "kind has another enum (c is new)"),
    "a value goes": (_field("kind", enum=["a"]), "kind has another enum (b is gone)"),
    "a range is wider": (_field("count", minimum=-1), "count has another minimum"),
    "a range is narrower": (_field("count", minimum=1), "count has another minimum"),
    "a pattern comes": (_field("name", pattern="^x"), "name has another pattern"),
    "null is no longer a value": (_field("note", anyOf=[{"type": "string"}]), "note has another anyOf"),
    "one of several types is another": (
        _field("note", anyOf=[{"type": "string"}, {"type": "integer"}]),
        "note has another type",
    ),
    "an inner field goes": (
        lambda schema: schema["$defs"]["Address"].update(properties={}, required=[]),
        "Address.street is gone",
    ),
    "the items are others": (_field("others", items={"type": "string"}), "an item of others"),
    "no more fields may come": (
        lambda schema: schema.update(additionalProperties=False),
        "the data has another additionalProperties",
    ),
    "a keyword that nobody here knows": (_field("name", contentEncoding="base64"), "name has another contentEncoding"),
}


def _changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(OLD)
    change(schema)
    return schema


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_a_minor_version_may(change: Change) -> None:
    """Subscribers read it as before."""
    assert list(breaks(OLD, _changed(change))) == []


@pytest.mark.parametrize(("change", "said"), BROKEN.values(), ids=BROKEN)
def test_a_minor_version_may_not(change: Change, said: str) -> None:
    """And the refusal says which field it is, and what is wrong."""
    assert any(phrase.startswith(said) for phrase in breaks(OLD, _changed(change)))


def test_a_schema_that_forbids_more_fields_can_never_have_more() -> None:
    """A subscriber that validates by it would reject them."""

    class Closed(Old):
        model_config = ConfigDict(extra="forbid")

    class More(Closed):
        more: str = ""

    [phrase] = breaks(of_model(Closed), of_model(More))
    assert "forbids" in phrase


PARTS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "integer", "minimum": 3},
        {"type": "boolean"},
        {"enum": ["a", 1]},
    ]
)
NAMES = st.sampled_from("abcd")
SCHEMAS = st.builds(
    lambda fields, required: {"type": "object", "properties": fields, "required": sorted(required & fields.keys())},
    st.dictionaries(NAMES, PARTS),
    st.sets(NAMES),
)
EDITS = st.lists(st.tuples(NAMES, st.none() | st.just("required") | PARTS), max_size=3)
VALUES = st.dictionaries(NAMES, st.sampled_from(["a", "x", 1, 5, True]))


def _edited(schema: dict[str, Any], edits: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the schema after some edits: a field is taken out, made required or not, or given a type."""
    edited = copy.deepcopy(schema)
    for name, edit in edits:
        if edit == "required":
            edited["required"] = sorted({*edited["required"]} ^ ({name} & edited["properties"].keys()))
        elif edit is not None:
            edited["properties"][name] = edit
        elif edited["properties"].pop(name, None):
            edited["required"] = [other for other in edited["required"] if other != name]
    return edited


@given(SCHEMAS, EDITS, VALUES)
def test_an_accepted_change_can_be_read_both_ways(old: dict[str, Any], edits: Any, event: dict[str, Any]) -> None:
    """An event of either version is good by the other: it has fields of its own version alone."""
    new = _edited(old, edits)
    assume(not list(breaks(old, new)))
    for writer, reader in ((new, old), (old, new)):
        published = {name: value for name, value in event.items() if name in writer["properties"]}
        if not faults_of(published, writer):
            assert faults_of(published, reader) == []


@given(SCHEMAS, PARTS)
def test_a_new_optional_field_passes_and_its_removal_does_not(old: dict[str, Any], part: dict[str, Any]) -> None:
    """Whatever else the event says."""
    new = old | {"properties": old["properties"] | {"new": part}}
    assert list(breaks(old, new)) == []
    assert list(breaks(new, old)) == ["new is gone"]
