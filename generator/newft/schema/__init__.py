"""Data classes shared between packages."""
