"""Settings of the keys that processes and people sign with."""

from pydantic import Field

from settings.sections.section import Section


class KeysSettings(Section):
    """Where keys lie, and how requests are checked; docs/security.md describes the folder."""

    folder: str = Field(
        "keys",
        min_length=1,
        description="folder of trusted.json and of private keys (NAME.key); relative to var. Without "
        "it, keys are derived from a secret in FLAGFIVE_CONTROL_KEY, or made at the first start",
    )
    command_line: str = Field(
        "cli",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$",
        description="principal whose key the command line signs requests with; your own if you have a key",
    )
    signer: str = Field(
        "",
        description="command of an external signer, such as a KMS or PKCS#11 client, in place of private key "
        "files: it gets the key id as an argument and the content on stdin, and writes the signature; empty "
        "for none",
    )
    fresh_minutes: float = Field(
        15.0,
        gt=0,
        le=1_440,
        description="minutes that may lie between the signature of a request and its arrival at the broker, "
        "over 0 to 1440",
    )
