"""What the context is, as data: its code, its infrastructure and its tools read it here."""

from bounded_context import Command, Context

from .commands import <<cookiecutter.commands | commands | map(attribute="name") | join(", ")>>
from .events import VERSIONS, <<cookiecutter.context_name>>Data
from .model import <<cookiecutter.context_name>>, Status

<<cookiecutter.__constant>> = Context(
    name="<<cookiecutter.__package>>",
    plural="<<cookiecutter.__plural_snake>>",
    display_name=<<cookiecutter.display_name|quoted>>,
    owner=<<cookiecutter.owner|quoted>>,
    aggregate=<<cookiecutter.context_name>>,
    commands=(
<% for command in cookiecutter.commands | commands %>
<% filter fitted %>
        Command.<<command.kind>>(<<command | declared>>),
<% endfilter %>
<% endfor %>
    ),
    data=<<cookiecutter.context_name>>Data,
    versions=VERSIONS,
    references=<<cookiecutter.verification | referred>>,
    verification="<<cookiecutter.__verification>>",
    # Each is an index of the table, and a write unit more for each row.
    queried_by=("list",),
<% filter fitted %>
    subscribers=<<cookiecutter.subscribers | subscribers | tupled>>,
<% endfilter %>
    api=<<cookiecutter.api | chosen>>,
)
