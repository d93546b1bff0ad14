"""Tests of nst_core.models.weights; a package, so that its file names need not differ from other folders'."""
