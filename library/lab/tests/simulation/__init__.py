"""The deterministic simulator: handlers and adapters over simulated AWS services."""
