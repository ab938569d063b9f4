"""The events as contracts: their schemas under `events/`, made from the models, and what may change in them."""
