"""The context's commands, by what they do: the tests speak of "the creating command" and work for any context."""

from <<cookiecutter.__package>>.application import use_cases
from <<cookiecutter.__package>>.domain import commands

CREATE = (commands.<<(cookiecutter.commands | creates).name>>, use_cases.<<(cookiecutter.commands | creates).snake>>)
CHANGES = [<% for command in cookiecutter.commands | changes %>

    (commands.<<command.name>>, use_cases.<<command.snake>>),<<"\n" if loop.last else "">><% endfor %>]
DELETE = (commands.<<(cookiecutter.commands | deletes).name>>, use_cases.<<(cookiecutter.commands | deletes).snake>>)
