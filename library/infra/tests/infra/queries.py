"""What a query of Logs Insights asks for."""

import re

from bounded_context_infra.queries import Query

WORDS = {"as", "asc", "by", "desc", "in", "like", "or"}
CALLED = {"coalesce", "count", "count_distinct", "ispresent", "max", "min", "sum"}


def stages(query: Query) -> list[list[str]]:
    """The words of each stage, without what is quoted: its command, then fields, functions and operators."""
    bare = re.sub(r'"[^"]*"|/[^/]*/', " ", query.text)
    return [re.findall(r"[@A-Za-z_][\w.]*", stage) for stage in bare.split("|")]


def fields(query: Query) -> set[str]:
    """The fields that it takes from log lines, without those that it makes itself."""
    aliases = set(re.findall(r" as (\w+)", query.text))
    return {word for stage in stages(query) for word in stage[1:]} - WORDS - CALLED - aliases
