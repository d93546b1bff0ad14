"""The slow method's objective: distances, their targets, and the compiled sum with its gradient."""
