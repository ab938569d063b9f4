"""Reads the page of an API: what there is to copy of it."""

import html
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote

_REQUEST = re.compile(r'<h3 id="(?P<operation>\w+)">.*?<pre class="request"[^>]*>(?P<command>.*?)</pre>', re.DOTALL)
_EXPORTS = re.compile(r'<pre class="exports"[^>]*>(.*?)</pre>', re.DOTALL)


@dataclass(frozen=True)
class Curl:
    """A request as curl would send it: `path` is decoded; `headers` have lower-case letters."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str | None


def commands(page: str) -> dict[str, str]:
    """Return the commands of a page as whoever copies them has them, in their order, by their operations."""
    return {match["operation"]: html.unescape(match["command"]) for match in _REQUEST.finditer(page)}


def exports(page: str) -> str:
    """Return the lines that are to go before them."""
    [block] = _EXPORTS.findall(page)
    return html.unescape(block)


def requests(page: str) -> list[Curl]:
    """Return the requests of a page."""
    return [_read(operation, command) for operation, command in commands(page).items()]


def _read(operation: str, command: str) -> Curl:
    words = shlex.split(command)
    options = dict(_options(words))
    [address] = [word for word in words if word.startswith("$API")]
    path, _, query = address.removeprefix("$API").partition("?")
    headers = dict(header.split(": ", 1) for header in _all(words, "-H"))
    small = {name.lower(): value for name, value in headers.items()}
    return Curl(operation, options.get("-X", "GET"), unquote(path), dict(parse_qsl(query)), small, options.get("-d"))


def _options(words: list[str]) -> Iterator[tuple[str, Any]]:
    yield from pairwise(words)


def _all(words: list[str], option: str) -> list[str]:
    return [after for word, after in _options(words) if word == option]
