"""The inputs of a run, chosen by a visitor: pictures, crop, style weights, masks."""
