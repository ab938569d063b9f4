"""Who may do what: named actions on named resources, one role for each function."""

import re
from collections import Counter
from typing import Any

from .graph import Graph, Node, run

# These APIs know no resources: X-Ray's, those by which a service sets up its own log delivery, and a hook's.
ACTIONS_WITHOUT_RESOURCES = re.compile(
    r"xray:\w+|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic\w+|DescribeLogGroups)"
    r"|cloudwatch:DescribeAlarms|lambda:ListEventSourceMappings"
    r"|codedeploy:(ListDeploymentTargets|BatchGetDeploymentTargets|PutLifecycleEventHookExecutionStatus)"
)

ROLE_HOLDERS = {"lambda/function": "role", "sfn/stateMachine": "roleArn", "transfer/user": "role"}


def granted(graph: Graph, role: str) -> list[dict[str, Any]]:
    """The statements of every policy of the role with this logical name."""
    name = graph.one("iam/role", role).inputs["name"]
    return [statement for node, statement in graph.statements("iam/rolePolicy") if node.inputs["role"] == name]


def actions_on(graph: Graph, role: str, resource: str) -> set[str]:
    """What the role may do to the resource with exactly this ARN."""
    return {
        action for allowed in granted(graph, role) if resource in allowed["Resource"] for action in allowed["Action"]
    }


def inbox(graph: Graph) -> Node:
    """The bucket of the lists, not that of what readers of the stream give up."""
    return next(node for node in graph.of("s3/bucket") if node.name.endswith("-inbox"))


def test_no_role_has_a_wildcard_action(prod: Graph) -> None:
    """A permission names what it permits."""
    wild = [
        (node.name, s["Action"]) for node, s in prod.statements("iam/rolePolicy") if any("*" in a for a in s["Action"])
    ]
    assert wild == []


def test_a_wildcard_resource_exists_only_where_the_api_has_no_resource(prod: Graph) -> None:
    """A permission names what it is for."""
    for node, statement in prod.statements("iam/rolePolicy"):
        if "*" in statement["Resource"]:
            assert all(ACTIONS_WITHOUT_RESOURCES.fullmatch(action) for action in statement["Action"]), node.name


def test_every_permission_names_an_arn_of_this_account_or_bucket(prod: Graph) -> None:
    """No resource is only a pattern such as `arn:aws:s3:::*`."""
    for node, statement in prod.statements("iam/rolePolicy"):
        for resource in statement["Resource"]:
            assert resource == "*" or re.match(r"arn:aws:[a-z0-9]+:[^*]{12,}", resource), (node.name, resource)


def test_no_two_holders_share_a_role(prod: Graph) -> None:
    """Each function, partner and state machine has a role of its own."""
    roles = [node.inputs[key] for kind, key in ROLE_HOLDERS.items() for node in prod.of(kind)]
    assert [role for role, holders in Counter(roles).items() if holders > 1] == []


def test_an_owner_writes_one_policy_for_a_role(prod: Graph) -> None:
    """All that a component allows a role can be read in one place."""
    pairs = Counter((node.inputs["role"], node.inputs["name"]) for node in prod.of("iam/rolePolicy"))
    assert set(pairs.values()) == {1}


def test_the_policies_of_a_role_fit_its_quota(prod: Graph) -> None:
    """IAM takes 10,240 characters of inline policy for a role, white space not counted."""
    sizes: Counter[str] = Counter()
    for node in prod.of("iam/rolePolicy"):
        sizes[node.inputs["role"]] += len(re.sub(r"\s", "", node.inputs["policy"]))
    assert max(sizes.values()) < 10_240


def test_every_role_trusts_one_service(prod: Graph) -> None:
    """A role is assumed by AWS for one purpose, never by a principal at large."""
    services = {s["Principal"]["Service"] for _, s in prod.statements("iam/role", "assumeRolePolicy")}
    names = ("lambda", "states", "events", "scheduler", "transfer", "codedeploy")
    assert services == {f"{name}.amazonaws.com" for name in names}


def test_services_act_for_this_account_only(prod: Graph) -> None:
    """Another account cannot make a service use our roles (the confused deputy)."""
    for node, statement in prod.statements("iam/role", "assumeRolePolicy"):
        if statement["Principal"]["Service"] != "lambda.amazonaws.com":
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"], node.name


def test_validation_reads_arrivals_by_version_and_writes_only_staging(prod: Graph) -> None:
    """The step that reads a partner's file cannot change it."""
    bucket = inbox(prod).arn
    assert actions_on(prod, "validate-list", f"{bucket}/incoming/*") == {"s3:GetObject", "s3:GetObjectVersion"}
    assert actions_on(prod, "validate-list", f"{bucket}/staging/*") == {"s3:GetObject", "s3:PutObject"}
    assert actions_on(prod, "validate-list", f"{bucket}/reports/*") == set()


