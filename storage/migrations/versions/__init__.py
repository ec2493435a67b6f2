"""The revisions themselves; `down_revision` gives their order."""
