"""What the pytest fixtures and `mock run` share: terms, isolation, judgement; nothing heavy loads before it is used."""
