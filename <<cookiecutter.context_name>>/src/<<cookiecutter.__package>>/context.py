"""The context's declaration, which its code, its infrastructure and its tools read."""

from bounded_context import Command, Context

from .commands import <<cookiecutter.commands | commands | map(attribute="name") | join(", ")>>
from .model import <<cookiecutter.context_name>>, Status
from .use_cases import <<cookiecutter.commands | commands | map(attribute="snake") | join(", ")>>

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
    references=<<cookiecutter.verification | referred>>,
<% if cookiecutter.lists != "none" %>
    verification="<<cookiecutter.__verification>>",
    # Each adds an index, and one write unit per row.
    queried_by=("list",),
<% else %>
    verification=None,  # no lists
    # Each adds an index, and one write unit per change.
    queried_by=("status",),
<% endif %>
<% filter fitted %>
    subscribers=<<cookiecutter.subscribers | subscribers | tupled>>,
<% endfilter %>
    api=<<cookiecutter.api | chosen>>,
)
