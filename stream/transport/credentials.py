"""The connection parameters in the form that Faust passes to its consumer."""

from __future__ import annotations

from faust import auth

from contracts.broker import Broker, aiokafka_options


def faust_credentials(broker: Broker) -> auth.Credentials | None:
    """Return Faust's credentials for `broker`, None for PLAINTEXT.

    Raises:
        TlsFileUnusable: a certificate or key file cannot be used.
    """
    options = aiokafka_options(broker)
    context = options.get("ssl_context")
    if (tokens := options.get("sasl_oauth_token_provider")) is not None:
        return auth.OAuthCredentials(oauth_cb=tokens, ssl_context=context)
    if (mechanism := options.get("sasl_mechanism")) is not None:
        return auth.SASLCredentials(
            mechanism=mechanism,
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            ssl_context=context,
        )
    return auth.SSLCredentials(context) if context is not None else None
