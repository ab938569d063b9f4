"""The context in Backstage's catalogue: ``catalog-info.yaml``, made of the declaration and kept in the repository."""
