"""Several results side by side: methods, measures, quality against seconds."""
