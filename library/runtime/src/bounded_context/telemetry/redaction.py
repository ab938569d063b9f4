"""Redaction of log lines and traces: hides secrets, and every field of the aggregate but its id and its references."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from ..declaration.context import Context
from ..declaration.environment import local


class _Current:
    context: Context[Any] | None = None


_current = _Current()


def set_up(context: Context[Any]) -> None:
    """Observe this context from now on; `entry_point` calls this function."""
    _current.context = context


def current() -> Context[Any] | None:
    """Return the observed context, or None before `set_up`."""
    return _current.context


HIDDEN: Final = "***"
_SECRETS: Final = ("authorization", "password", "token", "secret", "apikey", "privatekey", "credential", "cookie")
_RUNTIME: Final = {"function_name", "function_arn", "function_request_id", "function_memory_size", "cold_start"}
_LINE: Final = {"level", "location", "message", "timestamp", "service", "sampling_rate", "xray_trace_id", "version"}
_FACTS: Final = """
caller cause code command correlation_id event_id event_type ids list_id message_id outcome part partner refused
rejected rows rule seconds valid
"""
_OWN: Final = frozenset({"exception", "exception_name", *_RUNTIME, *_LINE, *_FACTS.split()})
"""The keys of a log record itself. Their values are shown, even if a field has the same name."""

_values: Final[set[str]] = set()
"""The secrets that were read. A rotated secret may still be valid for a while."""


def _plain(key: object) -> str:
    return str(key).lower().replace("-", "").replace("_", "")


@cache
def _ids(context: Context[Any] | None) -> frozenset[str]:
    return frozenset() if context is None else frozenset((context.identity, *context.references))


@cache
def _fields(context: Context[Any] | None) -> frozenset[str]:
    fields = () if context is None else context.details.model_fields
    return frozenset(_plain(field) for field in fields if field not in _ids(context))


def hidden(key: object) -> bool:
    """Return whether the value under this key is hidden, in any spelling of the key: ``api_key``, ``apiKey``."""
    plain = _plain(key)
    if any(secret in plain for secret in _SECRETS):
        return True
    # An exception's notes are free text and may quote values.
    return not local() and (plain in _fields(current()) or plain == "exceptionnotes")


def conceal(value: str) -> None:
    """Hide this text, a secret that was read, in all further lines and traces."""
    if value:
        _values.add(value)


def without_secrets(text: str) -> str:
    """Return a text with all secrets hidden that were read; long secrets first, since they may contain others."""
    for value in sorted(_values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def redacted(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a log record with all its confidential values hidden, at any depth."""
    own = _OWN | _ids(current())
    return {key: _inside(value) if key in own else _at(key, value) for key, value in record.items()}


def _at(key: object, value: Any) -> Any:
    return HIDDEN if hidden(key) else _inside(value)


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _at(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_inside(inner) for inner in value]
    return without_secrets(value) if isinstance(value, str) else value