def test_the_import_inserts_items_and_neither_replaces_nor_deletes(prod: Graph) -> None:
    """Of aggregates: what it may update is its list's record, and only compensation and the commands delete."""
    table = prod.one("dynamodb/table").arn
    operations = actions_on(prod, "import-list", table)
    assert operations == {f"dynamodb:{name}" for name in ("GetItem", "BatchGetItem", "PartiQLInsert", "UpdateItem")}


def test_the_relay_reads_the_stream_and_publishes(prod: Graph) -> None:
    """The relay touches no items, and no objects but what its mapping gives up."""
    services = {action.split(":")[0] for statement in granted(prod, "relay-events") for action in statement["Action"]}
    assert services == {"dynamodb", "kms", "logs", "s3", "sns", "xray"}
    assert actions_on(prod, "relay-events", prod.one("dynamodb/table").arn) == set()
    assert actions_on(prod, "relay-events", prod.one("sns/topic", "fanout").arn) == {"sns:Publish"}


def test_the_measurer_reads_the_stream_only(prod: Graph) -> None:
    """It sees lists' records as they change, and touches neither items, the inbox nor topics."""
    services = {action.split(":")[0] for statement in granted(prod, "measure-lists") for action in statement["Action"]}
    assert services == {"dynamodb", "kms", "logs", "s3", "xray"}
    assert actions_on(prod, "measure-lists", prod.one("dynamodb/table").arn) == set()


def test_the_watch_may_only_list_this_machines_executions(prod: Graph) -> None:
    """It sees when they began, and nothing of what they are about."""
    actions = {action for statement in granted(prod, "watch-lists") for action in statement["Action"]}
    assert {action for action in actions if action.startswith("states:")} == {"states:ListExecutions"}
    assert actions_on(prod, "watch-lists", prod.one("sfn/stateMachine").arn) == {"states:ListExecutions"}
    assert {action for action in actions if action.startswith("lambda:")} == {"lambda:ListEventSourceMappings"}
    assert not {action for action in actions if action.startswith(("s3:", "dynamodb:"))}


def test_the_sweep_may_list_uploads_and_lists_and_read_no_file(prod: Graph) -> None:
    """Of a file it learns name, size and time."""
    assert actions_on(prod, "sweep-uploads", prod.one("dynamodb/table").arn) == {"dynamodb:BatchGetItem"}
    statements = [
        statement
        for statement in granted(prod, "sweep-uploads")
        if any(a.startswith("s3:") for a in statement["Action"])
    ]
    assert [sorted(statement["Action"]) for statement in statements] == [["s3:ListBucket", "s3:ListBucketVersions"]]
    assert [statement["Condition"] for statement in statements] == [{"StringLikeIfExists": {"s3:prefix": "incoming/*"}}]


def test_the_rules_may_only_start_the_alias_of_this_machine(prod: Graph) -> None:
    """Step Functions authorizes an alias by its machine's ARN and the qualifier."""
    (statement,) = granted(prod, "uploads")
    assert statement["Action"] == ["states:StartExecution"]
    assert statement["Resource"] == [prod.one("sfn/stateMachine").arn]
    assert statement["Condition"] == {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}}


def test_the_machine_invokes_aliases_of_its_own_steps(prod: Graph) -> None:
    """The state machine cannot call a command or the relay."""
    invoked = {r for s in granted(prod, "list-import") if "lambda:InvokeFunction" in s["Action"] for r in s["Resource"]}
    steps = {"register-list", "validate-list", "import-list", "compensate-error"}
    aliases = {node.name.removesuffix("-live"): node.arn for node in prod.of("lambda/alias")}
    assert len(invoked) == 5
    assert {aliases[step] for step in steps} < invoked <= set(aliases.values())


def test_codedeploy_moves_aliases_and_calls_hooks_of_this_stack(prod: Graph) -> None:
    """The role of the releases can change neither code nor configuration, and calls nothing but the hooks."""
    functions = {node.name: node.arn for node in prod.of("lambda/function")}
    hooks = {functions.pop(name) for name in ("pre-traffic", "post-traffic")}
    by_action = {action: set(s["Resource"]) for s in granted(prod, "release") for action in s["Action"]}
    assert by_action["lambda:UpdateAlias"] == by_action["lambda:GetAlias"] == set(functions.values())
    assert by_action["lambda:GetProvisionedConcurrencyConfig"] == {f"{arn}:*" for arn in functions.values()}
    assert by_action["lambda:InvokeFunction"] == hooks
    assert by_action["sns:Publish"] == {prod.one("sns/topic", "warnings").arn}
    assert {action for action in by_action if action.startswith(("lambda:", "cloudwatch:"))} == {
        "lambda:UpdateAlias",
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:InvokeFunction",
        "cloudwatch:DescribeAlarms",
    }


