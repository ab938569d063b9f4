"""Deploys one stack of the context: builds the components and says who may use what."""

from pathlib import Path

import pulumi

from infra.account import Account
from infra.alerts import Alerts
from infra.components.alarm_topic import AlarmTopic
from infra.components.fanout import Fanout
from infra.components.health import Health
from infra.components.inbox import Inbox
from infra.components.key import Key
from infra.components.list_alarms import ListAlarms
from infra.components.schedule import Schedule
from infra.components.table import Table
from infra.components.workflow import Workflow, machine_arn
from infra.context import CONTEXT, EVENTS, OWNER
from infra.labels import Labels
from infra.logs import Logs
from infra.service import functions, inbound, observability, releases
from infra.settings import Settings

MACHINE = "list-import"
WORKFLOW = Path(__file__).resolve().parents[2] / "workflow" / "list_import.asl.json"

settings = Settings.from_config(pulumi.Config())
labels = Labels(CONTEXT, pulumi.get_stack(), OWNER)
account = Account.current()

key = Key("key", labels, account, protect=settings.protect)
logs = Logs(labels, settings.log_key_arn or key.arn, settings.log_retention_days)
alarms = AlarmTopic("alarms", labels, account, key.arn)
warnings = AlarmTopic("warnings", labels, account, key.arn)
alerts = Alerts({"critical": alarms.arn, "warning": warnings.arn}, settings.runbook_url, settings.thresholds)
table = Table("table", labels, key.arn, alerts, protect=settings.protect)
fanout = Fanout(
    "fanout",
    labels,
    key.arn,
    alerts,
    subscribers=settings.subscribers,
    accounts=settings.subscriber_accounts,
    events=EVENTS,
)
events_in = inbound.receive(labels, settings, key.arn, alerts)
inbox = Inbox("inbox", labels, account, logs, key.arn, alerts, settings)
machine = machine_arn(MACHINE, labels, account)
deployed = functions.deploy(labels, logs, settings, key, table, inbox, fanout, events_in, machine)
shared, released = releases.release(labels, account, settings, alerts, deployed)
steps = releases.steps(released)
workflow = Workflow(
    MACHINE,
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
    alerts=alerts,
)

for step in steps.values():
    step.grant_invoke(workflow.role)
key.grant_use(workflow.role)
table.grant_items(workflow.role, "UpdateItem")
inbox.grant_objects(workflow.role, read=["staging"])
fanout.grant_publish(workflow.role)
may_start = workflow.grant_start(inbox.starter)
workflow.grant_list(deployed[functions.WATCH].role)
Schedule(functions.WATCH, labels, alias=released[functions.WATCH].alias)

key.grant_use(shared.role)
warnings.grant_publish(shared.role)

relay = functions.RELAY
lost_changes = table.stream_to(
    "relay-events",
    released[relay].alias_arn,
    deployed[relay].role,
    key_prefix=f"{CONTEXT.upper()}#",
    severity="critical",
)
# The second reader of the stream, and the last: DynamoDB throttles more than two at a shard.
measure = functions.MEASURE
lost_lists = table.stream_to("measure-lists", released[measure].alias_arn, deployed[measure].role, key_prefix="LIST#")
inbound.deliver(events_in, deployed, released)
lost_uploads = inbox.start_on_upload(workflow.alias_arn, may_start)
ListAlarms("lists", labels, alerts, settings.objectives, settings.expect_list_hours)
health = Health("unhealthy", labels, alerts)

dead_letter_queues = {
    **fanout.dead_letter_queues,
    relay: lost_changes,
    measure: lost_lists,
    "uploads": lost_uploads,
    "inbound": events_in.dead_letter_url,
}
dashboards = observability.observe(
    labels,
    account,
    settings,
    deployed,
    table,
    inbox,
    fanout,
    events_in,
    workflow,
    dead_letter_queues=dead_letter_queues,
    alarms={"Critical": alerts.names("critical"), "Warning": alerts.names("warning")},
)

pulumi.export("inbox_bucket", inbox.bucket_name)
pulumi.export("table_name", table.table_name)
pulumi.export("topic_arn", fanout.topic.arn)
pulumi.export("state_machine_arn", workflow.alias_arn)
pulumi.export("state_machine", workflow.machine.arn)
pulumi.export("queues", fanout.queues)
pulumi.export("inbound_queue", events_in.queue_url)
pulumi.export("dead_letter_queues", dead_letter_queues)
pulumi.export("functions", {name: one.alias_arn for name, one in released.items()})
pulumi.export("release", releases.described(settings, shared, released, deployed, workflow.alarms))
pulumi.export("alarm_topic_arn", alarms.arn)
pulumi.export("warning_topic_arn", warnings.arn)
pulumi.export("unhealthy_alarm", health.alarm_name)
pulumi.export("sftp", inbox.server_id and {"server_id": inbox.server_id, "endpoint": inbox.endpoint})
pulumi.export("upload_event_source", inbox.event_source)
pulumi.export("dashboards", dashboards)
