"""The kit for authors of backends and plugins: `MemoryStore`, and `suite`, which holds a store to its contract."""

from __future__ import annotations

from perthyn.testing.memory import MemoryStore

__all__ = ["MemoryStore"]
