"""The settings that are compared, by name."""

from meta.base_training import BaseSettings

SETTINGS = {
    "in use": BaseSettings(),
    "more steps": BaseSettings(steps=3_000, batch=1_024, rate=2e-3),
    "quick": BaseSettings(steps=1_000, trees=125, tree_rate=0.1, mixtures=50_000),
}
