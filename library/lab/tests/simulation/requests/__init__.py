"""The simulation's second part: requests over HTTP, queries, inbound events, and two models of one context at once."""
