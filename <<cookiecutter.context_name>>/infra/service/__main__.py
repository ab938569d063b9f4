"""The Pulumi program of a stack: all resources of the context, from the <<"table" if cookiecutter.lists == "none" else "inbox">> to the dashboards."""

from bounded_context_infra import (
    Canary,
    Fanout,
    Functions,
    HttpApi,
    Inbound,
<% if cookiecutter.lists != "none" %>
    Inbox,
<% endif %>
    Schedule,
    Stack,
    Table,
<% if cookiecutter.lists != "none" %>
    Workflow,
<% endif %>
    finish,
)
from functions import FUNCTIONS

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>

<% if cookiecutter.lists != "none" %>
IMPORT = "list-import"

<% endif %>
stack = Stack(<<cookiecutter.__constant>>)  # settings, names and tags; the key, log groups and alarm topics
table = Table("table", stack)
fanout = Fanout("fanout", stack)  # the topic, and a queue for each subscriber
inbound = Inbound("inbound", stack)  # the queue for other contexts' events
<% if cookiecutter.lists != "none" %>
inbox = Inbox("inbox", stack)  # SFTP and the bucket behind it
functions = Functions(stack, FUNCTIONS, table=table, fanout=fanout, inbound=inbound, inbox=inbox, workflow=IMPORT)
<% else %>
functions = Functions(stack, FUNCTIONS, table=table, fanout=fanout, inbound=inbound)
<% endif %>
live = Canary(stack, functions)  # the alias `live` of each function, which CodeDeploy shifts by the stack's strategy
<% if cookiecutter.lists != "none" %>
workflow = Workflow(IMPORT, stack, live, table=table, inbox=inbox, fanout=fanout)
inbox.start(workflow)
<% endif %>
table.feed(live["relay_events"], "aggregates", severity="critical")
<% if cookiecutter.lists != "none" %>
table.feed(live["measure_lists"], "lists")
<% endif %>
inbound.feed(live["on_event"])
<% if cookiecutter.lists != "none" %>
Schedule("watch-lists", stack, live["watch_lists"])
Schedule("sweep-uploads", stack, live["sweep_uploads"], "rate(15 minutes)")
<% else %>
Schedule("watch-mappings", stack, live["watch_mappings"])
<% endif %>
if <<cookiecutter.__constant>>.api:
    HttpApi("api", stack, live)
# The last line: alarms, dashboards, and the outputs that `context rollout`, `context redrive` and other stacks read.
<% if cookiecutter.lists != "none" %>
finish(stack, table, fanout, inbound, inbox, functions, live, workflow)
<% else %>
finish(stack, table, fanout, inbound, None, functions, live)
<% endif %>
