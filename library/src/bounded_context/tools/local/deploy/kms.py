"""KMS: keys and aliases."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:kms/key:Key")
def key(aws: Aws, request: Request) -> Made:
    """Create a key, with rotation if the program enables it."""
    rotates = request.take("enableKeyRotation")
    period = request.take("rotationPeriodInDays")
    tags = request.tags("TagKey", "TagValue")
    parameters = request.rest(
        aws,
        "kms",
        "create_key",
        customerMasterKeySpec="KeySpec",
        bypassPolicyLockoutCheck="BypassPolicyLockoutSafetyCheck",
    )
    made = aws.call("kms", "create_key", Tags=tags, **parameters)["KeyMetadata"]
    if rotates:
        days = None if period is None else int(period)
        aws.call("kms", "enable_key_rotation", KeyId=made["KeyId"], RotationPeriodInDays=days)
    return made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}


@creates("aws:kms/alias:Alias")
def alias(aws: Aws, request: Request) -> Made:
    """Create an alias of a key."""
    name, target = request.physical_name(), request.take("targetKeyId")
    aws.call("kms", "create_alias", AliasName=name, TargetKeyId=target)
    arn = f"arn:aws:kms:{aws.region}:{aws.account}:{name}"
    return name, {"name": name, "arn": arn, "targetKeyArn": target}
