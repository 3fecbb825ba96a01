"""What a starter kit demands: locks, policy, layers."""
