"""What the gateway answers of recorded history: queries in processes of their own, and today's live candles."""
