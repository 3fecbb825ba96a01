"""What several test modules share: records, projects, terminals, and stand-ins for the hubs."""
