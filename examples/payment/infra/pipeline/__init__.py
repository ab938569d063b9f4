"""The program that deploys the pipeline, and the steps that the pipeline runs."""
