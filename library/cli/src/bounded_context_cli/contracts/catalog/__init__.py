"""The context's entry in Backstage's catalogue: ``catalog-info.yaml``, generated from the declaration and committed."""
