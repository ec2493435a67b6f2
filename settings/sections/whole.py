"""All settings together."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from settings.sections.broker import BrokerSettings, TopicsSettings
from settings.sections.cases import CasesSettings
from settings.sections.console import ConsoleSettings
from settings.sections.decisions import DecisionsSettings
from settings.sections.episodes import AdaptationSettings, BudgetSettings, ControlSettings, GateSettings
from settings.sections.keeping import HistorySettings, StorageSettings
from settings.sections.keys import KeysSettings
from settings.sections.lists import ListsSettings
from settings.sections.observing import LoggingSettings, MetricsSettings, MonitoringSettings, TracingSettings
from settings.sections.registry import RegistrySettings
from settings.sections.scoring import EntitySettings, StreamSettings, TransactionSettings
from settings.sections.section import Section
from settings.sections.webhooks import WebhooksSettings

DEFAULT_ENTITIES = (
    EntitySettings(name="card", field="card_id"),
    EntitySettings(name="merchant", field="merchant_id"),
)


class Settings(Section):
    """All settings, immutable. The first entity is the primary one.

    `load_settings` makes paths absolute: `var` is relative to the folder of the file, a SQLite path to `var`.
    """

    var: Path = Field(Path("var"), description="folder of run-time files: broker, logs, database")
    broker: BrokerSettings = BrokerSettings()
    topics: TopicsSettings = TopicsSettings()
    transaction: TransactionSettings = TransactionSettings()
    entities: tuple[EntitySettings, ...] = Field(
        DEFAULT_ENTITIES, min_length=1, max_length=8, description="1 to 8 entities with different names"
    )
    registry: RegistrySettings = Field(RegistrySettings(), validate_default=True)
    stream: StreamSettings = StreamSettings()
    budget: BudgetSettings = BudgetSettings()
    storage: StorageSettings = StorageSettings()
    history: HistorySettings = HistorySettings()
    adaptation: AdaptationSettings = AdaptationSettings()
    gate: GateSettings = GateSettings()
    lists: ListsSettings = ListsSettings()
    cases: CasesSettings = CasesSettings()
    control: ControlSettings = ControlSettings()
    keys: KeysSettings = KeysSettings()
    metrics: MetricsSettings = MetricsSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    console: ConsoleSettings = ConsoleSettings()
    decisions: DecisionsSettings = DecisionsSettings()
    webhooks: WebhooksSettings = WebhooksSettings()
    tracing: TracingSettings = TracingSettings()
    logging: LoggingSettings = LoggingSettings()

    @field_validator("entities")
    @classmethod
    def _names_differ(cls, entities: tuple[EntitySettings, ...]) -> tuple[EntitySettings, ...]:
        names = [entity.name for entity in entities]
        if len(set(names)) < len(names):
            raise ValueError(f"two entities have the same name: {', '.join(names)}")
        return entities

    @field_validator("registry")
    @classmethod
    def _format_has_its_registry(cls, registry: RegistrySettings, info: ValidationInfo) -> RegistrySettings:
        transaction = info.data.get("transaction")
        if transaction is not None and transaction.format != "json" and not registry.url:
            raise ValueError(f"transaction.format = {transaction.format} needs registry.url")
        return registry

    @property
    def primary(self) -> EntitySettings:
        """The entity that keys `transactions`."""
        return self.entities[0]
