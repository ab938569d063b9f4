"""The business rules, without AWS: the result and the rejections of each command."""

import pytest
from bounded_context import <<cookiecutter.commands | refusals | join(", ")>>
from bounded_context.testing import InMemory, Samples

from <<cookiecutter.__package>>.commands import <<cookiecutter.commands | commands | map(attribute="name") | join(", ")>>
from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>
from <<cookiecutter.__package>>.model import Status
from <<cookiecutter.__package>>.use_cases import <<cookiecutter.commands | commands | map(attribute="snake") | join(", ")>>

samples = Samples(<<cookiecutter.__constant>>)
SAMPLE = samples.aggregate(1)


@pytest.fixture
def <<cookiecutter.__plural_snake>>():
    return InMemory(<<cookiecutter.__constant>>).aggregates


def test_a_<<cookiecutter.__package>>_is_created_once(<<cookiecutter.__plural_snake>>):
    command = <<(cookiecutter.commands | creates).name>>.model_validate(samples.values(1))
    created = <<(cookiecutter.commands | creates).snake>>(command, <<cookiecutter.__plural_snake>>)
    assert (created.status, created.version) == (Status.<<(cookiecutter.commands | creates).status>>, 1)
    assert <<cookiecutter.__plural_snake>>.get(created.id) == created
    with pytest.raises(AlreadyExists):
        <<(cookiecutter.commands | creates).snake>>(command, <<cookiecutter.__plural_snake>>)
<% for command in cookiecutter.commands | changes %>


def test_<<command.snake>>_leaves_the_next_version(<<cookiecutter.__plural_snake>>):
<% filter fitted %>
    <<cookiecutter.__plural_snake>>.add(samples.aggregate(1, status=Status.<<command | before>>))
<% endfilter %>
    command = <<command.name>>(<<cookiecutter.__package>>_id=SAMPLE.id)
    changed = <<command.snake>>(command, <<cookiecutter.__plural_snake>>)
    assert (changed.status, changed.version) == (Status.<<command.status>>, 2)
    assert <<cookiecutter.__plural_snake>>.get(SAMPLE.id) == changed
    with pytest.raises(IllegalMove):
        <<command.snake>>(command, <<cookiecutter.__plural_snake>>)
<% endfor %>


def test_a_deleted_<<cookiecutter.__package>>_is_not_found(<<cookiecutter.__plural_snake>>):
    <<cookiecutter.__plural_snake>>.add(SAMPLE)
    command = <<(cookiecutter.commands | deletes).name>>(<<cookiecutter.__package>>_id=SAMPLE.id)
    assert <<(cookiecutter.commands | deletes).snake>>(command, <<cookiecutter.__plural_snake>>) == SAMPLE
    with pytest.raises(NotFound):
        <<(cookiecutter.commands | deletes).snake>>(command, <<cookiecutter.__plural_snake>>)


def test_a_command_for_another_version_is_rejected(<<cookiecutter.__plural_snake>>):
    <<cookiecutter.__plural_snake>>.add(SAMPLE)
    command = <<(cookiecutter.commands | deletes).name>>(<<cookiecutter.__package>>_id=SAMPLE.id, expected_version=2)
    with pytest.raises(VersionConflict):
        <<(cookiecutter.commands | deletes).snake>>(command, <<cookiecutter.__plural_snake>>)
    assert <<cookiecutter.__plural_snake>>.get(SAMPLE.id) == SAMPLE
