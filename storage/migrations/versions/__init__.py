"""The revisions; `down_revision` defines their order."""
