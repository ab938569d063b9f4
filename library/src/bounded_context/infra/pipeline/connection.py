"""The check of a code connection, which works only after a person has accepted it at the repository's host."""

from pulumi_aws import codestarconnections

from ...configuration.config import SettingError


def require_available(connection_arn: str) -> None:
    """Raise SettingError unless the connection is available. Call it before any change."""
    # The older name of the service: under it, the provider reads both kinds of ARN.
    status = codestarconnections.get_connection(arn=connection_arn).connection_status
    if status != "AVAILABLE":
        raise SettingError(
            "connection_arn",
            f"is {connection_arn}, whose status is {status}: complete the handshake in the console "
            "(Developer Tools, Settings, Connections, Update pending connection), then deploy again.",
        )
