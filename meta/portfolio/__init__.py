"""The portfolio: several ways to learn from one episode, combined by how well each finds left-out flags."""
