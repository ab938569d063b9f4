"""Deploys one stack of the context: builds the components and says who may use what."""

from pathlib import Path

import pulumi

from infra.account import Account
from infra.components.alarm_topic import AlarmTopic
from infra.components.fanout import Fanout
from infra.components.inbox import Inbox
from infra.components.key import Key
from infra.components.table import Table
from infra.components.workflow import Workflow
from infra.context import CONTEXT, EVENTS, OWNER
from infra.labels import Labels
from infra.logs import Logs
from infra.service import functions, releases
from infra.settings import Settings

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow" / "list_import.asl.json"

settings = Settings.from_config(pulumi.Config())
labels = Labels(CONTEXT, pulumi.get_stack(), OWNER)
account = Account.current()

key = Key("key", labels, account, protect=settings.protect)
logs = Logs(labels, key.arn, settings.log_retention_days)
table = Table("table", labels, key.arn, protect=settings.protect)
fanout = Fanout("fanout", labels, key.arn, subscribers=settings.subscribers, events=EVENTS)
inbox = Inbox("inbox", labels, account, logs, key.arn, settings)
alarms = AlarmTopic("alarms", labels, account, key.arn)
deployed = functions.deploy(labels, logs, settings, key, table, inbox, fanout)
shared, released = releases.release(labels, account, settings, alarms.arn, deployed)
steps = releases.steps(released)
workflow = Workflow(
    "list-import",
    labels,
    account,
    logs,
    definition=WORKFLOW,
    substitutions={
        **{name: step.alias_arn for name, step in steps.items()},
        "inbox_bucket": inbox.bucket_name,
        "table_name": table.table_name,
        "topic_arn": fanout.topic.arn,
        "import_concurrency": settings.import_concurrency,
    },
    topic_arn=alarms.arn,
)

for step in steps.values():
    step.grant_invoke(workflow.role)
key.grant_use(workflow.role)
table.grant_items(workflow.role, "UpdateItem")
inbox.grant_objects(workflow.role, read=["staging"])
fanout.grant_publish(workflow.role)
may_start = workflow.grant_start(inbox.starter)

key.grant_use(shared.role)
alarms.grant_publish(shared.role)

relay = functions.RELAY
lost_changes = table.stream_to(
    "relay-events", released[relay].alias_arn, deployed[relay].role, key_prefix=f"{CONTEXT.upper()}#"
)
lost_uploads = inbox.start_on_upload(workflow.alias_arn, may_start)

pulumi.export("inbox_bucket", inbox.bucket_name)
pulumi.export("table_name", table.table_name)
pulumi.export("topic_arn", fanout.topic.arn)
pulumi.export("state_machine_arn", workflow.alias_arn)
pulumi.export("state_machine", workflow.machine.arn)
pulumi.export("queues", fanout.queues)
pulumi.export(
    "dead_letter_queues", {**fanout.dead_letter_queues, "relay_events": lost_changes, "uploads": lost_uploads}
)
pulumi.export("functions", {name: one.alias_arn for name, one in released.items()})
pulumi.export("release", releases.described(settings, shared, released, deployed, workflow.alarms))
pulumi.export("alarm_topic_arn", alarms.arn)
pulumi.export("sftp", inbox.server_id and {"server_id": inbox.server_id, "endpoint": inbox.endpoint})
pulumi.export("upload_event_source", inbox.event_source)
