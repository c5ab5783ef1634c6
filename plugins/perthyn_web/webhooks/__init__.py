"""Webhooks: other systems are told of what happens, signed, with a log, and again where it did not arrive."""
