"""The door: what others send comes in here, plugins' pages stand here, and what is due is done, in one process."""
