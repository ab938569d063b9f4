"""Rows in which every pair of values occurs that may, and not many more rows than that takes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

One = tuple[str, str]
"""A question and the name of one of its values."""

Pair = frozenset[One]


def pairs(values: Mapping[str, Collection[str]], never: Collection[Pair]) -> set[Pair]:
    """Return every pair of values of two questions but those that never occur."""
    ones = [(question, name) for question, names in values.items() for name in names]
    return {frozenset(two) for two in combinations(ones, 2) if two[0][0] != two[1][0]} - set(never)


def within(row: Mapping[str, str]) -> set[Pair]:
    """Return the pairs of a row."""
    return {frozenset(two) for two in combinations(row.items(), 2)}


def rows(values: Mapping[str, Collection[str]], never: Collection[Pair]) -> Iterator[dict[str, str]]:
    """Yield rows until each pair was in one: from a pair that was in none, by the value that brings most new ones.

    A value that never goes with one before it is not taken, so each question needs one that goes with all.
    """
    missing_pairs = pairs(values, never)
    while missing_pairs:
        row = dict(min(missing_pairs, key=sorted))
        for question in sorted(values.keys() - row.keys(), key=lambda name: (-len(values[name]), name)):
            row[question] = _best(question, values[question], row, missing_pairs, never)
        yield {question: row[question] for question in values}
        missing_pairs -= within(row)


def _best(
    question: str, names: Collection[str], row: Mapping[str, str], missing_pairs: set[Pair], never: Collection[Pair]
) -> str:
    def new(name: str) -> set[Pair]:
        return {frozenset([answer, (question, name)]) for answer in row.items()}

    return max((name for name in names if not new(name) & set(never)), key=lambda name: len(new(name) & missing_pairs))


def share(all_rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return some of the rows, in which each value still occurs."""
    missing_answers = {answer for row in all_rows for answer in row.items()}
    selection: list[Mapping[str, str]] = []
    while missing_answers:
        row = max(all_rows, key=lambda row: len(missing_answers & set(row.items())))
        selection.append(row)
        missing_answers -= set(row.items())
    return selection
