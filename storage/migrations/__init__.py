"""Migrations: one file for each change of the tables, named by date and change; each can be undone."""
