"""The state machine's file and the code that its functions run: two texts, one language."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from bounded_context.adapters.items import KEY, LIST, TRACEPARENT
from bounded_context.application.list_import import Outcome
from bounded_context.application.staging import VALIDATED, VERIFIED
from bounded_context.domain.events import from_traceparent
from bounded_context.domain.lists import STAGING, ListStatus, PinnedFile
from tests.infra.graph import CONTEXT, Graph

IMPORTED, _ = CONTEXT.list_events


def _states(deployed: Graph) -> dict[str, Any]:
    return deployed.one("sfn/stateMachine").document("definition")["States"]


def test_the_machine_branches_on_the_outcomes_of_the_steps(deployed: Graph) -> None:
    """A misspelt outcome would send every list to the compensation."""
    compared = set(re.findall(r'"StringEquals": "(\w+)"', json.dumps(_states(deployed))))
    assert compared <= {*Outcome, *ListStatus}


def test_the_imported_event_has_the_form_of_every_other_event(deployed: Graph) -> None:
    """It is the one event that the machine writes itself."""
    written = _states(deployed)["MarkImported"]["ResultSelector"]
    form = CONTEXT.source.cloud_event("", IMPORTED, "", datetime.now(UTC), {}, "")
    assert {name.removesuffix(".$") for name in written} == set(form)
    assert (written["type"], written["source"]) == (IMPORTED, CONTEXT.name)
    assert written["dataschema"] == CONTEXT.schema_of(IMPORTED)


def test_the_event_is_published_with_the_same_attributes_as_every_other_event(deployed: Graph) -> None:
    """Without its type the filter would drop the event for everyone."""
    published = _states(deployed)["PublishOutcome"]["Parameters"]
    assert published["MessageAttributes"] == {
        name: {"DataType": "String", "StringValue.$": f"$.event.{name}"} for name in ("type", "traceparent")
    }
    # The group of the list's rows: the subject of a list's event is the list.
    assert published["MessageGroupId.$"] == "$.event.subject"


def test_an_event_has_a_valid_traceparent_from_every_version_of_a_function(
    deployed: Graph,
) -> None:
    """To read a member that is not there would end the execution of a list that is in the table by then."""
    marked = _states(deployed)["MarkImported"]
    assert f"{TRACEPARENT} = if_not_exists({TRACEPARENT}, :untraced)" in marked["Parameters"]["UpdateExpression"]
    assert marked["ResultSelector"]["traceparent.$"] == f"$.Attributes.{TRACEPARENT}.S"
    expressions = [marked["Parameters"]["ExpressionAttributeValues"][":untraced"]["S.$"]]
    expressions.append(_states(deployed)["CompensateError"]["ResultSelector"]["event.$"])
    list_id = PinnedFile("inbox", "key", "v", 1).list_id
    for expression in expressions:
        [form] = re.findall(r"00-\{\}-[0-9a-f]+-[0-9a-f]+", expression)
        context = from_traceparent(form.format(list_id))
        assert context is not None
        assert not context.sampled


def test_the_machine_reads_the_keys_that_the_steps_write(deployed: Graph) -> None:
    """The parts to import, and the list's record."""
    states = _states(deployed)
    for step in ("ImportList", "UndoList"):
        manifest = states[step]["ItemReader"]["Parameters"]["Key.$"]
        assert manifest == f"States.Format('{STAGING}/{{}}/{VERIFIED}', $.list_id)"
    validated = states["VerifyParts"]["ItemReader"]["Parameters"]["Key.$"]
    assert validated == f"States.Format('{STAGING}/{{}}/{VALIDATED}', $.list_id)"
    assert states["MarkImported"]["Parameters"]["Key"] == {KEY: {"S.$": f"States.Format('{LIST}{{}}', $.list_id)"}}


def test_written_parts_are_undone_and_earlier_failures_close_the_list(deployed: Graph) -> None:
    """Before the import there is no manifest to undo by, and nothing to undo."""
    states = _states(deployed)
    undoing = {name for name, state in states.items() if any(c["Next"] == "UndoList" for c in state.get("Catch", []))}
    assert undoing == {"ImportList", "MarkImported"}
    undo = states["UndoList"]
    assert undo["ItemSelector"] == states["ImportList"]["ItemSelector"]
    # Whatever happens to the map, the next step undoes what is left, and knows what the import broke with.
    assert [(caught["ErrorEquals"], caught["ResultPath"]) for caught in undo["Catch"]] == [(["States.ALL"], None)]
    assert (undo["ToleratedFailurePercentage"], undo["ResultPath"]) == (100, None)
    assert {undo["Next"], undo["Catch"][0]["Next"]} == {"CompensateError"}


def test_the_verification_is_called_again_with_its_own_answer(deployed: Graph) -> None:
    """After the map, the state has the answer `SPLIT`: with another outcome, the call would split the list again."""
    states = _states(deployed)
    verification = states["IsValid"]["Choices"][0]["Next"]
    assert (states["VerifyParts"]["Next"], states["VerifyParts"]["ResultPath"]) == (verification, "$.parts")
    assert states[verification]["Parameters"]["Payload"]["outcome.$"] == "$.answer.outcome"
    assert states[verification]["ResultSelector"]["outcome.$"] == "$.Payload.outcome"
    assert states[verification]["ResultPath"] == "$.answer"


def test_a_part_that_cannot_be_verified_ends_the_list(deployed: Graph) -> None:
    """No row is written before, so the other parts need not be verified, and nothing is undone."""
    verifying = _states(deployed)["VerifyParts"]
    assert "ToleratedFailurePercentage" not in verifying
    assert [caught["Next"] for caught in verifying["Catch"]] == ["CompensateError"]


def test_the_verification_step_is_named_after_its_function(deployed: Graph) -> None:
    """The console shows the same name that the code has."""
    names = {name.lower() for name in _states(deployed)}
    assert CONTEXT.verification_step.replace("_", "") in names
