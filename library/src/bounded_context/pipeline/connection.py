"""A code connection is of use once a person has agreed to it at the other end; nothing else can do that."""

from pulumi_aws import codestarconnections

from ..infra.config import SettingError


def require_available(connection_arn: str) -> None:
    """Raise SettingError unless the connection can be used; asked before anything is changed."""
    # The older name of the service: the provider asks for neither kind of ARN in any other way.
    status = codestarconnections.get_connection(arn=connection_arn).connection_status
    if status != "AVAILABLE":
        raise SettingError(
            f"connection_arn is {connection_arn}, whose status is {status}: complete the handshake in the console "
            "(Developer Tools, Settings, Connections, Update pending connection), then deploy again."
        )
