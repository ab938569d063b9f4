"""A deployment changes and tags its own resources whose ids AWS assigns, and new ones. Those of others stay theirs."""

import pytest

from bounded_context_platform.permissions.policies import place, policy
from tests.infra.graph import NETWORK, PARTNERS, run

from . import documents
from .documents import CONTEXT, REGION
from .evaluation import Caller, Policy, Target, Value, allowed

ACCOUNT = "100000000001"
OWN = {"context": CONTEXT.name, "stack": "staging"}
OTHER = {"context": CONTEXT.name, "stack": "prod"}
NEW: dict[str, str] = {}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/a1b2"
MAPPING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:a1b2"
SERVER, USER = (f"arn:aws:transfer:{REGION}:{ACCOUNT}:{name}" for name in ("server/s-a1b2", "user/s-a1b2/acme"))
API = f"arn:aws:apigateway:{REGION}::/apis/a1b2"
ROUTE, ROUTES = f"{API}/routes/c3d4", f"{API}/routes"
TAGS = f"arn:aws:apigateway:{REGION}::/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Fapis%2Fa1b2"


@pytest.fixture(scope="module", params=["staging", "pr"])
def deploy(request: pytest.FixtureRequest) -> tuple[Caller, str]:
    """The role that deploys a stack, or all stacks of a kind, and the stack. Only the former has an SFTP server."""
    policies = documents.role_policies(request.param, "deploy", ACCOUNT)
    return Caller("deploy", ACCOUNT, tuple(map(Policy, policies))), documents.STACKS[request.param]


def permits(caller: Caller, action: str, on: str, tags: dict[str, str], sent: dict[str, str], *aliases: str) -> bool:
    """Whether the caller may do this to a resource with these tags, with `sent` as the tags of the request."""
    keys: dict[str, Value] = {f"aws:resourcetag/{name}": value for name, value in tags.items()}
    keys |= {f"aws:requesttag/{name}": value for name, value in sent.items()}
    keys |= {"aws:tagkeys": list(sent)} if sent else {}
    return allowed(caller, action, Target(on, ACCOUNT, context={**keys, "kms:resourcealiases": list(aliases)}), {})


def of(stack: str, tags: dict[str, str]) -> dict[str, str]:
    """The tags, as those of this stack where they are those of `staging`."""
    return {**tags, "stack": stack} if tags == OWN else tags


TAGGED = [("kms:TagResource", KEY), ("lambda:TagResource", MAPPING)]
SFTP = [("transfer:TagResource", SERVER), ("transfer:TagResource", USER)]


@pytest.mark.parametrize(("action", "resource"), TAGGED)
def test_a_new_resource_gets_the_own_tags_and_no_others(deploy: tuple[Caller, str], action: str, resource: str) -> None:
    caller, stack = deploy
    assert permits(caller, action, resource, NEW, of(stack, OWN))
    assert not permits(caller, action, resource, NEW, OTHER)
    assert not permits(caller, action, resource, NEW, {"stack": stack})


@pytest.mark.parametrize(("action", "resource"), [*TAGGED, ("apigateway:PUT", TAGS), ("apigateway:POST", TAGS)])
def test_a_resource_of_another_stack_cannot_be_tagged(deploy: tuple[Caller, str], action: str, resource: str) -> None:
    caller, stack = deploy
    assert not permits(caller, action, resource, OTHER, of(stack, OWN))
    assert not permits(caller, action, resource, {"context": "invoice", "stack": stack}, of(stack, OWN))
    assert not permits(caller, action, resource, {**of(stack, OWN), "context": "invoice"}, {"owner": "a"})


@pytest.mark.parametrize(("action", "resource"), [*TAGGED, ("apigateway:PUT", TAGS)])
def test_other_tags_of_an_own_resource_change(deploy: tuple[Caller, str], action: str, resource: str) -> None:
    """The provider sends the changed tags only."""
    caller, stack = deploy
    assert permits(caller, action, resource, of(stack, OWN), {"owner": "another team"}, f"alias/payment-{stack}")


def test_an_untagged_key_with_another_alias_cannot_be_tagged(deploy: tuple[Caller, str]) -> None:
    """The key of the state has an alias, and perhaps no tags."""
    caller, stack = deploy
    assert not permits(caller, "kms:TagResource", KEY, NEW, of(stack, OWN), "alias/payment-state")
    assert not permits(caller, "kms:TagResource", KEY, NEW, of(stack, OWN), f"alias/payment-{stack}", "alias/other")


