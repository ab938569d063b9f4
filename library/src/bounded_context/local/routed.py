"""What a function is asked, as a request to its route."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def routed(route: str, payload: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return a request's method, its path, and the members of its body.

    Args:
        route: the key of the route, such as `POST /payments/{payment_id}/verify`.
        payload: what is asked: what the path names stands there, the rest in the body.
    """
    method, _, form = route.partition(" ")
    path = form.format_map({name: quote(str(value), safe="") for name, value in payload.items()})
    return method, path, {name: value for name, value in payload.items() if f"{{{name}}}" not in form}
