"""Unusual uploads of a partner over SFTP."""

from bounded_context_local.actors.partner import FAILED, INCOMING, RENAMED, UNFINISHED, SftpPartner
from bounded_context_local.stack_state import Upload


def upload_unannounced(partner: SftpPartner, name: str, content: bytes) -> Upload:
    """Upload a file without its event. Transfer delivers events with best effort, so events can be lost or late."""
    partner.sftp.write(partner.login, f"{INCOMING}/{name}", content)
    return partner.store(name)


def upload_broken(partner: SftpPartner, name: str, content: bytes) -> Upload:
    """Upload the beginning of a file and send the event FAILED. Transfer stores the part that it received."""
    uploaded = upload_unannounced(partner, name, content)
    partner.announce(uploaded, FAILED)
    return uploaded


def upload_and_rename(partner: SftpPartner, name: str, content: bytes) -> Upload:
    """Upload under a temporary name and rename the file, as some clients do. Both actions cause an event."""
    draft = partner.upload(f"{name}{UNFINISHED}", content)
    partner.sftp.rename(partner.login, f"{INCOMING}/{name}{UNFINISHED}", f"{INCOMING}/{name}")
    renamed = partner.store(name)
    detail = {**partner.detail_of(draft), "original-file-path": draft.path, "renamed-file-path": renamed.path}
    partner.send(RENAMED, {key: value for key, value in detail.items() if key not in ("file-path", "bytes", "etag")})
    return renamed
