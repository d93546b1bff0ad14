"""Fetching over HTTP: bounded downloads, and the guard that refuses private addresses."""
