"""What the console does: plain functions over a unit of work, without HTTP."""
