"""The event source mappings of a stack's functions."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bounded_context.adapters.services import EventSources, Failing

FUNCTION = "relay_events"
WELL = {"State": "Enabled", "LastProcessingResult": "OK"}


def _failing(*pages: list[dict[str, Any]]) -> list[Failing]:
    client: Any = boto3.client("lambda", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    request, marker = {"FunctionName": "shop-dev-relay-events:live"}, dict[str, str]()
    with Stubber(client) as answers:
        for number, page in enumerate(pages, 1):
            more = {"NextMarker": str(number)} if number < len(pages) else dict[str, str]()
            answers.add_response("list_event_source_mappings", {"EventSourceMappings": page, **more}, request | marker)
            marker = {"Marker": str(number)}
        failing = EventSources(client, "shop-dev-").failing([FUNCTION])
        answers.assert_no_pending_responses()
    return failing


@pytest.mark.parametrize("state", ["Enabled", "Creating", "Enabling", "Updating"])
@pytest.mark.parametrize("result", [None, "OK", "No records processed"])
def test_a_mapping_that_works_or_is_about_to_does_not_fail(state: str, result: str | None):
    """A mapping that has read nothing yet has no result."""
    assert _failing([{"State": state} | ({"LastProcessingResult": result} if result else {})]) == []


@pytest.mark.parametrize("state", ["Disabled", "Disabling", "Deleting"])
def test_a_mapping_that_reads_no_records_fails(state: str):
    """The stream forgets its changes after 24 hours."""
    assert _failing([WELL | {"State": state}]) == [Failing(FUNCTION, state)]


def test_a_mapping_whose_last_attempt_failed_fails():
    """Lambda may not read the stream, or use the key, or the function failed."""
    problem = "PROBLEM: Function call failed"
    assert _failing([WELL | {"LastProcessingResult": problem}]) == [Failing(FUNCTION, problem)]


def test_a_function_without_a_mapping_fails():
    """Somebody deleted it."""
    assert [failure.function for failure in _failing([])] == [FUNCTION]


def test_every_page_is_read():
    """AWS returns 100 mappings at a time."""
    assert len(_failing([WELL], [WELL | {"State": "Disabled"}])) == 1
