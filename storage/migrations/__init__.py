"""Revisions of the tables, one file a change, named by date and change; each goes up and down."""
