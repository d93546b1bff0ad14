"""Many pictures at once: every content in every style, or a table of recipes, with the networks loaded once.

sources     files, folders and globs -> names of pictures
names       names of results: readable, deterministic, without collisions
items       one picture to paint; all pairs, zipped pairs, mixes
table       the items of a CSV or JSON file
folder      the folder of results: what is finished, and which files are the batch's own
loading     decodes the pictures of items, a few ahead
painting    any method; small fast pictures of one size share a pass
finishing   measures, encodes and writes results
runner      the items of one process: decoding, painting and finishing overlap
workers     several processes, which divide the cores
manifest    the list of results as JSON and CSV
sheet       contact sheets
session     a whole batch: what is there already, the rest, manifest and contact sheets
"""
