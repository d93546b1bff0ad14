"""What a run is made of, chosen by a visitor: pictures, crop, style weights, masks."""
