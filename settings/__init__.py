"""Settings: `flagfive.toml` and FLAGFIVE_* environment variables, checked at the start of every process.

`load_settings` reads both, reports every problem at once and returns one frozen `Settings`. `sections/`
defines the keys, `sources.py` reads the values, and `errors.py` words the problems. The package imports no
other room, so that every process can read its settings before it loads anything heavy.
"""

from settings.errors import Problem, SettingsError
from settings.load import load_settings
from settings.sections.broker import BrokerSettings, TopicsSettings
from settings.sections.console import ConsoleSettings
from settings.sections.decisions import DecisionsSettings
from settings.sections.episodes import AdaptationSettings, BudgetSettings, ControlSettings, GateSettings
from settings.sections.keeping import StorageSettings
from settings.sections.keys import KeysSettings
from settings.sections.observing import LoggingSettings, MetricsSettings, TracingSettings
from settings.sections.registry import RegistrySettings
from settings.sections.scoring import EntitySettings, StreamSettings, TransactionSettings
from settings.sections.whole import Settings

__all__ = [
    "AdaptationSettings",
    "BrokerSettings",
    "BudgetSettings",
    "ConsoleSettings",
    "ControlSettings",
    "DecisionsSettings",
    "EntitySettings",
    "GateSettings",
    "KeysSettings",
    "LoggingSettings",
    "MetricsSettings",
    "Problem",
    "RegistrySettings",
    "Settings",
    "SettingsError",
    "StorageSettings",
    "StreamSettings",
    "TopicsSettings",
    "TracingSettings",
    "TransactionSettings",
    "load_settings",
]
