"""The whole market's rows in columns: kept up to date by the change feed, selected and ranked at once."""
