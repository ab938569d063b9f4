"""IAM: roles and policies. The emulator enforces them, so a function fails if its role lacks a permission."""

from ..aws import Aws
from .policies import as_emulator_asks
from .registry import Made, Request, creates


@creates("aws:iam/role:Role")
def role(aws: Aws, request: Request) -> Made:
    """Create a role with its inline and managed policies."""
    name = request.physical_name()
    inline, managed = request.take("inlinePolicies") or [], request.take("managedPolicyArns") or []
    document, tags = request.take("assumeRolePolicy"), request.tags()
    parameters = request.rest(aws, "iam", "create_role")
    made = aws.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=document, Tags=tags, **parameters)[
        "Role"
    ]
    for policy in inline:
        _put(aws, request, name, policy["name"], policy["policy"])
    for arn in managed:
        aws.call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
    return name, {"arn": made["Arn"], "name": name, "uniqueId": made["RoleId"]}


@creates("aws:iam/rolePolicy:RolePolicy")
def role_policy(aws: Aws, request: Request) -> Made:
    """Add an inline policy to a role."""
    name, role_name = request.physical_name(), request.take("role")
    _put(aws, request, role_name, name, request.take("policy"))
    return f"{role_name}:{name}", {"name": name, "role": role_name}


@creates("aws:iam/policy:Policy")
def policy(aws: Aws, request: Request) -> Made:
    """Create a managed policy."""
    name, tags = request.physical_name(), request.tags()
    document = as_emulator_asks(request, request.take("policy"))
    parameters = request.rest(aws, "iam", "create_policy")
    arn = aws.call("iam", "create_policy", PolicyName=name, PolicyDocument=document, Tags=tags, **parameters)["Policy"][
        "Arn"
    ]
    return arn, {"arn": arn, "name": name}


@creates("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def attachment(aws: Aws, request: Request) -> Made:
    """Attach a managed policy to a role."""
    role_name, arn = request.take("role"), request.take("policyArn")
    aws.call("iam", "attach_role_policy", RoleName=role_name, PolicyArn=arn)
    return f"{role_name}-{arn}", {"role": role_name, "policyArn": arn}


def _put(aws: Aws, request: Request, role_name: str, name: str, document: str) -> None:
    text = as_emulator_asks(request, document)
    aws.call("iam", "put_role_policy", RoleName=role_name, PolicyName=name, PolicyDocument=text)
