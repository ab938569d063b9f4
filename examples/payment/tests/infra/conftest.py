import pytest

from .graph import PARTNERS, STACKS, Graph, run


@pytest.fixture(scope="session")
def prod() -> Graph:
    """Production with a server of its own and two partners."""
    return run("prod", partners=PARTNERS)


@pytest.fixture(scope="session")
def shared() -> Graph:
    """A stack whose partners log in at a server that another stack owns."""
    return run("staging", sftp="shared", sftp_server_id="s-1111aaaa2222bbbb3", partners=PARTNERS)


@pytest.fixture(scope="session")
def without_sftp() -> Graph:
    """A stack into whose bucket files are put directly."""
    return run("dev")


@pytest.fixture(scope="session", params=STACKS)
def any_stack(request: pytest.FixtureRequest) -> Graph:
    """Each stack as its file says."""
    return run(request.param)
