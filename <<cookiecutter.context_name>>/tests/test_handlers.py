"""The entry points, with a table in memory."""

from bounded_context.testing import Samples
from bounded_context.testing.functions import Functions

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>

VALUES = Samples(<<cookiecutter.__constant>>).values(1)
MESSAGE = {"idempotency_key": "key-1", "payload": VALUES}
EMPTY = {"idempotency_key": "key-1", "payload": {}}
QUERY = {"payload": {"<<cookiecutter.__package>>_id": VALUES["<<cookiecutter.__package>>_id"]}}


def test_a_repeated_command_has_the_same_answer(functions: Functions):
    answers = [functions.invoke("<<(cookiecutter.commands | creates).snake>>", MESSAGE) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["ok"]


def test_a_created_<<cookiecutter.__package>>_is_found(functions: Functions):
    created = functions.invoke("<<(cookiecutter.commands | creates).snake>>", MESSAGE)
    found = functions.invoke("get_<<cookiecutter.__package>>", QUERY)
    assert found["<<cookiecutter.__package>>"] == created["<<cookiecutter.__package>>"]


def test_a_bad_command_is_rejected_with_the_field(functions: Functions):
    answer = functions.invoke("<<(cookiecutter.commands | creates).snake>>", EMPTY)
    assert answer["error"]["code"] == "invalid"
    assert "<<cookiecutter.__package>>_id" in answer["error"]["detail"]
