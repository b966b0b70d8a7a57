"""What the core keeps in Redis: boards, snapshots, early bars, dead letters, totals."""
