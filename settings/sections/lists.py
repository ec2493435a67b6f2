"""Settings of named lists."""

from pydantic import Field

from settings.sections.section import Section


class ListsSettings(Section):
    """Limits of named lists. A value takes about 100 bytes of memory in each worker."""

    most_lists: int = Field(100, ge=1, le=1_000, description="lists at once, 1 to 1,000")
    most_values: int = Field(1_000_000, ge=1, le=4_000_000, description="values of one list, 1 to 4,000,000")
    most_file_mb: float = Field(
        256.0, gt=0, le=4096, description="size of a file of values, megabytes, over 0 to 4,096"
    )
    added_a_minute: int = Field(
        100,
        ge=1,
        le=10_000,
        description="values that rules may add to one list in any 60 s, 1 to 10,000; others wait",
    )
