"""Derives ids and seeds from the episode, so that repeating a step makes nothing new."""

from __future__ import annotations

import hashlib
import re


def detector_id(episode_id: str, name: str, parent: str) -> str:
    """Return the readable id of the detector that an episode gives beside the base `parent`.

    >>> detector_id("e-1", "Gift cards, Nov!", "ab")
    'gift-cards-nov-a0489d30'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "episode"
    return f"{slug}-{hashlib.sha256(f'{episode_id}/{parent}'.encode()).hexdigest()[:8]}"


def seed_of(episode_id: str) -> int:
    """Return the seed of an episode; equal episodes on equal traffic give equal detectors."""
    return int.from_bytes(hashlib.sha256(episode_id.encode()).digest()[:4], "big")
