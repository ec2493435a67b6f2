"""The dashboards, one per file."""

from dashboards.pages.adaptation import ADAPTATION
from dashboards.pages.console import CONSOLE
from dashboards.pages.decisions import DECISIONS
from dashboards.pages.detectors import DETECTORS
from dashboards.pages.drift import DRIFT
from dashboards.pages.overview import OVERVIEW
from dashboards.pages.pipeline import PIPELINE

ALL = (OVERVIEW, DRIFT, DETECTORS, PIPELINE, ADAPTATION, CONSOLE, DECISIONS)
