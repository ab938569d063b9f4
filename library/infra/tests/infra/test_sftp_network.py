"""The SFTP server in a VPC: its addresses, who may connect, its name, its key, and the ends of partners' keys."""

import inspect
import json
from importlib.metadata import version
from typing import Any

import pulumi
import pytest
from pulumi_aws import transfer

from bounded_context_cli.docs import page
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.settings import Settings

from .graph import CONTEXT, NETWORK, PARTNERS, Graph, run
from .test_policies import breaches
from .test_settings import KEY, LEAST, OTHER

PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture(scope="module")
def networked() -> Graph:
    return run("prod", **NETWORK)


def test_the_server_has_an_address_in_each_subnet_which_outlives_an_update(networked: Graph) -> None:
    """Partners name the addresses in their firewalls."""
    addresses, details = networked.of("ec2/eip"), networked.one("transfer/server").inputs["endpointDetails"]
    assert networked.one("transfer/server").inputs["endpointType"] == "VPC"
    assert details["subnetIds"] == NETWORK["sftp_vpc"]["subnet_ids"]
    assert details["addressAllocationIds"] == [address.outputs["id"] for address in addresses]
    assert all(address.protect and address.retain_on_delete for address in addresses)
    assert networked.outputs["sftp"]["addresses"] == [address.outputs["publicIp"] for address in addresses]


def test_the_partners_addresses_connect_and_no_others(networked: Graph) -> None:
    """Each address has one rule with all its partners, since AWS refuses a second rule for it."""
    group = networked.one("ec2/securityGroup")
    rules = {rule["cidrBlocks"][0]: rule for rule in group.inputs["ingress"]}
    assert {address: rule["description"] for address, rule in rules.items()} == {
        "198.51.100.0/24": "acme, globex",
        "203.0.113.7/32": "acme",
    }
    assert {(rule["protocol"], rule["fromPort"], rule["toPort"]) for rule in rules.values()} == {("tcp", 22, 22)}
    details = networked.one("transfer/server").inputs["endpointDetails"]
    assert details["securityGroupIds"] == [group.outputs["id"]]


def test_without_partners_no_address_may_connect() -> None:
    assert run("prod", **{**NETWORK, "partners": {}}).one("ec2/securityGroup").inputs.get("ingress", []) == []


def test_the_name_leads_to_the_server(networked: Graph) -> None:
    record = networked.one("route53/record").inputs
    assert (record["name"], record["type"]) == ("sftp.example.org", "CNAME")
    assert record["records"] == [networked.outputs["sftp"]["endpoint"]]


def test_a_host_name_without_a_zone_gets_no_record() -> None:
    assert run("prod", sftp="dedicated", sftp_host_name="sftp.example.org").of("route53/record") == []


def test_the_host_key_is_a_secret(networked: Graph) -> None:
    """Also in the settings, whose text may be logged."""
    assert pulumi.runtime.rpc.is_rpc_secret(networked.one("transfer/server").inputs["hostKey"])
    settings = Settings.from_config(CONTEXT, LEAST | {"sftp": "dedicated", "sftp_host_key": PEM})
    assert settings.sftp_host_key is not None
    assert settings.sftp_host_key.get_secret_value() == PEM
    assert PEM.splitlines()[1] not in repr(settings)


@pytest.mark.parametrize("setting", ["sftp_host_key", "partners"])
def test_no_message_shows_a_private_key(setting: str) -> None:
    wrong = {"sftp_host_key": PEM[:-20], "partners": f'{{"acme": {{"public_keys": [{json.dumps(PEM)}]}}}}'}
    with pytest.raises(SettingError) as refused:
        Settings.from_config(CONTEXT, LEAST | {"sftp": "dedicated", setting: wrong[setting]})
    assert PEM.splitlines()[1] not in str(refused.value)


def test_a_host_key_in_plain_text_is_refused_by_the_program() -> None:
    """Git would publish it."""
    with pytest.raises(SettingError) as refused:
        run("prod", sftp="dedicated", sftp_host_key=PEM)
    assert refused.value.setting == "sftp_host_key"


@pytest.mark.parametrize("policy", ["TransferSecurityPolicy-FIPS-2025-03", "TransferSecurityPolicy-2024-01"])
def test_the_security_policy_is_the_stack_s(policy: str) -> None:
    server = run("prod", sftp="dedicated", sftp_security_policy=policy).one("transfer/server")
    assert server.inputs["securityPolicyName"] == policy


def _keys(*keys: Any) -> Graph:
    return run("prod", sftp="dedicated", partners={"acme": {"public_keys": list(keys)}})


def test_an_expired_key_is_not_deployed_and_named() -> None:
    graph = _keys({"key": KEY, "expires": "2020-01-31"}, {"key": OTHER, "expires": "2999-01-31"})
    assert [key.inputs["body"] for key in graph.of("transfer/sshKey")] == [OTHER]
    [warning] = [line for line in graph.log if "2020-01-31" in line]
    assert "sftp-acme" in warning


def test_a_key_keeps_its_resource_if_another_key_is_removed() -> None:
    """Else Pulumi would import a key that the user still has."""
    first, other = {"key": KEY}, {"key": OTHER}
    both, remaining = _keys(first, other).of("transfer/sshKey"), _keys(other).of("transfer/sshKey")
    assert [key.urn for key in remaining] == [key.urn for key in both if key.inputs["body"] == OTHER]


def test_a_key_without_an_end_keeps_its_resource_of_earlier_versions() -> None:
    """As many stacks have it."""
    names = {key.name: key.inputs["body"] for key in _keys(KEY, OTHER).of("transfer/sshKey")}
    assert names == {"sftp-acme-key-1": KEY, "sftp-acme-key-2": OTHER}


def test_the_network_keeps_the_policies(networked: Graph) -> None:
    assert breaches(networked, "prod") == []


def test_other_stacks_have_the_public_endpoint() -> None:
    server = run("prod", sftp="dedicated", partners=PARTNERS).one("transfer/server").inputs
    assert server["endpointType"] == "PUBLIC"
    assert not {"endpointDetails", "hostKey"} & server.keys()


@pytest.mark.parametrize(
    ("kind", "parameter"),
    [(transfer.ServerProtocolDetailsArgs, "sftp_ports"), (transfer.HostKeyArgs, "storage_type")],
)
def test_the_pinned_provider_lacks_the_documented_member(kind: Any, parameter: str) -> None:
    """A provider that has the parameter makes the page's commands a setting."""
    assert parameter not in inspect.signature(kind).parameters
    assert f"`pulumi-aws` {version('pulumi-aws')} " in page("partners")
