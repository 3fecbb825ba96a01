"""How every command starts, prints and ends."""
