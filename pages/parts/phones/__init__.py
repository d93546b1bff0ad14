"""Phones: the way to the live page as a QR code, the networks as files, and the lines of an Android app."""
