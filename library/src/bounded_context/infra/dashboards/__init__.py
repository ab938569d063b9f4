"""What CloudWatch's dashboards show: pure functions from the names of a stack's resources to a dashboard's body."""
