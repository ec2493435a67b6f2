"""The schema registry: asks for schemas by their id, and lets a batch wait until its schemas are known."""
