"""The append-only record of every decision: durable before the warehouse is asked, chained so that changes show."""
