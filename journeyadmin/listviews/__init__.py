"""listviews: a list's filter, search, sorting and columns under a name, one's own or shared with everyone on the connection."""
