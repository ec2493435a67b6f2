"""Who may do what: roles and rights, passwords, sessions, tokens, and the ways in."""
