"""The desk: tablets that stand there, and who is at them."""
