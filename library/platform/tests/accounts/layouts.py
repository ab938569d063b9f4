"""The layouts of accounts, and the world of each: one account or three, with the pipeline in each place."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.labels import DEPLOYER

from . import documents
from .delivery import artefacts, designed, handovers, open_intrusions, unlocked
from .documents import CONTEXT, ENVIRONMENTS, STACKS, TEMPORARY, Graph, Node
from .evaluation import Caller, Document, Policy, Target
from .outside import owner, tokens
from .resources import PIPELINE, Stack, of_account, resources
from .world import ADMINISTRATOR, Principal, Resource, World

FOREIGN: Final = {"another context": "invoice-prod", "another stack": "payment-dev2"}
"""Stacks of another context, and of another environment with a longer name, in the account of dev."""

PIPELINE_PROJECT: Final = f"{CONTEXT.name}-{PIPELINE}"


@dataclass(frozen=True)
class Layout:
    """The account of each environment and of the pipeline. Temporary stacks are in the account of dev."""

    name: str
    accounts: Mapping[str, str]

    def account(self, domain: str) -> str:
        """Return the account of a domain."""
        return self.accounts.get(domain, self.accounts["dev"])

    @property
    def domains(self) -> Mapping[str, tuple[str, ...]]:
        """The domains of each account."""
        names = (*STACKS, PIPELINE)
        return {account: tuple(n for n in names if self.account(n) == account) for account in self.accounts.values()}


_SEPARATE: Final = {"dev": "100000000001", "staging": "100000000002", "prod": "100000000003"}


def _layouts() -> Iterator[Layout]:
    yield Layout("one account", dict.fromkeys((*ENVIRONMENTS, PIPELINE), "100000000001"))
    for place, account in {**_SEPARATE, "tools": "100000000004"}.items():
        yield Layout(f"three accounts, pipeline in {place}", {**_SEPARATE, PIPELINE: account})


Graphs = Mapping[str, Graph]
"""The graph of `infra/account` in each account."""

LAYOUTS: Final = {layout.name: layout for layout in _layouts()}


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value with all texts inside it changed."""
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {key: renamed(child, names) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [renamed(child, names) for child in value]
    return value


def _nodes(nodes: Iterable[Node], names: Mapping[str, str]) -> list[Node]:
    return [replace(node, inputs=renamed(node.inputs, names), outputs=renamed(node.outputs, names)) for node in nodes]


def _names(layout: Layout, domain: str) -> dict[str, str]:
    """Return the changes of a recorded graph: its account, and the ids that AWS gives, which differ by stack."""
    ids = {
        "0f5a1c2e-1111": f"{kebab(domain)}-key-1111",
        "a1b2c3d4e5": f"{kebab(domain)}api",
        "s-0123456789abcdef0": f"s-{kebab(domain)}",
    }
    accounts = {old: layout.account(name) for name, old in documents.PLACEHOLDERS.items()}
    return {documents.RECORDED: layout.account(domain), **accounts, **ids}


Edit = Callable[[str, list[Node]], list[Node]]
"""A change of the nodes of a program: the program of a domain, or `account`."""


def unchanged(_: str, nodes: list[Node]) -> list[Node]:
    """Return the nodes."""
    return nodes


@functools.cache
def _recorded(layout: str, domain: str) -> list[Node]:
    graph = documents.pipeline_graph() if domain == PIPELINE else documents.service_graph(domain)
    return _nodes(graph.nodes, _names(LAYOUTS[layout], domain))


def _stack(layout: Layout, domain: str, edit: Edit) -> Stack:
    return Stack(domain, layout.account(domain), edit(domain, _recorded(layout.name, domain)))


def _tags(domain: str) -> dict[str, str]:
    return {"context": CONTEXT.name, "stack": STACKS.get(domain, domain)}


def _caller(arn: str, policies: Iterable[Document]) -> Caller:
    account = arn.split(":")[4]
    context = {"aws:principalarn": arn, "aws:principalaccount": account, "kms:calleraccount": account}
    context = {**context, "aws:principalorgid": "o-own", "aws:securetransport": "true"}
    return Caller(arn, account, tuple(map(Policy, policies)), context=context)


def _boundaries(graphs: Graphs) -> Mapping[str, Policy]:
    """Return the permissions boundaries that the accounts' programs make, by ARN."""
    return {
        f"arn:aws:iam::{account}:policy/{node.inputs['name']}": Policy(node.document())
        for account, graph in graphs.items()
        for node in graph.of("iam/policy")
        if node.inputs["name"].endswith("-boundary")
    }


def _own_roles(boundaries: Mapping[str, Policy], stack: Stack) -> Iterator[Principal]:
    """Yield the roles of a program: those of its functions, or those of its steps."""
    for node in stack.of("iam/role"):
        policies = [
            policy.document() for policy in stack.of("iam/rolePolicy") if policy.inputs["role"] == node.inputs["name"]
        ]
        caller = _caller(node.arn, policies)
        domain = stack.domain_of(node)
        yield Principal(
            f"{node.name} step" if stack.domain == PIPELINE else f"{domain} runtime",
            domain,
            replace(caller, boundary=boundaries[node.inputs["permissionsBoundary"]]),
            preview=stack.domain == PIPELINE and node.name.endswith("-preview"),
            runtime=stack.domain != PIPELINE,
            tags=_tags(domain),
        )


def owned_role(
    name: str, domain: str, arn: str, policies: Iterable[Document], trust: Document
) -> tuple[Principal, Resource]:
    """Return a role that the account's owner makes, as a principal and as a resource."""
    preview = name.endswith("preview") or name == "pull request"
    principal = Principal(name, domain, _caller(arn, policies), preview=preview, tags=_tags(domain))
    target = Target(arn, principal.caller.account, Policy(trust), decisive=True, scope="sts:")
    return principal, Resource("role", domain, target, runs=(arn,))


def trusting(arns: Iterable[str]) -> Document:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


_NAMES: Final = {
    "dev-pull-request": ("pull request", "dev"),
    "pr-stacks": ("preview stacks", "pr"),
    "sandbox-stacks": ("sandboxes", "sandbox"),
}
"""The principals and the domains of the workflows' roles. A role of the pipeline is named after its environment."""


def _deployment_roles(graphs: Graphs) -> Iterator[tuple[Principal, Resource]]:
    """Yield the roles of the program `infra/account` in each account."""
    for account, graph in graphs.items():
        for node in graph.of("iam/role"):
            name = node.inputs["name"].removeprefix(f"{kebab(CONTEXT.name)}-{DEPLOYER}-")
            principal, domain = _NAMES.get(name, (name.replace("-", " "), name.partition("-")[0]))
            arn = f"arn:aws:iam::{account}:role/{node.inputs['name']}"
            yield owned_role(
                principal, domain, arn, _attached(graph, node.inputs["name"]), node.document("assumeRolePolicy")
            )


def account_graphs(layout: Layout, edit: Edit) -> Graphs:
    graphs = documents.account_graphs(tuple(layout.accounts.items()))
    return {account: replace(graph, nodes=edit("account", list(graph.nodes))) for account, graph in graphs.items()}


def _attached(graph: Graph, role: str) -> list[Document]:
    """Return the managed policies of a role."""
    arns = {node.inputs["policyArn"] for node in graph.of("iam/rolePolicyAttachment") if node.inputs["role"] == role}
    return [node.document() for node in graph.of("iam/policy") if node.arn in arns]


def _managed_policies(graphs: Graphs) -> Iterator[Resource]:
    """Yield the managed policies: a new version changes the roles that have one."""
    for account, graph in graphs.items():
        for node in graph.of("iam/policy"):
            roles = [link for link in graph.of("iam/rolePolicyAttachment") if link.inputs["policyArn"] == node.arn]
            runs = tuple(f"arn:aws:iam::{account}:role/{link.inputs['role']}" for link in roles)
            arn = f"arn:aws:iam::{account}:policy/{node.inputs['name']}"
            yield Resource("new policy", f"account of {account}", Target(arn, account), runs=runs)


def administrator(layout: Layout, account: str) -> Principal:
    """Return the principal that may do everything in an account."""
    names = ", ".join(layout.domains[account])
    caller = replace(_caller(f"arn:aws:iam::{account}:role/administrator", []), policies=(ADMINISTRATOR,))
    return Principal(f"administrator of {names}", f"account of {names}", caller)


def _state(layout: Layout, graphs: Graphs, deployers: Mapping[str, tuple[str, ...]]) -> Iterator[Resource]:
    """Yield the backend, and the objects of each stack, which its next deployment executes."""
    account = layout.account(PIPELINE)
    graph, tags = graphs[account], documents.key_tags(account)
    bucket, policy = (
        f"arn:aws:s3:::{documents.backend_bucket(account)}",
        Policy(graph.one("s3/bucketPolicy").document()),
    )
    key, shared = documents.state_key(account), graph.of("kms/keyPolicy")
    of_key = Policy(shared[0].document() if shared else documents.default_key_policy(account))
    context = {"kms:resourcealiases": [f"alias/{kebab(CONTEXT.name)}-state"]}
    yield Resource("key", PIPELINE, Target(key, account, of_key, True, context), tags)
    for domain in (*STACKS, PIPELINE):
        # KMS compares the encryption context with that of the ciphertext.
        bound = Target(key, account, of_key, True, {**context, "kms:encryptioncontext:stack": domain})
        yield Resource("state secrets", domain, bound, tags)
    # A listing of all stacks.
    yield Resource("bucket", PIPELINE, Target(bucket, account, policy, context={"s3:prefix": ""}), key=key)
    yield Resource("state meta", PIPELINE, Target(f"{bucket}/.pulumi/meta.yaml", account, policy), key=key)
    projects = {**dict.fromkeys(STACKS, CONTEXT.name), PIPELINE: PIPELINE_PROJECT}
    for domain, project in projects.items():
        for kind, path in documents.state_folders(project, STACKS.get(domain, "main")).items():
            runs = deployers[domain] if kind == "state" else ()
            if kind == "state":
                listed = Target(bucket, account, policy, context={"s3:prefix": path})
                yield Resource("state listing", domain, listed, key=key)
            yield Resource(kind, domain, Target(f"{bucket}/{path}", account, policy), key=key, runs=runs)


def _new(layout: Layout) -> Iterator[Resource]:
    """Yield names that no resource has yet: an attacker may create it."""
    prefixes = {domain: f"{kebab(CONTEXT.name)}-{stack}" for domain, stack in {**STACKS, PIPELINE: PIPELINE}.items()}
    for domain, prefix in {**prefixes, **FOREIGN}.items():
        account, name = layout.account(domain), f"{prefix}-attacker"
        place = f"{documents.REGION}:{account}"
        forms = {
            "new role": f"iam::{account}:role/{name}",
            "new policy": f"iam::{account}:policy/{name}",
            "new person": f"iam::{account}:user/{name}",
            "new function": f"lambda:{place}:function:{name}",
            "new machine": f"states:{place}:stateMachine:{name}",
            "new project": f"codebuild:{place}:project/{name}",
            "new group": f"codedeploy:{place}:deploymentgroup:{prefix}/{name}",
            "new pipeline": f"codepipeline:{place}:{name}",
            "new user": f"transfer:{place}:server/s-{kebab(domain).replace(' ', '-')}",
        }
        context = {"lambda:functionarn": f"arn:aws:{forms['new function']}"}
        for kind, form in forms.items():
            yield Resource(kind, domain, Target(f"arn:aws:{form}", account, context=context))


def foreign(layout: Layout, stacks: Mapping[str, str]) -> Iterator[Resource]:
    """Yield resources of other contexts' stacks, whose prefixes are given."""
    account = layout.account("dev")
    for domain, prefix in stacks.items():
        context, stack = prefix.rsplit("-", 1)
        tags = {"context": context, "stack": stack}
        place = f"{documents.REGION}:{account}"
        key = f"arn:aws:kms:{place}:key/{prefix}"
        policy = Policy(documents.default_key_policy(account))
        role = f"arn:aws:iam::{account}:role/{prefix}-relay"
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        yield Resource(
            "key", domain, Target(key, account, policy, True, {"kms:resourcealiases": [f"alias/{prefix}"]}), tags
        )
        trusted = Policy({"Version": "2012-10-17", "Statement": [trust]})
        yield Resource("role", domain, Target(role, account, trusted, True, scope="sts:"), tags, runs=(role,))
        for kind, form in {
            "function": f"lambda:{place}:function:{prefix}-relay",
            "table": f"dynamodb:{place}:table/{prefix}-table",
            "queue": f"sqs:{place}:{prefix}-inbound",
            "topic": f"sns:{place}:{prefix}-events",
            "secret": f"secretsmanager:{place}:secret:{prefix}-token-a1B2c3",
            "api": f"apigateway:{documents.REGION}::/apis/{prefix}",
            "server": f"transfer:{place}:server/s-{prefix}",
            "parameter": f"ssm:{place}:parameter/{context}/{stack}/topic-arn",
        }.items():
            runs = (role,) if kind == "function" else ()
            yield Resource(kind, domain, Target(f"arn:aws:{form}", account), tags, key, runs)


def _deployers(principals: Iterable[Principal], layout: Layout) -> Mapping[str, tuple[str, ...]]:
    """Return the roles that deploy each domain's stack, by their names."""
    by_name = {principal.name: principal.arn for principal in principals}
    temporary = {"pr": "preview stacks", "sandbox": "sandboxes"}
    by_environment = {name: (by_name[f"{name} deploy"], by_name[f"{name}-deploy step"]) for name in ENVIRONMENTS}
    person = administrator(layout, layout.account(PIPELINE)).arn
    return {**by_environment, **{name: (by_name[temporary[name]],) for name in TEMPORARY}, PIPELINE: (person,)}


@functools.cache
def world(name: str) -> World:
    """Return the world of a layout."""
    return built(LAYOUTS[name])


def built(layout: Layout, edit: Edit = unchanged) -> World:
    """Return the world of a layout, whose programs have a change."""
    stacks = [_stack(layout, domain, edit) for domain in (*STACKS, PIPELINE)]
    graphs = account_graphs(layout, edit)
    boundaries = _boundaries(graphs)
    deployers = [*_deployment_roles(graphs)]
    roles = [principal for principal, _ in deployers] + [
        role for stack in stacks for role in _own_roles(boundaries, stack)
    ]
    people = [administrator(layout, account) for account in layout.domains]
    outsiders = [owner(), *(token for account in layout.domains for token in tokens(account))]
    principals = [*roles, *people, *outsiders]
    own = [resource for stack in stacks for resource in resources(stack)]
    delivered = [*artefacts(stacks[-1])]
    parts = (
        _state(layout, graphs, _deployers(principals, layout)),
        _new(layout),
        _managed_policies(graphs),
        foreign(layout, FOREIGN),
        *(of_account(account) for account in layout.domains),
        delivered,
    )
    return World(
        tuple(principals),
        (*own, *(role for _, role in deployers), *(resource for part in parts for resource in part)),
        boundaries,
        handovers=tuple(handovers(stacks[-1])),
        designed=frozenset(designed(stacks[-1])),
        intrusions=frozenset(open_intrusions(stacks[-1])),
        unlocked=frozenset(unlocked(stacks[-1])),
        administrators={account: administrator(layout, account).arn for account in layout.domains},
        reviewed=frozenset(outsider.arn for outsider in outsiders if outsider.name == "token of main"),
    )
