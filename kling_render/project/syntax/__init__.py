"""TOML closer than tomllib shows it: where each key and character stands, and what people get wrong."""
