import pytest

from bounded_context_cli.programs.recording import Graph

from .program import CLOUD, CODECOMMIT, LEAST, run


@pytest.fixture(scope="session")
def pipeline() -> Graph:
    """A pipeline from a code connection, with its state in S3."""
    return run(LEAST)


@pytest.fixture(scope="session")
def from_codecommit() -> Graph:
    """A pipeline from a CodeCommit repository."""
    return run(CODECOMMIT, source="codecommit")


@pytest.fixture(scope="session")
def in_pulumi_cloud() -> Graph:
    """A pipeline whose state is in Pulumi Cloud."""
    return run(CLOUD)
