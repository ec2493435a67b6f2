"""What TLS and SASL cost: the same load over a plaintext and a SASL_SSL listener of one broker."""
