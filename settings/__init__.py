"""What a user may set: `flagfive.toml` and FLAGFIVE_* environment variables, checked at the start.

`load_settings` reads both, reports every problem at once and returns one frozen `Settings`. The sections
are in `sections.py`, where each value comes from in `sources.py`, how a problem reads in `errors.py`.
This package imports nothing of ours, so that every process can read it before anything heavy is loaded.
"""

from settings.errors import Problem, SettingsError
from settings.load import load_settings
from settings.sections import (
    AdaptationSettings,
    BrokerSettings,
    BudgetSettings,
    ConsoleSettings,
    ControlSettings,
    EntitySettings,
    LoggingSettings,
    MetricsSettings,
    Settings,
    StorageSettings,
    StreamSettings,
    TopicsSettings,
    TracingSettings,
    TransactionSettings,
)

__all__ = [
    "AdaptationSettings",
    "BrokerSettings",
    "BudgetSettings",
    "ConsoleSettings",
    "ControlSettings",
    "EntitySettings",
    "LoggingSettings",
    "MetricsSettings",
    "Problem",
    "Settings",
    "SettingsError",
    "StorageSettings",
    "StreamSettings",
    "TopicsSettings",
    "TracingSettings",
    "TransactionSettings",
    "load_settings",
]
