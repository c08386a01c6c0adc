"""Tiny parts, as for the command line."""

from tests.cli.conftest import own_cache, speech, tiny_encoder, tiny_generator, tiny_parts, work

__all__ = ["own_cache", "speech", "tiny_encoder", "tiny_generator", "tiny_parts", "work"]
