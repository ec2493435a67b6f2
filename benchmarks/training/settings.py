"""The settings that are compared, by name."""

from meta.base_training import BaseSettings

SETTINGS = {
    "in use": BaseSettings(),
    "fewer steps": BaseSettings(steps=1_500, batch=512, rate=3e-3, mixtures=50_000),
    "fewer trees too": BaseSettings(
        steps=1_500, batch=512, rate=3e-3, mixtures=50_000, trees=125, tree_rate=0.1
    ),
}
