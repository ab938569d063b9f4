"""The tokens of an expression, and a cursor over them."""

import re
from typing import Final

_TOKEN: Final = re.compile(r"\s*(?:([#:]?\w+)|(<>|<=|>=|[=<>(),.\[\]+-]))")


class Malformed(ValueError):
    """An expression that DynamoDB does not accept."""


class Mismatch(Malformed):
    """An update that does not apply to the item as it is."""


class Tokens:
    """A cursor over the tokens of an expression.

    ``names`` and ``values`` collect its placeholders. ``at`` is the position, and ``group`` where the parentheses
    that were read last begin and end.
    """

    def __init__(self, text: str) -> None:
        self._tokens = _split(text)
        self.at = 0
        self.group: tuple[int, int] = (0, 0)
        self.names = set[str]()
        self.values = set[str]()

    def peek(self) -> str:
        """Return the next token, or "" at the end."""
        return self._tokens[self.at]

    def take(self) -> str:
        """Return the next token, and move on."""
        token = self._tokens[self.at]
        self.at += bool(token)
        return token

    def took(self, *words: str) -> str:
        """Return the next token and move on if it matches a word in any case. Otherwise return ""."""
        word = self.peek().upper()
        if word not in words:
            return ""
        self.take()
        return word

    def expect(self, word: str) -> None:
        """Move on. Raises Malformed unless the next token is this word."""
        if not self.took(word):
            raise Malformed(f"Syntax error; token: {self.peek()!r}, expected: {word!r}")

    def opens(self, function: str) -> bool:
        """Move behind a function's name and parenthesis if they are next; function names are case-sensitive."""
        if self.peek() != function or self._tokens[self.at + 1] != "(":
            return False
        self.at += 2
        return True

    def end(self) -> None:
        """Raises Malformed unless all tokens are taken."""
        if self.peek():
            raise Malformed(f"Syntax error; token: {self.peek()!r}")


def _split(text: str) -> list[str]:
    tokens, position, text = list[str](), 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Malformed(f"Syntax error near {text[position:]!r}")
        tokens.append(match[1] or match[2])
        position = match.end()
    return [*tokens, "", ""]
