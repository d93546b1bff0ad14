"""The first page: a finished example, the tour, the choice of a method."""
