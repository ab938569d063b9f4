"""The queries during a fault."""

from bounded_context.testing import Samples
from bounded_context_lab.storm.load import selection
from bounded_context_local.actors.caller import http_request
from tests.test_children import CONTEXT


def test_each_query_has_a_request() -> None:
    """The query for children names an aggregate in its path."""
    payload = Samples(CONTEXT).values()
    for query in CONTEXT.queries[1:]:
        _, path, _ = http_request(CONTEXT.routes[query], selection(CONTEXT, query, payload))
        assert path in ("/payments", f"/payments/{payload['payment_id']}/notes")
