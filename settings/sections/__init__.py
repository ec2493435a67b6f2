"""The sections of `flagfive.toml`: names, types, defaults and allowed values."""
