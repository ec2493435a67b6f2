"""The secret of the console's card references."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from console.card_tokens import CardTokens
from flagfive.verbs.console import _console_context
from settings import ControlSettings, Settings, StorageSettings


def test_who_holds_the_public_key_half_cannot_decrypt_a_card_reference(tmp_path: Path) -> None:
    public = "ed25519-public:" + Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    settings = Settings(
        var=tmp_path,
        control=ControlSettings(key=SecretStr(public)),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/console.sqlite"),
    )
    context = _console_context(settings)
    reference = context.cards.reference("card", "tok_1234567890")
    assert context.cards.key(reference) == "tok_1234567890"
    assert CardTokens("card", public.encode()).key(reference) == reference
    again = _console_context(settings)
    assert again.cards.key(reference) == "tok_1234567890"  # a restart keeps the secret
    for one in (context, again):
        one.engine.dispose()
