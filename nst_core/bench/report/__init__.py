"""Published measurements: the file they are kept in, and the tables made of it."""
