"""The base class and common types of the sections of `flagfive.toml`.

The description of a field states meaning, unit and range; it is printed when a value is refused.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The rule of Kafka for topic and group names.
KafkaName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="1 to 200 of A-Z, a-z, 0-9, '.', '_', '-'")
]
EntityName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A frozen group of keys; an unknown key is an error, since it is most likely a typo."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
