"""The fast method: one pass of a network that was trained to stylise with any style picture."""
