"""Pages and feeds of the web, fetched because a person asked for them by address."""
