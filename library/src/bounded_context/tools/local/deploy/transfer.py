"""Transfer Family: SFTP servers, users and their keys. The emulator's SFTP listener serves them."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:transfer/server:Server")
def server(aws: Aws, request: Request) -> Made:
    """Create a server. The emulator serves all servers on one SFTP port."""
    tags = request.tags()
    parameters = request.rest(aws, "transfer", "create_server")
    made = aws.call("transfer", "create_server", Tags=tags, **parameters)["ServerId"]
    arn = f"arn:aws:transfer:{aws.region}:{aws.account}:server/{made}"
    endpoint = f"{made}.server.transfer.{aws.region}.amazonaws.com"
    return made, {"arn": arn, "endpoint": endpoint}


@creates("aws:transfer/user:User")
def user(aws: Aws, request: Request) -> Made:
    """Create a user with its folders."""
    tags = request.tags()
    parameters = request.rest(aws, "transfer", "create_user")
    aws.call("transfer", "create_user", Tags=tags, **parameters)
    server_id, name = parameters["ServerId"], parameters["UserName"]
    arn = f"arn:aws:transfer:{aws.region}:{aws.account}:user/{server_id}/{name}"
    return f"{server_id}/{name}", {"arn": arn, "serverId": server_id, "userName": name}


@creates("aws:transfer/sshKey:SshKey")
def ssh_key(aws: Aws, request: Request) -> Made:
    """Add a public key to a user."""
    parameters = request.rest(aws, "transfer", "import_ssh_public_key", body="SshPublicKeyBody")
    key = aws.call("transfer", "import_ssh_public_key", **parameters)["SshPublicKeyId"]
    return f"{parameters['ServerId']}/{parameters['UserName']}/{key}", {"sshKeyId": key}