@pytest.mark.parametrize(
    ("action", "resource"), [("kms:UntagResource", KEY), ("lambda:UntagResource", MAPPING), ("apigateway:PUT", TAGS)]
)
def test_no_role_creates_an_untagged_resource(deploy: tuple[Caller, str], action: str, resource: str) -> None:
    """A resource that loses its tags would be free for other stacks; an existing API without tags stays so."""
    caller, stack = deploy
    assert not permits(caller, action, resource, of(stack, OWN) if "Untag" in action else NEW, of(stack, OWN))


@pytest.mark.parametrize("resource", [API, ROUTE, ROUTES])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "POST"])
def test_an_api_belongs_to_the_stack_of_its_tags(deploy: tuple[Caller, str], method: str, resource: str) -> None:
    caller, stack = deploy
    assert permits(caller, f"apigateway:{method}", resource, of(stack, OWN), {})
    assert not permits(caller, f"apigateway:{method}", resource, OTHER, {})
    assert not permits(caller, f"apigateway:{method}", resource, NEW, {})


def test_an_api_can_be_created_with_tags(deploy: tuple[Caller, str]) -> None:
    """Tags of a resource that does not exist yet have no ARN of an API."""
    caller, stack = deploy
    root = f"arn:aws:apigateway:{REGION}::"
    assert permits(caller, "apigateway:POST", f"{root}/apis", NEW, of(stack, OWN))
    assert all(
        permits(caller, "apigateway:POST", f"{root}{prefix}/tags/", NEW, of(stack, OWN)) for prefix in ("", root)
    )


@pytest.fixture(scope="module")
def dedicated() -> Caller:
    """The role that deploys a stack with an SFTP server."""
    return Caller("deploy", ACCOUNT, tuple(map(Policy, documents.role_policies("staging", "deploy", ACCOUNT))))


@pytest.mark.parametrize(("action", "resource"), SFTP)
def test_a_server_and_its_users_are_tagged_if_they_are_new_or_own(
    dedicated: Caller, action: str, resource: str
) -> None:
    assert permits(dedicated, action, resource, NEW, OWN)
    assert permits(dedicated, action, resource, OWN, {"owner": "another team"})
    assert not permits(dedicated, action, resource, OTHER, OWN)
    assert not permits(dedicated, "transfer:UntagResource", resource, OWN, {"stack": ""})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        *((f"transfer:{name}", SERVER) for name in ("CreateUser", "DescribeServer", "UpdateServer", "DeleteServer")),
        *((f"transfer:{name}", USER) for name in ("DescribeUser", "UpdateUser", "DeleteUser", "ImportSshPublicKey")),
    ],
)
def test_a_server_and_its_users_belong_to_the_stack_of_their_tags(
    dedicated: Caller, action: str, resource: str
) -> None:
    assert permits(dedicated, action, resource, OWN, {})
    assert not permits(dedicated, action, resource, OTHER, {})
    assert not permits(dedicated, action, resource, NEW, {})


SHARED = {"sftp": "shared", "sftp_server_id": "s-fedcba9876543210f"}


@pytest.fixture(scope="module")
def shared() -> Caller:
    """The role that deploys a stack with users on an SFTP server of another stack."""
    graph = run("staging", partners=PARTNERS, **SHARED)
    document = policy("deploy", place(CONTEXT, "staging", REGION, ACCOUNT), graph, {})
    return Caller("deploy", ACCOUNT, (Policy(document),))


def test_users_are_created_on_the_shared_server_and_the_server_stays_unchanged(shared: Caller) -> None:
    """Its tags are those of another stack."""
    server = SERVER.replace("s-a1b2", SHARED["sftp_server_id"])
    assert permits(shared, "transfer:CreateUser", server, OTHER, OWN)
    assert not permits(shared, "transfer:CreateUser", SERVER, OTHER, OWN)
    assert not permits(shared, "transfer:UpdateServer", server, OTHER, {})


def test_the_folders_of_a_shared_server_are_written_with_the_own_key(shared: Caller) -> None:
    """S3 encrypts them with the stack's key, with the permissions of the principal that deploys."""
    bucket = "arn:aws:s3:::payment-staging-inbox"
    assert permits(shared, "s3:PutObject", f"{bucket}/incoming/acme/", OWN, {})
    assert permits(shared, "kms:GenerateDataKey", KEY, OWN, {})
    assert not permits(shared, "kms:GenerateDataKey", KEY, OTHER, {})
    assert not permits(shared, "s3:GetObject", f"{bucket}/incoming/acme/list.csv", OWN, {})


ADDRESS, GROUP, ENDPOINT, INTERFACE, VPC, OTHER_VPC, SUBNET = (
    f"arn:aws:ec2:{REGION}:{ACCOUNT}:{name}"
    for name in (
        "elastic-ip/eipalloc-a1b2",
        "security-group/sg-a1b2",
        "vpc-endpoint/vpce-a1b2",
        "network-interface/eni-a1b2",
        f"vpc/{NETWORK['sftp_vpc']['vpc_id']}",
        "vpc/vpc-fedcba9876543210f",
        f"subnet/{NETWORK['sftp_vpc']['subnet_ids'][0]}",
    )
)
ZONE = f"arn:aws:route53:::hostedzone/{NETWORK['sftp_host_zone']}"
MADE = [("AllocateAddress", ADDRESS), ("CreateSecurityGroup", GROUP)]


