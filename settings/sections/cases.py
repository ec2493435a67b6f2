"""Settings of cases: hours until a case of each priority is due."""

from pydantic import Field

from settings.sections.section import Section

MOST_HOURS = 8_760.0


class CasesSettings(Section):
    """Deadlines of cases, counted from the time at which a case was opened."""

    low_hours: float = Field(
        168.0,
        ge=0,
        le=MOST_HOURS,
        description="hours until a case of low priority is due, 0 to 8760; 0 is none",
    )
    normal_hours: float = Field(
        72.0,
        ge=0,
        le=MOST_HOURS,
        description="hours until a case of normal priority is due, 0 to 8760; 0 is none",
    )
    high_hours: float = Field(
        24.0,
        ge=0,
        le=MOST_HOURS,
        description="hours until a case of high priority is due, 0 to 8760; 0 is none",
    )
    urgent_hours: float = Field(
        4.0, ge=0, le=MOST_HOURS, description="hours until an urgent case is due, 0 to 8760; 0 is none"
    )

    def hours(self, priority: str) -> float:
        """Return the hours of a priority: `low`, `normal`, `high` or `urgent`."""
        return {
            "low": self.low_hours,
            "normal": self.normal_hours,
            "high": self.high_hours,
            "urgent": self.urgent_hours,
        }[priority]
