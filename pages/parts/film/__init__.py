"""A visitor's film: its upload, its clip and settings, what its run will cost, and the film that it gives."""
