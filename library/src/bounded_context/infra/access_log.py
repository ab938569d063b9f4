"""The access log of the HTTP API: a line for each request, answered or refused, and what is asked of the lines.

Nothing in a line is about a person: no path (identities stand in it), no address, and no principal, since the name of a
role's session is often that of whoever uses it, and API Gateway cannot cut it off. The client that a token was made for
tells which application it was. Callers who sign are all of the API's own account: the functions' log lines name their
role.
"""

import json
from typing import Final

_FIELDS: Final = {
    "request_id": "requestId",
    "time": "requestTime",
    "route": "routeKey",
    "status": "status",
    "error": "error.responseType",
    "latency_ms": "responseLatency",
    "integration_status": "integrationStatus",
    "integration_ms": "integrationLatency",
    "integration_error": "integrationErrorMessage",
    "authorizer_error": "authorizer.error",
    "caller_client": "authorizer.claims.client_id",
    "bytes": "responseLength",
}
"""Our names, and API Gateway's ("Customize HTTP API access logs"). What a request does not have is a hyphen there."""

FIELDS: Final = frozenset(_FIELDS)

FORMAT: Final = json.dumps({name: f"$context.{variable}" for name, variable in _FIELDS.items()})
"""What API Gateway writes. All values are texts: a hyphen in the place of a number would be no JSON."""

REFUSED: Final = "requests refused or failed"
"""The name of the query."""

QUERY: Final = """filter status >= 400
| stats count(*) as requests, max(latency_ms) as slowest_ms, max(@timestamp) as last by status, route, error,
  authorizer_error, integration_error, caller_client
| sort requests desc
| limit 100"""
