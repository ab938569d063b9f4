"""Local rendering of CloudWatch dashboards as an HTML page, from the metrics of a run."""
