"""The map of all mixes of up to four styles."""
