"""The fast method: one pass of a network that learned to paint in any style."""
