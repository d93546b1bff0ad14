"""The parts of the pages, one folder for each feature."""
