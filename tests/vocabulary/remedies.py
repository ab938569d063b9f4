"""The remedy of each refusal: a sentence begins with a verb, and a suggested answer is accepted in its place."""

import re
from collections.abc import Iterator

from template.answers import check

from .generator import Answers, Refusal

_SENTENCE = re.compile(r"(?P<question>\w+): type .+\.")
_SUGGESTED = (
    re.compile(r"type (?:a name|an event) other than (?P<word>\S+?),(?: a verb first,)? such as (?P<other>[\w-]+),"),
    re.compile(r"such as (?P<other>\w+), since (?P<word>\w+) is (?:a constant|written)"),
)
_SHAPE = re.compile(r"'[^']*'|\b[a-z0-9]*_\w+|\b\w*[a-z0-9][A-Z]\w*|\b[A-Z]\w+|\d+")


def shape(sentence: str) -> str:
    """Return a sentence without the names in it, to count the refusals of a rule."""
    return _SHAPE.sub("_", sentence)


def faults(refusal: Refusal) -> Iterator[str]:
    """Yield a sentence for each refusal without a remedy, or whose suggested answer is refused, too."""
    for sentence in refusal.sentences:
        if not _SENTENCE.fullmatch(sentence):
            yield f"no remedy: {sentence}"
        for match in filter(None, (pattern.search(sentence) for pattern in _SUGGESTED)):
            other = _replaced(refusal, match["word"], match["other"])
            # The same fault may be reported with the new word. Other names contain the old one: FormatOrder.
            before = {re.sub(rf"\b{re.escape(match['word'])}\b", match["other"], line) for line in refusal.sentences}
            again = [line for line in check(other) if _is_about(line, match["other"]) and line not in before]
            yield from (f"{sentence} Then: {line}" for line in again)


def _replaced(refusal: Refusal, word: str, other: str) -> Answers:
    """Return the answers with a word of the refused answer replaced."""
    answer = refusal.answers[refusal.question]
    start = r"(?<![^\s,])"
    changed = re.sub(rf"{start}{re.escape(word)}(?=[:\s,]|$)", other, answer)
    return {**refusal.answers, refusal.question: changed}


def _is_about(sentence: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", sentence.partition(", such as ")[0]) is not None
