"""What the numbers are and why: pure functions from answers, facts and catalogue to a plan."""
