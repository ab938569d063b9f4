"""Conversion of a function's payload to an HTTP request for its route."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def routed(route: str, payload: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return the method, the path and the body members of a request.

    Args:
        route: the key of the route, such as `POST /payments/{payment_id}/verify`.
        payload: the function's payload; members that the path names go into the path, the others into the body.
    """
    method, _, form = route.partition(" ")
    path = form.format_map({name: quote(str(value), safe="") for name, value in payload.items()})
    return method, path, {name: value for name, value in payload.items() if f"{{{name}}}" not in form}
