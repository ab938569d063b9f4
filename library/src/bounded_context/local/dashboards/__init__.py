"""CloudWatch's dashboards on this machine: one page, drawn from what was measured while the context ran."""
