"""Widgets for a recipe's settings, generated from the recipe itself."""
