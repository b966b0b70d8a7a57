"""What one client, one address and all together may cost the gateway. docs/security.md says each of these."""

#: Bytes of a request's query, and parameters in it.
LONGEST_QUERY = 2048
MOST_PARAMETERS = 20
