"""Settings as environment variables, for a child process that shall have the same."""

from collections.abc import Iterable

from pydantic import SecretStr

from settings.sections.whole import Settings


def variables_of(settings: Settings, sections: Iterable[str]) -> dict[str, str]:
    """Return the keys of some sections as FLAGFIVE_ variables. They hold secrets in clear.

    Args:
        settings: the settings.
        sections: names of the sections, such as `broker`.

    Returns:
        Value by variable; keys without a value are left out.
    """
    found: dict[str, str] = {}
    for section in sections:
        values = getattr(settings, section)
        shown = values.model_dump(mode="json")
        for key, value in values:
            text = value.get_secret_value() if isinstance(value, SecretStr) else shown[key]
            if text is not None:
                found[f"FLAGFIVE_{section}__{key}".upper()] = str(text)
    return found
