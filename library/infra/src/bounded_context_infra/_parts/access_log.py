"""The access log of the HTTP API: a line for each request, and the query for refused and failed requests.

A line contains no personal data. It has no path, because paths contain identities, and no address. It has no principal:
the name of a role's session is often the name of its user, and API Gateway cannot remove it. The client id of the token
identifies the calling application. Callers who sign their requests all belong to the API's own account; the functions'
log lines name their role.
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
"""The fields of a line, and API Gateway's variables ("Customize HTTP API access logs"). A missing value is a hyphen."""

FIELDS: Final = frozenset(_FIELDS)

FORMAT: Final = json.dumps({name: f"$context.{variable}" for name, variable in _FIELDS.items()})
"""The format for API Gateway. All values are strings, because a hyphen in place of a number would be invalid JSON."""

REFUSED: Final = "requests refused or failed"
"""The name of the saved query."""

QUERY: Final = """filter status >= 400
| stats count(*) as requests, max(latency_ms) as slowest_ms, max(@timestamp) as last by status, route, error,
  authorizer_error, integration_error, caller_client
| sort requests desc
| limit 100"""
