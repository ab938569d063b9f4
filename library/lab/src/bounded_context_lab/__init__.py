"""Proofs: the storm of faults, the capacity simulation, dashboards as pages, the test on an account."""
