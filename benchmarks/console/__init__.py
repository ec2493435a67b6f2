"""How long the console's API takes where a great many alerts are stored."""
