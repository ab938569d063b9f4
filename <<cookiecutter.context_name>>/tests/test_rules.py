"""The commands: their functions, and the results and rejections of their rules."""

import typing

import pytest
from bounded_context import <<cookiecutter.commands | refusals | join(", ")>>
from bounded_context.testing import InMemory, Samples
from bounded_context.testing.functions import Functions

from <<cookiecutter.__package>>.commands import <<cookiecutter.commands | commands | map(attribute="name") | join(", ")>>
from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>
from <<cookiecutter.__package>>.model import Status
from <<cookiecutter.__package>>.use_cases import <<cookiecutter.commands | commands | map(attribute="snake") | join(", ")>>

if typing.TYPE_CHECKING:
    from bounded_context_local.testing.running import Running

samples = Samples(<<cookiecutter.__constant>>)
SAMPLE = samples.aggregate(1)
MESSAGE = {"idempotency_key": "key-1", "payload": samples.values(1)}


@pytest.fixture
def <<cookiecutter.__plural_snake>>():
    return InMemory(<<cookiecutter.__constant>>).aggregates


def test_the_function_repeats_the_answer_of_a_command(functions: Functions):
    answers = [functions.invoke("<<(cookiecutter.commands | creates).snake>>", MESSAGE) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["ok"]


def test_the_function_returns_a_created_<<cookiecutter.__package>>(functions: Functions):
    created = functions.invoke("<<(cookiecutter.commands | creates).snake>>", MESSAGE)
    answer = functions.invoke("get_<<cookiecutter.__package>>", {"payload": {"<<cookiecutter.__package>>_id": SAMPLE.id}})
    assert answer["<<cookiecutter.__package>>"] == created["<<cookiecutter.__package>>"]


def test_the_function_rejects_a_bad_command_with_the_field(functions: Functions):
    answer = functions.invoke("<<(cookiecutter.commands | creates).snake>>", {**MESSAGE, "payload": {}})
    assert answer["error"]["code"] == "invalid"
    assert "<<cookiecutter.__package>>_id" in answer["error"]["detail"]


def test_each_subscriber_receives_the_event(running: "Running"):
    """Run by `uv run context e2e`, on the embedded AWS."""
    [details] = running.rows(1)
    assert running.invoke("<<(cookiecutter.commands | creates).snake>>", details)["ok"]
    for received in running.events(details["<<cookiecutter.__package>>_id"]).values():
        assert [event["type"] for event in received] == ["<<(cookiecutter.commands | creates).event>>"]


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
    <<cookiecutter.__plural_snake>>.add(samples.aggregate(1, status=Status.<<command | before | first>>))
<% endfilter %>
<% for line in command | values %>
    <<line>>
<% endfor %>
    command = <<command | sample>>
    changed = <<command.snake>>(command, <<cookiecutter.__plural_snake>>)
    assert (changed.status, changed.version) == (Status.<<command.status>>, 2)
<% for values in command | set_values %>
    assert changed.state.model_dump(mode="json", exclude_none=True) == <<values>>
<% endfor %>
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
