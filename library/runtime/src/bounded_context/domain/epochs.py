"""The epoch of a table: the number of replacements of a stack's table, at the end of the table's name.

Each table has a stream of its own, whose numbers may begin below those of the stream before. The epoch is the first
part of `sequence`, so events of a later table are newer. It comes from the name in the stream's ARN. Every version
of a function therefore computes the same `sequence` of a change, and a late redrive of the earlier stream stays older.
"""

import re
from typing import Final

MOST: Final = 9_999
"""The largest epoch: the first 4 digits of a `sequence`. DynamoDB's documented maximum is 40 digits, of which it uses
some 28."""

_NAME: Final = re.compile(r"-epoch-([1-9][0-9]{0,3})$")


def table_of(name: str, epoch: int) -> str:
    """Return the name of a stack's table in an epoch. Epoch 0 is the stack's first table."""
    return f"{name}-epoch-{epoch}" if epoch else name


def epoch_of(stream_arn: str) -> int:
    """Return the epoch of a table, from the ARN of its stream."""
    table = stream_arn.partition(":table/")[2].partition("/")[0]
    match = _NAME.search(table)
    return int(match[1]) if match else 0


def is_second(name: str, table: str) -> bool:
    """Return whether a table's name is that of a copy of a stack's table from a restore, or of another epoch."""
    first = re.escape(_NAME.sub("", table))
    return name != table and bool(re.fullmatch(rf"{first}(-epoch-[1-9][0-9]{{0,3}})?(-at-.+)?", name))
