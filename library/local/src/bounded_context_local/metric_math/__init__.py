"""CloudWatch's metric math, evaluated on the samples of a run."""