@pytest.fixture(scope="module")
def networked() -> Caller:
    """The role that deploys a stack with an SFTP server in a VPC."""
    document = policy("deploy", place(CONTEXT, "staging", REGION, ACCOUNT), run("staging", **NETWORK), {})
    return Caller("deploy", ACCOUNT, (Policy(document),))


@pytest.mark.parametrize(("call", "resource"), MADE)
def test_an_address_or_a_group_is_created_with_its_own_tags_only(networked: Caller, call: str, resource: str) -> None:
    assert permits(networked, f"ec2:{call}", resource, NEW, OWN)
    assert not permits(networked, f"ec2:{call}", resource, NEW, OTHER)
    assert not permits(networked, f"ec2:{call}", resource, NEW, {})


@pytest.mark.parametrize(("call", "resource"), MADE)
def test_no_existing_address_or_group_is_tagged_as_the_stack_s(networked: Caller, call: str, resource: str) -> None:
    """Most default groups and many addresses of an account have no tags: only a creation may set them."""

    def tags(context: dict[str, Value], had: dict[str, str], sent: dict[str, str]) -> bool:
        keys: dict[str, Value] = {f"aws:resourcetag/{name}": value for name, value in had.items()}
        keys |= {f"aws:requesttag/{name}": value for name, value in sent.items()}
        return allowed(networked, "ec2:CreateTags", Target(resource, ACCOUNT, context={**keys, **context}), {})

    assert tags({"ec2:createaction": call}, NEW, OWN)
    assert not tags({"ec2:createaction": call}, NEW, OTHER)
    assert not tags({}, NEW, OWN)
    assert not tags({}, OTHER, OWN)
    assert tags({}, OWN, {"owner": "another team"})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        *((name, GROUP) for name in ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress")),
        *((name, GROUP) for name in ("CreateVpcEndpoint", "DeleteSecurityGroup", "RevokeSecurityGroupEgress")),
        *((name, ADDRESS) for name in ("AssociateAddress", "DisassociateAddress", "ReleaseAddress")),
    ],
)
def test_an_address_or_a_group_belongs_to_the_stack_of_its_tags(networked: Caller, action: str, resource: str) -> None:
    assert permits(networked, f"ec2:{action}", resource, OWN, {})
    assert not permits(networked, f"ec2:{action}", resource, OTHER, {})
    assert not permits(networked, f"ec2:{action}", resource, NEW, {})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        *((name, ENDPOINT) for name in ("CreateVpcEndpoint", "DeleteVpcEndpoints", "ModifyVpcEndpoint")),
        *((name, INTERFACE) for name in ("AssociateAddress", "DisassociateAddress")),
    ],
)
def test_endpoints_of_a_vpc_are_changed_by_the_sftp_service_only(networked: Caller, action: str, resource: str) -> None:
    """They have no tags of the stack. The service changes those of the server that a request names."""
    by_service: dict[str, Value] = {"aws:viaawsservice": "true"}
    assert allowed(networked, f"ec2:{action}", Target(resource, ACCOUNT, context=by_service), {})
    assert not permits(networked, f"ec2:{action}", resource, OWN, OWN)


def test_a_network_is_limited_to_the_vpc_of_the_settings(networked: Caller) -> None:
    assert permits(networked, "ec2:CreateSecurityGroup", VPC, NEW, OWN)
    assert permits(networked, "ec2:CreateVpcEndpoint", SUBNET, NEW, {})
    assert not permits(networked, "ec2:CreateSecurityGroup", OTHER_VPC, NEW, OWN)
    assert not permits(networked, "ec2:CreateVpcEndpoint", SUBNET.replace("0f", "1f") + "9", NEW, {})


@pytest.mark.parametrize(
    ("name", "kind", "permitted"),
    [("sftp.example.org", "CNAME", True), ("www.example.org", "CNAME", False), ("sftp.example.org", "MX", False)],
)
def test_one_name_of_the_zone_is_changed(networked: Caller, name: str, kind: str, permitted: bool) -> None:
    key = "route53:changeresourcerecordsets"
    sent: dict[str, Value] = {f"{key}normalizedrecordnames": [name], f"{key}recordtypes": [kind]}
    zone = Target(ZONE, ACCOUNT, context=sent)
    assert allowed(networked, "route53:ChangeResourceRecordSets", zone, {}) is permitted
