"""Event source mappings, as the deployed watch sees them."""

import pytest

from bounded_context_local.running.context import RunningContext

pytestmark = pytest.mark.e2e


def test_a_mapping_that_is_disabled_is_counted_until_it_is_enabled(deployed: RunningContext):
    """The function's role may list mappings, and finds each by its function's alias."""
    watched = [deployed.invoke("watch_lists", {})["mappings"]]
    alias = deployed.outputs["functions"]["measure_lists"]
    [mapping] = deployed.aws.call("lambda", "list_event_source_mappings", FunctionName=alias)["EventSourceMappings"]
    for enabled in (False, True):
        deployed.aws.call("lambda", "update_event_source_mapping", UUID=mapping["UUID"], Enabled=enabled)
        watched.append(deployed.invoke("watch_lists", {})["mappings"])
    assert watched == [0, 1, 0]
