"""The simulation of deadlines: passes over the aggregates that are due, while others change them."""
