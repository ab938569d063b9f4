"""Calls each command and each query on moto. The search copies this file into the tests of a baked repository."""

from bounded_context.testing import Samples
from bounded_context.testing.functions import Functions
from bounded_context_infra.configuration.project import current


def test_each_command_and_query_succeeds(functions: Functions) -> None:
    """In the declared order, from the creation to the deletion."""
    context = current().context
    values = Samples(context).values(1)
    identity = {context.identity: values[context.identity]}
    order = {"creates": 0, "changes": 1, "deletes": 2}
    for number, command in enumerate(sorted(context.commands, key=lambda command: order[command.kind])):
        payload = values if command.kind == "creates" else identity
        answer = functions.invoke(command.function, {"idempotency_key": f"key-{number}", "payload": payload})
        assert answer["ok"], (command.function, answer)
        if command.kind == "creates":
            assert functions.invoke(f"get_{context.name}", {"payload": identity})["ok"]
            listed = functions.invoke(
                f"list_{context.plural}", {"payload": selection(context.conditions[0], answer[context.name])}
            )
            assert listed["ok"], listed


def selection(index: str, created: dict[str, str]) -> dict[str, str]:
    """Return the payload of the list query, by a list's id or by the status of the new aggregate."""
    return {"list_id": "list-1"} if index == "list" else {"status": created["status"]}
