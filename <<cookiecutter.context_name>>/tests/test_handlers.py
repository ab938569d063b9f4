"""The entry points, on a table of this process: messages in, answers out."""

from bounded_context.testing import Samples
from bounded_context.testing.functions import Functions

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>
from <<cookiecutter.__package>>.handlers import <<(cookiecutter.commands | creates).snake>>, get_<<cookiecutter.__package>>

VALUES = Samples(<<cookiecutter.__constant>>).values(1)
MESSAGE = {"idempotency_key": "key-1", "payload": VALUES}
EMPTY = {"idempotency_key": "key-1", "payload": {}}
ASKED = {"payload": {"<<cookiecutter.__package>>_id": VALUES["<<cookiecutter.__package>>_id"]}}


def test_a_command_is_done_once_however_often_it_is_sent(functions: Functions):
    answers = [functions.invoke(<<(cookiecutter.commands | creates).snake>>, MESSAGE) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["ok"]


def test_what_was_created_is_found(functions: Functions):
    created = functions.invoke(<<(cookiecutter.commands | creates).snake>>, MESSAGE)
    found = functions.invoke(get_<<cookiecutter.__package>>, ASKED)
    assert found["<<cookiecutter.__package>>"] == created["<<cookiecutter.__package>>"]


def test_a_bad_command_is_refused_in_words(functions: Functions):
    answer = functions.invoke(<<(cookiecutter.commands | creates).snake>>, EMPTY)
    assert answer["error"]["code"] == "invalid"
    assert "<<cookiecutter.__package>>_id" in answer["error"]["detail"]
