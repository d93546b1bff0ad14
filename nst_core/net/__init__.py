"""Fetching over HTTP: bounded downloads, their deadline, and the guard that refuses private addresses."""
