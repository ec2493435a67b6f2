"""Access control: roles and rights, passwords, sessions, tokens, and sign-in."""
