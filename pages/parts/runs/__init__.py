"""Starting a run, watching it, and taking its result home."""
