"""The page Batch: its files, its form and its live grid."""