def test_a_hook_calls_only_versions_of_released_functions(prod: Graph) -> None:
    """A check reaches the version that is to come, not only the one that is live."""
    released = {f"{node.arn}:*" for node in prod.of("lambda/function") if not node.name.endswith("-traffic")}
    for hook in ("pre-traffic", "post-traffic"):
        calls = {r for s in granted(prod, hook) if "lambda:InvokeFunction" in s["Action"] for r in s["Resource"]}
        assert calls == released


def test_the_machine_may_start_its_own_children(prod: Graph) -> None:
    """A Distributed Map starts executions of its own machine."""
    assert "states:StartExecution" in actions_on(prod, "list-import", prod.one("sfn/stateMachine").arn)


def test_a_redriven_machine_may_resume_its_children_and_no_other_execution(prod: Graph) -> None:
    """A person redrives the list's execution; the children of a map that broke off are redriven by the machine."""
    redriven = [s["Resource"] for s in granted(prod, "list-import") if "states:RedriveExecution" in s["Action"]]
    machine = prod.one("sfn/stateMachine").arn
    assert redriven == [[f"{machine.replace(':stateMachine:', ':execution:')}/*"]]


def _keys(graph: Graph, role: str) -> list[list[str]]:
    """The leading keys of each statement on items of the table; [] where it has no such condition."""
    table = graph.one("dynamodb/table").arn
    on_items = [statement for statement in granted(graph, role) if table in statement["Resource"]]
    conditions = [statement.get("Condition", {}).get("ForAllValues:StringLike", {}) for statement in on_items]
    return [condition.get("dynamodb:LeadingKeys", []) for condition in conditions]


def test_the_machine_updates_the_records_of_lists_and_no_aggregate(prod: Graph) -> None:
    """Its states mark lists only."""
    assert actions_on(prod, "list-import", prod.one("dynamodb/table").arn) == {"dynamodb:UpdateItem"}
    assert _keys(prod, "list-import") == [["LIST#*"]]


def test_consumed_events_write_only_items_of_the_projection() -> None:
    """One key for each thing that the setting `consumes` names."""
    other = {"created_by": ["A"]}
    topics = {"orders": {**other, "topic": "/o/arn", "aggregate": "order_line"}, "people": {**other, "topic": "/p/arn"}}
    graph = run("prod", consumes=topics)
    assert actions_on(graph, "on-event", graph.one("dynamodb/table").arn) == {"dynamodb:PutItem"}
    assert _keys(graph, "on-event") == [["ORDER_LINE#*", "PEOPLE#*"]]


def test_without_consumed_events_no_function_may_write_the_projection() -> None:
    """A condition without a key would allow every item."""
    graph = run("prod", consumes={})
    assert actions_on(graph, "on-event", graph.one("dynamodb/table").arn) == set()


def test_a_partner_reaches_only_its_own_prefixes(prod: Graph) -> None:
    """One partner neither sees nor writes what belongs to another."""
    bucket = inbox(prod).arn
    allowed = granted(prod, "sftp-acme")
    objects = {resource for s in allowed for resource in s["Resource"] if resource.startswith(f"{bucket}/")}
    assert objects == {f"{bucket}/incoming/acme/*", f"{bucket}/reports/acme/*"}
    assert actions_on(prod, "sftp-acme", f"{bucket}/reports/acme/*") == {"s3:GetObject"}
    (listing,) = [s for s in allowed if s["Action"] == ["s3:ListBucket"]]
    folders = ["incoming/acme", "reports/acme"]
    assert listing["Condition"]["StringLike"]["s3:prefix"] == [*folders, *(f"{folder}/*" for folder in folders)]


def test_every_holder_of_encrypted_data_may_use_the_key(prod: Graph) -> None:
    """Without the key a permission on data is worth nothing."""
    key = prod.one("kms/key").arn
    for kind in ROLE_HOLDERS:
        for node in prod.of(kind):
            assert {"kms:Decrypt", "kms:GenerateDataKey"} <= actions_on(prod, _role_of(prod, node), key), node.name


def _role_of(graph: Graph, holder: Node) -> str:
    arn = holder.inputs[ROLE_HOLDERS[holder.kind]]
    return next(role.name for role in graph.of("iam/role") if role.arn == arn)
