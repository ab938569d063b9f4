"""CloudWatch's dashboards: pure functions from the names of a stack's resources to a dashboard's body."""
