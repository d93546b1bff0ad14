"""What was learned elsewhere: weights and the networks built from them, and the device they run on."""
