"""One run from a recipe: its inputs, its cost, the runner, the log, a preview and a time-lapse; a film's clip."""
