"""Refuses that who wrote a change also puts it in force, where the standing policy asks for four eyes."""

from __future__ import annotations

from adaptation.context import AdaptationContext
from adaptation.intake.checks import RequestRefused


def refuse_writer(context: AdaptationContext, writer: str, author: str, words: str) -> None:
    """Refuse where `author` is `writer`, or either is a token that the other made; without four eyes never.

    Args:
        context: database and standing policy.
        writer: who wrote what is put in force.
        author: who puts it in force.
        words: what to do instead.

    Raises:
        RequestRefused: both are one person.
    """
    if not context.policy.four_eyes:
        return
    with context.unit(reads_only=True) as unit:
        behind = {writer, unit.tokens.maker_of(writer)}
        people = {author, unit.tokens.maker_of(author)} - {None}
    if behind & people:
        raise RequestRefused(words)
