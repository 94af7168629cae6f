"""The console in Chromium, as the people who run an installation use it."""
