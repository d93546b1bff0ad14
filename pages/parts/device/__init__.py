"""Painting on the visitor's own device: scripts for the browser, and the files that they need."""

from pathlib import Path

BUNDLES = Path(__file__).with_name("bundle")
"""The folder of the scripts; they are built from `web/`, see its README.md."""
