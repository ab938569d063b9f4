from tests.rollout.conftest import stack

__all__ = ["stack"]
