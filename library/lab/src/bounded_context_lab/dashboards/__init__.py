"""HTML page with the CloudWatch dashboards of a run."""
