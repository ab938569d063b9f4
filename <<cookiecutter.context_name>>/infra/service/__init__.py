"""The program that deploys the context."""
