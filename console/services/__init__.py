"""What the console does, as plain functions over a unit of work; no HTTP here."""
