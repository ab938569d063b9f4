"""The Pulumi program of a stack: all resources of the context, from the inbox to the dashboards."""

from bounded_context_infra import (
    Canary,
    Fanout,
    Functions,
    HttpApi,
    Inbound,
    Inbox,
    Schedule,
    Stack,
    Table,
    Workflow,
    finish,
)
from functions import FUNCTIONS

from payment.context import PAYMENT

IMPORT = "list-import"

stack = Stack(PAYMENT)  # settings, names and tags; the key, log groups and alarm topics
table = Table("table", stack)
fanout = Fanout("fanout", stack)  # the topic, and a queue for each subscriber
inbound = Inbound("inbound", stack)  # the queue for other contexts' events
inbox = Inbox("inbox", stack)  # SFTP and the bucket behind it
functions = Functions(stack, FUNCTIONS, table=table, fanout=fanout, inbound=inbound, inbox=inbox, workflow=IMPORT)
live = Canary(stack, functions)  # the alias `live` of each function, which CodeDeploy shifts by the stack's strategy
workflow = Workflow(IMPORT, stack, live, table=table, inbox=inbox, fanout=fanout)
inbox.start(workflow)
table.feed(live["relay_events"], "aggregates", severity="critical")
table.feed(live["measure_lists"], "lists")
inbound.feed(live["on_event"])
Schedule("watch-lists", stack, live["watch_lists"])
Schedule("sweep-uploads", stack, live["sweep_uploads"], "rate(15 minutes)")
if PAYMENT.api:
    HttpApi("api", stack, live)
# The last line: alarms, dashboards, and the outputs that `context rollout`, `context redrive` and other stacks read.
finish(stack, table, fanout, inbound, inbox, functions, live, workflow)
