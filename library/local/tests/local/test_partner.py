"""How lists arrive: the stack's setting says which partner a run has."""

import pwd
from dataclasses import replace

import pytest

from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import current
from bounded_context_local.actors.partner import Login, Partner, SftpEndpoint, SftpPartner
from bounded_context_local.running.start import _partner

from .conftest import RecordingAws

CONTEXT = current().context


@pytest.mark.parametrize("sftp", ["dedicated", "shared"])
def test_with_sftp_a_partner_logs_in_with_a_key_of_its_own(sftp: str, aws_of_nothing: RecordingAws) -> None:
    first, second = (_partner(aws_of_nothing, CONTEXT, {"sftp": sftp}) for _ in range(2))
    assert isinstance(first, SftpPartner)
    assert isinstance(second, SftpPartner)
    assert first.authorized({}) == {"partners": {"demo": {"public_keys": [first.login.public_key]}}}
    assert first.authorized({}) != second.authorized({})


def test_partners_of_the_stack_keep_their_formats_and_accept_the_key_of_the_run(aws_of_nothing: RecordingAws) -> None:
    """Any of them uploads the lists of a run."""
    acme = {"public_keys": ["ssh-ed25519 AAAA acme"], "format": {"delimiter": ";"}}
    partner = _partner(aws_of_nothing, CONTEXT, {"sftp": "dedicated"}, "acme")
    assert isinstance(partner, SftpPartner)
    key = partner.login.public_key
    assert partner.authorized({"demo": {"public_keys": []}, "acme": acme}) == {
        "partners": {"demo": {"public_keys": [key]}, "acme": {**acme, "public_keys": [*acme["public_keys"], key]}}
    }
    demo = partner.named("demo")
    assert (demo.name, demo.login.name, demo.login.key) == ("demo", "demo", partner.login.key)
    assert (partner.name, demo.uploads) == ("acme", partner.uploads)


def test_a_user_id_without_a_name_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers often run as a user id that is not in /etc/passwd. The refused connection is the only error."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "")
    monkeypatch.setattr(pwd, "getpwuid", dict[int, object]().__getitem__)
    with pytest.raises(LocalRunError, match="SFTP as demo"):
        SftpEndpoint("127.0.0.1", 1).write(Login.with_new_key("demo"), "list.csv", b"")


def test_without_sftp_uploads_go_to_the_bucket(aws_of_nothing: RecordingAws) -> None:
    partner = _partner(aws_of_nothing, CONTEXT, {"sftp": "none"})
    assert type(partner) is Partner
    assert (partner.authorized({"demo": {}}), partner.stand_ins) == ({}, ())


def test_both_read_the_folder_of_the_contexts_lists(aws_of_nothing: RecordingAws) -> None:
    for sftp in ("dedicated", "none"):
        partner = _partner(aws_of_nothing, CONTEXT, {"sftp": sftp})
        partner.outputs = {"inbox_bucket": "inbox"}
        assert partner.inbox() == {}
        assert aws_of_nothing.calls.pop() == ("s3:list_objects_v2", {"Bucket": "inbox", "Prefix": "incoming/demo/"})


def test_a_context_without_lists_needs_no_server(aws_of_nothing: RecordingAws) -> None:
    """Whatever the settings are: no setting of its stack authorizes a partner."""
    without = replace(CONTEXT, verification=None, queried_by=(), versions={})
    assert _partner(aws_of_nothing, without, {}).authorized({}) == {}
