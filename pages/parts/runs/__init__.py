"""The run of a page: its start, its picture and progress, its result and downloads."""
