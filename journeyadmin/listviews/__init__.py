"""listviews: a list's filter, search and sorting under a name, one's own or shared with everyone on the connection."""
