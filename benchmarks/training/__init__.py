"""Training of the base: quality and processor time of several settings on labelled files."""
