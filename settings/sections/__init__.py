"""The sections of `flagfive.toml`: names, types, defaults and what is allowed."""
