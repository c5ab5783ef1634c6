"""Intake: files that people bring in by the web app, from the moment they come until their rows are in."""
