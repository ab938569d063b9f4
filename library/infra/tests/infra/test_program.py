"""The program as a whole."""

from .graph import CONTEXT, SERVICE, Graph

EXPORTS = {
    "inbox_bucket",
    "table_name",
    "topic_arn",
    "state_machine_arn",
    "state_machine",
    "queues",
    "queue_arns",
    "key_arn",
    "inbound_queue",
    "work_queues",
    "dead_letter_queues",
    "functions",
    "api",
    "sftp",
    "upload_event_source",
    "release",
    "alarm_topic_arn",
    "warning_topic_arn",
    "unhealthy_alarm",
    "dashboards",
}


def test_every_stack_runs(any_stack: Graph) -> None:
    """The file of each stack gives a complete program with the same outputs."""
    assert set(any_stack.outputs) == EXPORTS
    assert len(any_stack.nodes) > 50


def test_the_project_is_called_like_the_context() -> None:
    """Settings are read from the project's namespace."""
    assert f"name: {CONTEXT.name}\n" in (SERVICE / "Pulumi.yaml").read_text()


def test_the_archives_come_from_the_stacks_folder(prod: Graph) -> None:
    """Paths are relative to the program, as Pulumi resolves them."""
    layer = prod.one("lambda/layerVersion")
    assert layer.inputs["code"].path == "../../build/layer.zip"
    assert layer.inputs["skipDestroy"], "a rollback returns to versions with the layer"
    assert {node.inputs["code"].path for node in prod.of("lambda/function")} == {"../../build/code.zip"}
