"""The models of theory, one module a family, each a tuple ``MODELS``."""
