"""Settings of storage: the database, and how long rows are kept."""

from pydantic import Field

from settings.sections.section import Section


class StorageSettings(Section):
    """The SQL database of the recorder, the console and the adaptation worker."""

    url: str = Field(
        "sqlite:///flagfive.sqlite",
        repr=False,  # may hold a password
        pattern=r"^(sqlite|postgresql(\+psycopg)?)://",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    transactions_days: float = Field(
        0.0,
        ge=0,
        le=36500,
        description="days of event time that transactions are kept, 0 to 36500; 0 keeps all",
    )
    alerts_days: float = Field(
        0.0, ge=0, le=36500, description="days of event time that alerts are kept, 0 to 36500; 0 keeps all"
    )
