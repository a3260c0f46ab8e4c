"""A fifth scheme, fictitious and for tests only: adding a scheme is adding one file."""
