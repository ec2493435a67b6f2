"""Where the history store is."""

from pathlib import Path

import pytest

from settings import SettingsError, load_settings


def test_a_folder_is_below_var_and_a_url_stays(tmp_path: Path) -> None:
    folder = load_settings(None, {"FLAGFIVE_HISTORY__LOCATION": "past", "FLAGFIVE_VAR": str(tmp_path)})
    assert folder.history.location == str(tmp_path / "past")
    url = {"FLAGFIVE_HISTORY__LOCATION": "s3://b/past", "FLAGFIVE_HISTORY__CATALOG": "https://catalog"}
    assert load_settings(None, url).history.location == "s3://b/past"


@pytest.mark.parametrize("location", ["s3://bucket/past", "https://bucket/past"])
def test_a_url_needs_a_catalogue_and_a_known_kind(location: str) -> None:
    with pytest.raises(SettingsError, match=r"history"):
        load_settings(None, {"FLAGFIVE_HISTORY__LOCATION": location})
