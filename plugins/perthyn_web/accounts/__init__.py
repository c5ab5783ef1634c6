"""Accounts: who may come in, how they prove who they are, and how long they stay; without a word of HTTP."""
